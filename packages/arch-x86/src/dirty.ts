import type { Prot } from '@pfnmap/pgtable-core';
import {
  _PAGE_DIRTY,
  _PAGE_DIRTY_BITS,
  _PAGE_RW,
  _PAGE_SAVED_DIRTY,
  _PAGE_SOFT_DIRTY,
} from './bits.ts';

/**
 * Moves D to SAVED_DIRTY in an entry that is not writable, because RW=0 with D=1 means a shadow-stack page. Done on
 * every CPU: pte_mksaveddirty and its kind.
 *
 * @fidelity exact
 * @patch none
 */
export function mksaveddirty(prot: Prot): Prot {
  if ((prot & (_PAGE_RW | _PAGE_DIRTY)) !== _PAGE_DIRTY) return prot;
  return (prot & ~_PAGE_DIRTY) | _PAGE_SAVED_DIRTY;
}

/**
 * Moves SAVED_DIRTY back to D in an entry that is writable: pte_clear_saveddirty and its kind.
 *
 * @fidelity exact
 * @patch none
 */
export function clear_saveddirty(prot: Prot): Prot {
  const movable = _PAGE_RW | _PAGE_SAVED_DIRTY;
  if ((prot & movable) !== movable) return prot;
  return (prot & ~_PAGE_SAVED_DIRTY) | _PAGE_DIRTY;
}

/**
 * True when the page was written, by D or its copy: pte_dirty, pmd_dirty, pud_dirty.
 *
 * @fidelity exact
 * @patch none
 */
export const dirty = (prot: Prot): boolean => (prot & _PAGE_DIRTY_BITS) !== 0;

/**
 * Takes write access away and keeps dirtiness in the copy: pte_wrprotect, pmd_wrprotect, pud_wrprotect.
 *
 * @fidelity exact
 * @patch none
 */
export const wrprotect = (prot: Prot): Prot => mksaveddirty(prot & ~_PAGE_RW);

/**
 * Marks dirty and soft-dirty; a read-only entry ends with the copy set and D clear: pte_mkdirty and its kind.
 *
 * @fidelity exact
 * @patch none
 */
export const mkdirty = (prot: Prot): Prot => mksaveddirty(prot | _PAGE_DIRTY | _PAGE_SOFT_DIRTY);

/**
 * {@link mkdirty} of a kernel without MEM_SOFT_DIRTY.
 *
 * @fidelity exact
 * @patch none
 */
export const mkdirtyOnly = (prot: Prot): Prot => mksaveddirty(prot | _PAGE_DIRTY);

/**
 * Clears D and its copy, not the soft-dirty mark: pte_mkclean, pmd_mkclean, pud_mkclean.
 *
 * @fidelity exact
 * @patch none
 */
export const mkclean = (prot: Prot): Prot => prot & ~_PAGE_DIRTY_BITS;

/**
 * Sets RW and does nothing about dirtiness: pte_mkwrite_novma, pmd_mkwrite_novma.
 *
 * @fidelity exact
 * @patch none
 */
export const mkwrite_novma = (prot: Prot): Prot => prot | _PAGE_RW;

/**
 * Makes a shadow-stack entry: RW clear, D set, the copy as it was: pte_mkwrite_shstk, pmd_mkwrite_shstk.
 *
 * @fidelity exact
 * @patch none
 */
export const mkwrite_shstk = (prot: Prot): Prot => (prot & ~_PAGE_RW) | _PAGE_DIRTY;

/**
 * Gives write access, in the way of the VMA: pte_mkwrite, pmd_mkwrite.
 *
 * @param shadowStack - true for a VM_SHADOW_STACK VMA.
 * @fidelity exact
 * @patch none
 */
export const mkwrite = (prot: Prot, shadowStack?: boolean): Prot =>
  shadowStack === true ? mkwrite_shstk(prot) : clear_saveddirty(prot | _PAGE_RW);

/**
 * Gives write access; knows no VMA, so it never makes a shadow-stack entry.
 *
 * @fidelity exact
 * @patch none
 */
export const pud_mkwrite = (pud: Prot): Prot => clear_saveddirty(pud | _PAGE_RW);
