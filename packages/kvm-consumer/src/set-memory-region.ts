import { EEXIST, EINVAL, type Kernel } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import type { MemoryRegionChange } from './guest-mmu.ts';
import type { Kvm } from './kvm.ts';
import {
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
  KVM_MEMSLOT_INVALID,
  type MemorySlot,
} from './memory-slot.ts';

/** KVM_SET_USER_MEMORY_REGION: struct kvm_userspace_memory_region. Sizes and addresses are bytes. */
export interface UserMemoryRegion {
  readonly slot: number;
  /** KVM_MEM_*. */
  readonly flags: number;
  readonly guest_phys_addr: number;
  /** 0 deletes the slot. */
  readonly memory_size: number;
  readonly userspace_addr: number;
}

/** Slots that user space may number. */
const KVM_USER_MEM_SLOTS = 32764;
const KVM_MEM_MAX_NR_PAGES = 2 ** 31 - 1;

/** Numbers that a change of the slots adds: twice the address spaces, half of it while the change runs. */
const GENERATION_STEP = 2;

/** Makes the system call for a kernel. */
export function createSetMemoryRegion(
  kernel: Kernel,
): (kvm: Kvm, region: UserMemoryRegion) => number {
  const { taskSize } = kernel;
  const { pageSize } = kernel.arch.geometry;
  const aligned = (bytes: number): boolean => bytes % pageSize === 0;

  /** The checks that need nothing but the request: true when all is well. */
  const isSane = (region: UserMemoryRegion): boolean => {
    const { slot, flags, guest_phys_addr, memory_size, userspace_addr } = region;
    if ((flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)) !== 0) return false;
    if (!aligned(memory_size) || !aligned(guest_phys_addr) || !aligned(userspace_addr))
      return false;
    if (userspace_addr + memory_size > taskSize) return false;
    if (slot < 0 || slot >= KVM_USER_MEM_SLOTS) return false;
    if (guest_phys_addr + memory_size >= 2 ** 64) return false;
    return memory_size / pageSize <= KVM_MEM_MAX_NR_PAGES;
  };

  /** kvm_swap_active_memslots(): the change takes effect. It waits until no invalidation runs. */
  const swapActive = (
    kvm: Kvm,
    from: MemorySlot | undefined,
    to: MemorySlot | undefined,
  ): MemorySlot | undefined => {
    if (kvm.invalidation.mn_active_invalidate_count !== 0) {
      throw new KernelBug(
        'slots change inside an invalidation: the change waits for the invalidation, which waits for it',
        'kvm_swap_active_memslots',
        { running: kvm.invalidation.mn_active_invalidate_count },
      );
    }
    kvm.memslots.replace(from, to);
    kvm.memslots.generation += GENERATION_STEP;
    kvm.mmu.memslotsUpdated(kvm.memslots.generation);
    return to;
  };

  /** kvm_set_memslot(): a slot that goes or moves is first marked invalid and taken out of stage 2. */
  const kvm_set_memslot = (
    kvm: Kvm,
    old: MemorySlot | undefined,
    next: MemorySlot | undefined,
    change: MemoryRegionChange,
  ): number => {
    let present = old;
    if (old !== undefined && (change === 'delete' || change === 'move')) {
      present = swapActive(kvm, old, { ...old, flags: old.flags | KVM_MEMSLOT_INVALID });
      kvm.mmu.flushMemslot(old);
    }
    const error = next === undefined ? 0 : kvm.mmu.prepareMemoryRegion(next, change);
    if (error !== 0) {
      if (present !== old) swapActive(kvm, present, old);
      return error;
    }
    swapActive(kvm, present, next);
    kvm.mmu.commitMemoryRegion(old, next, change);
    return 0;
  };

  const newSlot = (kvm: Kvm, region: UserMemoryRegion): MemorySlot => {
    const base_gfn = region.guest_phys_addr / pageSize;
    const npages = region.memory_size / pageSize;
    return Object.freeze({
      id: region.slot,
      base_gfn,
      npages,
      userspace_addr: region.userspace_addr,
      flags: region.flags,
      arch: kvm.mmu.slotMetadata(base_gfn, npages, region.userspace_addr),
    });
  };

  /** What a request for a slot that exists comes to, or a negative error number; 0 when nothing changes. */
  const changeOf = (
    old: MemorySlot,
    region: UserMemoryRegion,
  ): Exclude<MemoryRegionChange, 'create' | 'delete'> | number => {
    const differs =
      region.userspace_addr !== old.userspace_addr ||
      region.memory_size / pageSize !== old.npages ||
      ((region.flags ^ old.flags) & KVM_MEM_READONLY) !== 0;
    if (differs) return -EINVAL;
    if (region.guest_phys_addr / pageSize !== old.base_gfn) return 'move';
    return region.flags !== old.flags ? 'flags' : 0;
  };

  /**
   * Makes, deletes, moves or re-flags a slot.
   *
   * @returns 0; -EINVAL for anything misaligned, too large, unknown or contradictory; -EEXIST when another slot holds a
   * part of the guest range; and what the architecture answers.
   * @context sleeps until running invalidations end; slots_lock held.
   * @throws KernelBug when it is called from within an invalidation.
   * @fidelity partial one address space; no guest_memfd
   * @patch none
   */
  return function kvm_set_memory_region(kvm, region) {
    if (!isSane(region)) return -EINVAL;
    const old = kvm.memslots.id_to_memslot(region.slot);
    if (region.memory_size === 0) {
      return old === undefined ? -EINVAL : kvm_set_memslot(kvm, old, undefined, 'delete');
    }
    const change = old === undefined ? 'create' : changeOf(old, region);
    if (typeof change === 'number') return change;
    const start = region.guest_phys_addr / pageSize;
    const end = start + region.memory_size / pageSize;
    if (change !== 'flags' && kvm.memslots.kvm_check_memslot_overlap(region.slot, start, end)) {
      return -EEXIST;
    }
    return kvm_set_memslot(kvm, old, newSlot(kvm, region), change);
  };
}
