import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_SOFT_DIRTY, _PAGE_SWP_SOFT_DIRTY } from './bits.ts';

/**
 * True when bit 11 is set: pte_soft_dirty and its kind.
 *
 * @fidelity exact
 * @patch none
 */
export const soft_dirty = (prot: Prot): boolean => (prot & _PAGE_SOFT_DIRTY) !== 0;

/**
 * Sets bit 11: pte_mksoft_dirty and its kind.
 *
 * @fidelity exact
 * @patch none
 */
export const mksoft_dirty = (prot: Prot): Prot => prot | _PAGE_SOFT_DIRTY;

/**
 * Clears bit 11: pte_clear_soft_dirty and its kind.
 *
 * @fidelity exact
 * @patch none
 */
export const clear_soft_dirty = (prot: Prot): Prot => prot & ~_PAGE_SOFT_DIRTY;

/**
 * True when a swap-type entry has the soft-dirty mark: pte_swp_soft_dirty, pmd_swp_soft_dirty.
 *
 * @fidelity exact
 * @patch none
 */
export const swp_soft_dirty = (prot: Prot): boolean => (prot & _PAGE_SWP_SOFT_DIRTY) !== 0;

/**
 * Marks a swap-type entry soft-dirty: pte_swp_mksoft_dirty, pmd_swp_mksoft_dirty.
 *
 * @fidelity exact
 * @patch none
 */
export const swp_mksoft_dirty = (prot: Prot): Prot => prot | _PAGE_SWP_SOFT_DIRTY;

/**
 * Takes the soft-dirty mark from a swap-type entry: pte_swp_clear_soft_dirty, pmd_swp_clear_soft_dirty.
 *
 * @fidelity exact
 * @patch none
 */
export const swp_clear_soft_dirty = (prot: Prot): Prot => prot & ~_PAGE_SWP_SOFT_DIRTY;
