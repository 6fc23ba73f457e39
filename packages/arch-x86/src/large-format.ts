import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_PAT, _PAGE_PAT_LARGE } from './bits.ts';

const PAT_BITS = _PAGE_PAT | _PAGE_PAT_LARGE;

/**
 * Converts a protection value from 4 KiB to large format: PAT goes from bit 7 to bit 12. Bit 7 is clear afterwards.
 *
 * @fidelity exact
 * @patch none
 */
export const pgprot_4k_2_large = (prot: Prot): Prot =>
  (prot & ~PAT_BITS) | ((prot & _PAGE_PAT) << 5);

/**
 * Converts a protection value from large to 4 KiB format: PAT goes from bit 12 to bit 7.
 *
 * @fidelity exact
 * @patch none
 */
export const pgprot_large_2_4k = (prot: Prot): Prot =>
  (prot & ~PAT_BITS) | ((prot & _PAGE_PAT_LARGE) >> 5);
