export { type AnonPages, createAnonPages } from './anon-pages.ts';
export { anon_vma_fork, anon_vma_prepare } from './anon-vma.ts';
export { type ContPte, createContPte } from './contpte.ts';
export {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  EEXIST,
  EFAULT,
  EHWPOISON,
  EINTR,
  EINVAL,
  EIO,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENXIO,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  formatErrno,
} from './errno.ts';
export {
  createEventLog,
  type EventLog,
  formatEvent,
  type KernelEvent,
  type MmuNotifyReason,
  type VmEventCounts,
} from './events.ts';
export { AddressSpace, type File, type FileOperations } from './file.ts';
export { folio_pte_batch, type PteBatch } from './folio-pte-batch.ts';
export { type Kernel, noPfnTracking, type PfnTracking, printk, type ThpEnabled } from './kernel.ts';
export type { LargeFolios } from './large-folios.ts';
export { unlink_file_vma, vma_link_file } from './link-file.ts';
export {
  type LockOwner,
  lock,
  mmap_read_lock,
  mmap_read_unlock,
  NO_MM,
  pageTableLock,
  unlock,
} from './locks.ts';
export { MmStruct } from './mm-struct.ts';
export {
  flush_tlb_batched_pending,
  flush_tlb_mm_range,
  flush_tlb_range,
  flushHugeTlbRange,
  MmuGather,
  type TlbFlusher,
} from './mmu-gather.ts';
export {
  type MmuNotifier,
  type MmuNotifierRange,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from './mmu-notifier.ts';
export { RACE_POINTS, type RacePoint } from './race-points.ts';
export {
  FAULT_FLAG_ALLOW_RETRY,
  FAULT_FLAG_DEFAULT,
  FAULT_FLAG_INSTRUCTION,
  FAULT_FLAG_INTERRUPTIBLE,
  FAULT_FLAG_KILLABLE,
  FAULT_FLAG_MKWRITE,
  FAULT_FLAG_ORIG_PTE_VALID,
  FAULT_FLAG_REMOTE,
  FAULT_FLAG_RETRY_NOWAIT,
  FAULT_FLAG_TRIED,
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_USER,
  FAULT_FLAG_VMA_LOCK,
  FAULT_FLAG_WRITE,
  formatVmFault,
  VM_FAULT_COMPLETED,
  VM_FAULT_DONE_COW,
  VM_FAULT_ERROR,
  VM_FAULT_FALLBACK,
  VM_FAULT_HWPOISON,
  VM_FAULT_HWPOISON_LARGE,
  VM_FAULT_LOCKED,
  VM_FAULT_MAJOR,
  VM_FAULT_NEEDDSYNC,
  VM_FAULT_NOPAGE,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGBUS,
  VM_FAULT_SIGSEGV,
} from './vm-fault.ts';
export {
  formatVmFlags,
  is_cow_mapping,
  VM_ACCESS_FLAGS,
  VM_ACCOUNT,
  VM_ALLOW_ANY_UNCACHED_HIGH,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_MERGEABLE,
  VM_MIXEDMAP,
  VM_NO_KHUGEPAGED,
  VM_NOHUGEPAGE,
  VM_NONE,
  VM_NORESERVE,
  VM_PAT,
  VM_PFNMAP,
  VM_RAND_READ,
  VM_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_SOFTDIRTY,
  VM_SPECIAL,
  VM_WIPEONFORK,
  VM_WRITE,
} from './vm-flags.ts';
export { VmFault, type VmOperations } from './vm-operations.ts';
export {
  dummy_vm_ops,
  linear_page_index,
  type VmAreaInit,
  VmAreaStruct,
  vm_area_dup,
  vma_is_anonymous,
  vma_mapping,
} from './vma.ts';
export { vma_set_page_prot, vma_wants_writenotify } from './vma-page-prot.ts';
