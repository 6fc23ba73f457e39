export type {
  Arm64Host,
  Stage2Descriptors,
  Stage2MemoryType,
  Stage2Rights,
} from './arm64/arm64-host.ts';
export { createKvm, type KvmDevice, type KvmHost, type KvmLayers } from './create-kvm.ts';
export {
  ACCESS_DONE,
  type AccessKind,
  type AccessResult,
  ENOEXEC,
  formatRetPf,
  KVM_EXIT_HLT,
  KVM_EXIT_INTERNAL_ERROR,
  KVM_EXIT_MMIO,
  KVM_EXIT_UNKNOWN,
  RET_PF_CONTINUE,
  RET_PF_EMULATE,
  RET_PF_FIXED,
  RET_PF_INVALID,
  RET_PF_RETRY,
  RET_PF_SPURIOUS,
} from './exits.ts';
export type { GuestMmu, MemoryRegionChange, Stage2Leaf, Stage2Statistics } from './guest-mmu.ts';
export { Invalidation } from './invalidation.ts';
export { Kvm } from './kvm.ts';
export {
  is_error_noslot_pfn,
  is_error_pfn,
  KVM_PFN_ERR_FAULT,
  KVM_PFN_ERR_HWPOISON,
  KVM_PFN_ERR_RO_FAULT,
  KVM_PFN_ERR_SIGPENDING,
  KVM_PFN_NOSLOT,
  kvmPfnWord,
} from './kvm-pfn.ts';
export {
  type Gfn,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
  type MemorySlot,
} from './memory-slot.ts';
export { Memslots } from './memslots.ts';
export type { RiscvHost } from './riscv/riscv-host.ts';
export type { UserMemoryRegion } from './set-memory-region.ts';
export type { KvmWatcher, Stage2Change } from './stage2-events.ts';
export { type GuestProgram, KvmVcpu } from './vcpu.ts';
export { createEpt, type EptOptions } from './x86/ept.ts';
export { createNpt } from './x86/npt.ts';
export type { SpteFormat } from './x86/spte-format.ts';
export type { X86Host } from './x86/x86-host.ts';
