import type { Gfn, MemorySlot } from './memory-slot.ts';

/**
 * The active slots of a VM: struct kvm_memslots. Looked up by guest frame on every fault, and by host-virtual range in
 * the notifier. Address space 1 (system management mode) is not modelled.
 */
export class Memslots {
  /** Grows with every change; stale MMIO entries are told by it. Even outside changes. */
  generation = 0;
  /** Pages of all slots. */
  nr_memslot_pages = 0;
  private readonly byGfn: MemorySlot[] = [];
  /** Ordered by host-virtual start; equal starts in the order of their insertion, as the interval tree has them. */
  private readonly byHva: MemorySlot[] = [];
  private lastUsed: MemorySlot | undefined;

  /** The slot of that number, if user space has made it. */
  id_to_memslot(id: number): MemorySlot | undefined {
    return this.byGfn.find((slot) => slot.id === id);
  }

  /** Every slot, by guest frame. */
  all(): readonly MemorySlot[] {
    return this.byGfn;
  }

  /** The slot that holds a guest frame. */
  gfn_to_memslot(gfn: Gfn): MemorySlot | undefined {
    const last = this.lastUsed;
    if (last !== undefined && gfn >= last.base_gfn && gfn < last.base_gfn + last.npages) {
      return last;
    }
    const slot = this.byGfn[this.indexFrom(gfn)];
    if (slot === undefined || gfn < slot.base_gfn) return undefined;
    this.lastUsed = slot;
    return slot;
  }

  /** True when a slot other than `id` holds some frame of the range. */
  kvm_check_memslot_overlap(id: number, start: Gfn, end: Gfn): boolean {
    for (let at = this.indexFrom(start); at < this.byGfn.length; at++) {
      const slot = this.byGfn[at] as MemorySlot;
      if (slot.base_gfn >= end) return false;
      if (slot.id !== id) return true;
    }
    return false;
  }

  /** Calls `visit` for every slot that overlaps the host-virtual range [start, end), in the interval tree's order. */
  forEachInHvaRange(
    start: number,
    end: number,
    pageSize: number,
    visit: (slot: MemorySlot) => void,
  ): void {
    for (const slot of this.byHva) {
      if (slot.userspace_addr >= end) return;
      if (slot.userspace_addr + slot.npages * pageSize > start) visit(slot);
    }
  }

  /** kvm_replace_memslot(): `from` goes, `to` comes; either may be missing. */
  replace(from: MemorySlot | undefined, to: MemorySlot | undefined): void {
    this.lastUsed = undefined;
    if (from !== undefined) {
      this.byGfn.splice(this.byGfn.indexOf(from), 1);
      this.byHva.splice(this.byHva.indexOf(from), 1);
      this.nr_memslot_pages -= from.npages;
    }
    if (to === undefined) return;
    this.byGfn.splice(this.indexFrom(to.base_gfn), 0, to);
    let at = this.byHva.length;
    while (at > 0 && (this.byHva[at - 1] as MemorySlot).userspace_addr > to.userspace_addr) at--;
    this.byHva.splice(at, 0, to);
    this.nr_memslot_pages += to.npages;
  }

  /** Index of the first slot that ends above a guest frame. */
  private indexFrom(gfn: Gfn): number {
    let low = 0;
    let high = this.byGfn.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const slot = this.byGfn[middle] as MemorySlot;
      if (slot.base_gfn + slot.npages > gfn) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
