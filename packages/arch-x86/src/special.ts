import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_SPECIAL } from './bits.ts';

// A constant of this module costs nothing where it is used, an imported one is looked up.
const SPECIAL = _PAGE_SPECIAL;

/**
 * True when bit 9 is set: pte_special, and with patch 17 pmd_special and pud_special. The bit alone answers, so a
 * swap-type entry or a table can be "special"; ask for presence first.
 *
 * @fidelity exact
 * @patch 17/19
 */
export const special = (prot: Prot): boolean => (prot & SPECIAL) !== 0;

/**
 * Sets bit 9: pte_mkspecial, and with patch 17 pmd_mkspecial and pud_mkspecial.
 *
 * @fidelity exact
 * @patch 17/19
 */
export const mkspecial = (prot: Prot): Prot => prot | SPECIAL;
