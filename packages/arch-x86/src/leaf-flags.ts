import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_GLOBAL, _PAGE_NX, _PAGE_PRESENT, _PAGE_PROTNONE, _PAGE_PSE } from './bits.ts';

/**
 * Sets bit 7: pmd_mkhuge, pud_mkhuge and pte_mkhuge. On a PTE the same bit is PAT.
 *
 * @fidelity exact
 * @patch none
 */
export const mkhuge = (prot: Prot): Prot => prot | _PAGE_PSE;

/**
 * Clears bit 7.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_clrhuge = (pte: Prot): Prot => pte & ~_PAGE_PSE;

/**
 * Takes P and PROTNONE away and keeps all other bits: pmd_mkinvalid, pud_mkinvalid. PSE stays, so a PMD stays present;
 * and since P is gone, memory holds the address inverted.
 *
 * @fidelity exact
 * @patch none
 */
export const mkinvalid = (prot: Prot): Prot => prot & ~(_PAGE_PRESENT | _PAGE_PROTNONE);

/**
 * True when the translation is global.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_global = (pte: Prot): boolean => (pte & _PAGE_GLOBAL) !== 0;

/**
 * Makes the translation global.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_mkglobal = (pte: Prot): Prot => pte | _PAGE_GLOBAL;

/**
 * Makes the translation not global.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_clrglobal = (pte: Prot): Prot => pte & ~_PAGE_GLOBAL;

/**
 * True when instructions may be fetched.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_exec = (pte: Prot): boolean => (pte & _PAGE_NX) === 0;

/**
 * Allows instruction fetches.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_mkexec = (pte: Prot): Prot => pte & ~_PAGE_NX;
