import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_DEVMAP, _PAGE_SPECIAL } from './bits.ts';

/**
 * True when bit 57 is set: pte_devmap, pmd_devmap, pud_devmap of kernels that have the bit.
 *
 * @fidelity exact
 * @patch none
 */
export const devmap = (prot: Prot): boolean => (prot & _PAGE_DEVMAP) !== 0;

/**
 * Sets DEVMAP and, at the lowest level only, SPECIAL as well.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_mkdevmap = (pte: Prot): Prot => pte | _PAGE_SPECIAL | _PAGE_DEVMAP;

/**
 * Sets DEVMAP and leaves SPECIAL as it is: pmd_mkdevmap and pud_mkdevmap.
 *
 * @fidelity exact
 * @patch none
 */
export const mkdevmapHuge = (prot: Prot): Prot => prot | _PAGE_DEVMAP;
