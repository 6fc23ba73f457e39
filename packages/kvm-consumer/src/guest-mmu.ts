import type { Pfn, WalkedEntry } from '@pfnmap/pgtable-core';
import type { AccessKind, AccessResult } from './exits.ts';
import type { Gfn, MemorySlot } from './memory-slot.ts';

/** What user space asks for with KVM_SET_USER_MEMORY_REGION. */
export type MemoryRegionChange = 'create' | 'delete' | 'move' | 'flags';

/** A leaf of stage 2, for those who look. */
export interface Stage2Leaf {
  /** First guest frame of the leaf. */
  readonly gfn: Gfn;
  /** 1 for a page, 2 and 3 for the blocks above: 2M and 1G with pages of 4K. */
  readonly level: number;
  /** First frame that it maps. */
  readonly pfn: Pfn;
  readonly writable: boolean;
  /** The entry as it lies in memory. */
  readonly word: bigint;
}

/** Leaves of stage 2 by size. */
export interface Stage2Statistics {
  readonly pages_4k: number;
  readonly pages_2m: number;
  readonly pages_1g: number;
}

/** What the KVM of an architecture does below the generic part, for one VM. */
export interface GuestMmu {
  /** kvm_arch_prepare_memory_region(): 0, or the negative error number that user space gets. */
  prepareMemoryRegion(slot: MemorySlot, change: MemoryRegionChange): number;
  /** What the architecture keeps for a slot of this place and size. */
  slotMetadata(base_gfn: Gfn, npages: number, userspace_addr: number): unknown;
  /** kvm_arch_commit_memory_region(). */
  commitMemoryRegion(
    old: MemorySlot | undefined,
    slot: MemorySlot | undefined,
    change: MemoryRegionChange,
  ): void;
  /** kvm_arch_memslots_updated(): the slots have a new generation. */
  memslotsUpdated(generation: number): void;
  /** kvm_arch_flush_shadow_memslot(): everything that is mapped through a slot goes. */
  flushMemslot(slot: MemorySlot): void;
  /** kvm_arch_flush_shadow_all(): the VM goes away. */
  flushAll(): void;
  /** kvm_unmap_gfn_range(): leaves that touch [start, end) go. mmu_lock is held for writing. */
  unmapGfnRange(start: Gfn, end: Gfn): void;
  /** One fault, from the lookup of the frame to its entry, without another try: RET_PF_*, or a negative error number. */
  pageFault(gfn: Gfn, kind: AccessKind): number;
  /** One access of the guest, with the faults that it takes. */
  access(gpa: number, kind: AccessKind): AccessResult;
  /** True when KVM's emulator completes a read that left the guest, before the guest may do anything else. */
  readonly completesReadsFirst: boolean;
  /** The leaf that maps a guest frame, or undefined. */
  leafAt(gfn: Gfn): Stage2Leaf | undefined;
  /** Guest frames that there can be. */
  readonly guestFrames: number;
  /** Sizes come from the host's entries; older kernels took them from the file offset. */
  readonly followsHostLeaf: boolean;
  /** Every entry on the hardware's way down to a guest frame; none where there is no table for it. */
  path(gfn: Gfn): WalkedEntry[];
  /** Every leaf, by guest frame. */
  leaves(): Stage2Leaf[];
  /** Counts by size; null where the architecture keeps none. */
  readonly statistics: Stage2Statistics | null;
  /** Page frames that stage 2 itself takes. */
  tableFrames(): number;
}
