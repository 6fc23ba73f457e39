import {
  FAULT_FLAG_DEFAULT,
  FAULT_FLAG_TRIED,
  FAULT_FLAG_USER,
  FAULT_FLAG_VMA_LOCK,
  FAULT_FLAG_WRITE,
  type Kernel,
  lock,
  type MmStruct,
  unlock,
  VM_ACCESS_FLAGS,
  VM_FAULT_COMPLETED,
  VM_FAULT_HWPOISON,
  VM_FAULT_HWPOISON_LARGE,
  VM_FAULT_MAJOR,
  VM_FAULT_RETRY,
  VM_FAULT_SIGBUS,
  VM_FAULT_SIGSEGV,
  VM_WRITE,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import { faultNeedsMmapLock, type MmMemory } from '@pfnmap/mm-memory';
import type { Slot } from '@pfnmap/pgtable-core';

/** Signals that an access can end in. */
export const SIGBUS = 7;
export const SIGSEGV = 11;

// Put together here once: a constant of this module costs nothing where it is used, an imported one is looked up.
const READ_FLAGS = FAULT_FLAG_DEFAULT | FAULT_FLAG_USER;
const WRITE_FLAGS = READ_FLAGS | FAULT_FLAG_WRITE;
const UNDER_VMA_LOCK = FAULT_FLAG_VMA_LOCK;
const READ_NEEDS = VM_ACCESS_FLAGS;
const WRITE_NEEDS = VM_WRITE;
const TRIED_AGAIN = VM_FAULT_COMPLETED | VM_FAULT_RETRY;
const BUS_ERROR = VM_FAULT_SIGBUS | VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE;
const DEADLY = BUS_ERROR | VM_FAULT_SIGSEGV;

/** What an architecture does with a page fault of a user program. `pte` is the slot where the walk ended, -1 above a PTE. */
export type UserFault = (mm: MmStruct, address: number, write: boolean, pte: Slot) => number;

/** Makes the architecture's fault handler, around handle_mm_fault(). It answers 0, or the signal that ends the program. */
export function createUserFault(kernel: Kernel, memory: MmMemory): UserFault {
  const { events } = kernel;
  const { pte_none } = kernel.pt;
  const { handle_mm_fault, handleFaultAtPte } = memory;

  /** The fault with mmap_lock. */
  const faultUnderMmapLock = (
    vma: VmAreaStruct,
    address: number,
    flags: number,
    pte: Slot,
  ): number => {
    const mm = vma.vm_mm;
    mm.mmap_lock = 'read';
    lock(events, mm, 'mmap_lock (read)');
    const ret =
      pte < 0 ? handle_mm_fault(vma, address, flags) : handleFaultAtPte(vma, address, flags, pte);
    unlock(events, mm, 'mmap_lock (read)');
    mm.mmap_lock = 'free';
    return ret;
  };
  /** First under the per-VMA lock, then, if that does not do, with mmap_lock. */
  const faultUnderVmaLock = (
    vma: VmAreaStruct,
    address: number,
    flags: number,
    pte: Slot,
  ): number => {
    const mm = vma.vm_mm;
    lock(events, mm, 'VMA lock (read)');
    const ret = handle_mm_fault(vma, address, flags | UNDER_VMA_LOCK);
    unlock(events, mm, 'VMA lock (read)');
    if ((ret & VM_FAULT_RETRY) === 0) return ret;
    const tried = (ret & VM_FAULT_MAJOR) !== 0 ? FAULT_FLAG_TRIED : 0;
    return faultUnderMmapLock(vma, address, flags | tried, pte);
  };

  return (mm, address, write, pte) => {
    const vma = mm.vma_lookup(address);
    // access_error(): the VMA itself forbids it.
    if (vma === null || (vma.vm_flags & (write ? WRITE_NEEDS : READ_NEEDS)) === 0) return SIGSEGV;
    const flags = write ? WRITE_FLAGS : READ_FLAGS;
    // The first try of a fault that needs mmap_lock does nothing, and nobody would see it.
    const needsMmapLock = !events.recording && pte >= 0 && pte_none(pte) && faultNeedsMmapLock(vma);
    const ret = needsMmapLock
      ? faultUnderMmapLock(vma, address, flags, pte)
      : faultUnderVmaLock(vma, address, flags, pte);
    if ((ret & DEADLY) === 0 || (ret & TRIED_AGAIN) !== 0) return 0;
    return (ret & BUS_ERROR) !== 0 ? SIGBUS : SIGSEGV;
  };
}
