import type { Pfn } from '@pfnmap/pgtable-core';
import type { AccessKind } from './exits.ts';
import type { Gfn, MemorySlot } from './memory-slot.ts';

/**
 * A fault of the guest on its way: struct kvm_page_fault, and what user_mem_abort() keeps in variables. A VM has one and
 * uses it again and again.
 */
export class GuestFault {
  gfn: Gfn = 0;
  kind: AccessKind = 'read';
  /** The slot that holds the frame, or undefined. */
  slot: MemorySlot | undefined;
  /** Host-virtual address of the frame that is looked up. */
  hva = 0;
  /** The frame behind it, or a KVM_PFN_* value. */
  pfn: Pfn = 0;
  /** The host would let the guest write. */
  map_writable = false;
  /** Number of the last invalidation that had ended before the lookup. */
  mmu_seq = 0;
  /** Level of the entry to be made: 1 for a page. */
  goal_level = 1;

  start(gfn: Gfn, kind: AccessKind, slot: MemorySlot | undefined, mmu_seq: number): void {
    this.gfn = gfn;
    this.kind = kind;
    this.slot = slot;
    this.hva = 0;
    this.pfn = 0;
    this.map_writable = false;
    this.mmu_seq = mmu_seq;
    this.goal_level = 1;
  }
}
