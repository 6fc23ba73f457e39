import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_ACCESSED } from './bits.ts';

/**
 * True when the A bit is set, whatever else the entry is: pte_young, pmd_young, pud_young.
 *
 * @fidelity exact
 * @patch none
 */
export const young = (prot: Prot): boolean => (prot & _PAGE_ACCESSED) !== 0;

/**
 * Clears the A bit: pte_mkold, pmd_mkold, pud_mkold.
 *
 * @fidelity exact
 * @patch none
 */
export const mkold = (prot: Prot): Prot => prot & ~_PAGE_ACCESSED;

/**
 * Sets the A bit: pte_mkyoung, pmd_mkyoung, pud_mkyoung.
 *
 * @fidelity exact
 * @patch none
 */
export const mkyoung = (prot: Prot): Prot => prot | _PAGE_ACCESSED;
