import type { Prot } from '@pfnmap/pgtable-core';
import {
  _PAGE_ACCESSED,
  _PAGE_CACHE_MASK,
  _PAGE_DEVMAP,
  _PAGE_DIRTY_BITS,
  _PAGE_PAT_LARGE,
  _PAGE_PRESENT,
  _PAGE_RW,
  _PAGE_SOFT_DIRTY,
  _PAGE_SPECIAL,
  _PAGE_UFFD_WP,
} from './bits.ts';
import { clear_saveddirty, mksaveddirty } from './dirty.ts';

/** Which software bits this kernel has; a bit that it has not is not kept by modify. */
export interface KeptBits {
  readonly softDirty: boolean;
  readonly uffdWp: boolean;
  /** The kernel has the DEVMAP bit, used or not. */
  readonly devmap: boolean;
  /** The encryption or sharing bit in a protection word, or 0. */
  readonly encryption: Prot;
}

/**
 * The bits that a change of protection keeps: _PAGE_CHG_MASK, without the address. It is _HPAGE_CHG_MASK as well: PSE
 * has the number of PAT, and bit 12 (PAT_LARGE of a leaf) is an address bit in the PTE mask.
 */
export const changeMask = (kept: KeptBits): Prot =>
  _PAGE_CACHE_MASK |
  _PAGE_PAT_LARGE |
  _PAGE_ACCESSED |
  _PAGE_DIRTY_BITS |
  _PAGE_SPECIAL |
  (kept.softDirty ? _PAGE_SOFT_DIRTY : 0) |
  (kept.uffdWp ? _PAGE_UFFD_WP : 0) |
  (kept.devmap ? _PAGE_DEVMAP : 0) |
  kept.encryption;

/** Changes of protection. */
export interface ModifyHelpers {
  /** Leaves out what the CPU does not support, if the value has P. */
  massage_pgprot(prot: Prot): Prot;
  /** pte_modify, pmd_modify and pud_modify. */
  modify(old: Prot, newprot: Prot): Prot;
  /** Keeps cache bits, A, D and software bits of the old value; the rest comes from the new. */
  pgprot_modify(oldprot: Prot, newprot: Prot): Prot;
}

/**
 * Builds the helpers. `modify` decides by the RW bit of the old entry whether dirtiness is saved or restored: an entry
 * that was writable saves it, one that was not restores it if it is writable now.
 *
 * @param keep - what {@link changeMask} gives.
 * @param supported - __supported_pte_mask as a protection word: all ones but NX or GLOBAL where the CPU lacks them.
 * @fidelity exact
 * @patch none
 */
export function createModify(keep: Prot, supported: Prot): ModifyHelpers {
  const massage_pgprot = (prot: Prot): Prot =>
    (prot & _PAGE_PRESENT) !== 0 ? prot & supported : prot;
  return {
    massage_pgprot,
    modify: (old, newprot) => {
      const result = (old & keep) | (massage_pgprot(newprot) & ~keep);
      return (old & _PAGE_RW) !== 0 ? mksaveddirty(result) : clear_saveddirty(result);
    },
    pgprot_modify: (oldprot, newprot) => (oldprot & keep) | (newprot & ~keep),
  };
}
