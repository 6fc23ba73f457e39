/** A guest frame number: the guest-physical address in pages. */
export type Gfn = number;

/** Flags of a slot, as user space gives them. */
export const KVM_MEM_LOG_DIRTY_PAGES = 1 << 0;
export const KVM_MEM_READONLY = 1 << 1;
/** Kernel-internal: the slot is being deleted or moved, and nothing new may be mapped through it. */
export const KVM_MEMSLOT_INVALID = 1 << 16;

/**
 * A range of guest-physical memory and the user memory behind it: struct kvm_memory_slot. Replaced as a whole when user
 * space changes it.
 */
export interface MemorySlot {
  readonly id: number;
  readonly base_gfn: Gfn;
  /** Pages. */
  readonly npages: number;
  /** Host-virtual address of the first page, in bytes. */
  readonly userspace_addr: number;
  /** KVM_MEM_* and KVM_MEMSLOT_*. */
  readonly flags: number;
  /** What the architecture keeps for a slot: struct kvm_arch_memory_slot. */
  readonly arch: unknown;
}

/**
 * True when writes to the slot leave the guest.
 *
 * @fidelity exact
 * @patch none
 */
export const memslot_is_readonly = (slot: MemorySlot): boolean =>
  (slot.flags & KVM_MEM_READONLY) !== 0;

/**
 * True when the pages that the guest writes are logged, which keeps stage 2 at single pages.
 *
 * @fidelity exact
 * @patch none
 */
export const kvm_slot_dirty_track_enabled = (slot: MemorySlot): boolean =>
  (slot.flags & KVM_MEM_LOG_DIRTY_PAGES) !== 0;
