import type { HvaToPfn } from './hva-to-pfn.ts';
import type { Kvm } from './kvm.ts';
import { KVM_PFN_ERR_RO_FAULT } from './kvm-pfn.ts';
import { type Gfn, type MemorySlot, memslot_is_readonly } from './memory-slot.ts';
import type { PfnLookup } from './pfn-lookup.ts';

/** Finds the frame behind a guest frame of a slot; the answer is in the lookup. */
export type GfnToPfn = (
  kvm: Kvm,
  slot: MemorySlot,
  gfn: Gfn,
  write: boolean,
  lookup: PfnLookup,
  pin?: boolean,
) => void;

/**
 * The host-virtual address of a guest frame.
 *
 * @fidelity exact
 * @patch none
 */
export const gfn_to_hva_memslot = (slot: MemorySlot, gfn: Gfn, pageSize: number): number =>
  slot.userspace_addr + (gfn - slot.base_gfn) * pageSize;

/** Makes the lookup by guest frame. */
export function createGfnToPfn(pageSize: number, hva_to_pfn: HvaToPfn): GfnToPfn {
  /**
   * The frame behind a guest frame. A write to a read-only slot is KVM_PFN_ERR_RO_FAULT before the host is asked, and a
   * read of one never maps writable.
   *
   * @context may sleep; no lock of KVM is held.
   * @fidelity exact
   * @patch none
   */
  return function gfn_to_pfn_memslot(kvm, slot, gfn, write, lookup, pin = false) {
    const readonly = memslot_is_readonly(slot);
    lookup.ask(write, !readonly, pin);
    if (readonly && write) {
      lookup.pfn = KVM_PFN_ERR_RO_FAULT;
      return;
    }
    hva_to_pfn(kvm.mm, gfn_to_hva_memslot(slot, gfn, pageSize), lookup);
    if (readonly) lookup.writable = false;
  };
}
