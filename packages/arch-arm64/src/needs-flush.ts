import type { Prot } from '@pfnmap/pgtable-core';
import { PTE_SWBITS_MASK, PTE_VALID } from './bits.ts';

/**
 * True when mprotect() must flush after changing an entry whose frame stays: the old one was valid, and more than
 * software bits changed. 7.3. @fidelity exact @patch none
 */
export const pte_needs_flush = (oldpte: Prot, newpte: Prot): boolean =>
  (oldpte & PTE_VALID) !== 0 && ((oldpte ^ newpte) & ~PTE_SWBITS_MASK) !== 0;

/** The generic answer, in force on arm64 in 6.12: every change is flushed. */
export const alwaysFlush = (_old: Prot, _entry: Prot): boolean => true;
