import {
  type Kernel,
  lock,
  type MmuNotifier,
  type MmuNotifierRange,
  unlock,
} from '@pfnmap/mm-core';
import type { Kvm } from './kvm.ts';
import type { MemorySlot } from './memory-slot.ts';

const MMU_LOCK = 'mmu_lock (write)';

/**
 * Calls `handler` for the guest frames of every slot that a host range meets, under one hold of mmu_lock.
 * `onLock` runs once, before the first.
 */
function handleHvaRange(
  kernel: Kernel,
  kvm: Kvm,
  range: MmuNotifierRange,
  onLock: () => void,
  handler: ((start: number, end: number) => void) | undefined,
): void {
  const { pageSize } = kernel.arch.geometry;
  let locked = false;
  const meet = (slot: MemorySlot): void => {
    if (!locked) {
      lock(kernel.events, kvm.mm, MMU_LOCK);
      locked = true;
      onLock();
    }
    if (handler === undefined) return;
    const hvaStart = Math.max(range.start, slot.userspace_addr);
    const hvaEnd = Math.min(range.end, slot.userspace_addr + slot.npages * pageSize);
    const frameOf = (hva: number): number =>
      slot.base_gfn + Math.floor((hva - slot.userspace_addr) / pageSize);
    handler(frameOf(hvaStart), frameOf(hvaEnd + pageSize - 1));
  };
  kvm.memslots.forEachInHvaRange(range.start, range.end, pageSize, meet);
  if (locked) unlock(kernel.events, kvm.mm, MMU_LOCK);
}

/** Makes the notifier that a VM puts on its address space. */
export function createKvmMmuNotifier(
  kernel: Kernel,
  kvm: Kvm,
  released: (kvm: Kvm) => void,
): MmuNotifier {
  const { invalidation } = kvm;
  return {
    /**
     * The host is about to change entries: what stage 2 has of them goes, and no fault may bring them back until the
     * end. A range that meets no slot changes nothing.
     *
     * @context may sleep; takes mmu_lock for writing where a slot is met.
     * @fidelity partial gfn_to_pfn caches are not modelled
     * @patch none
     */
    invalidate_range_start(range) {
      invalidation.mn_active_invalidate_count++;
      handleHvaRange(
        kernel,
        kvm,
        range,
        () => invalidation.kvm_mmu_invalidate_begin(),
        (start, end) => {
          invalidation.kvm_mmu_invalidate_range_add(start, end);
          kvm.mmu.unmapGfnRange(start, end);
        },
      );
    },
    /**
     * The host has changed them: faults may look again.
     *
     * @context takes mmu_lock for writing where a slot is met.
     * @fidelity exact
     * @patch none
     */
    invalidate_range_end(range) {
      handleHvaRange(kernel, kvm, range, () => invalidation.kvm_mmu_invalidate_end(), undefined);
      invalidation.mn_active_invalidate_count--;
    },
    /**
     * The address space goes away: stage 2 is emptied, and the VM runs no more.
     *
     * @fidelity exact
     * @patch none
     */
    release() {
      kvm.mmu.flushAll();
      kvm.vm_dead = true;
      released(kvm);
    },
  };
}
