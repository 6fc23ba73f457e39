import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_DIRTY, _PAGE_PSE, _PAGE_RW } from './bits.ts';

/**
 * True when RW is set: pud_write always, pte_write and pmd_write on a CPU without user shadow stacks.
 *
 * @fidelity exact
 * @patch none
 */
export const writable = (prot: Prot): boolean => (prot & _PAGE_RW) !== 0;

/**
 * True for a shadow-stack PTE: D without RW. Only a CPU with user shadow stacks asks.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_shstk = (pte: Prot): boolean => (pte & (_PAGE_RW | _PAGE_DIRTY)) === _PAGE_DIRTY;

/**
 * True for a shadow-stack leaf: D without RW, and PSE: pmd_shstk, pud_shstk.
 *
 * @fidelity exact
 * @patch none
 */
export const shstkHuge = (prot: Prot): boolean =>
  (prot & (_PAGE_RW | _PAGE_DIRTY | _PAGE_PSE)) === (_PAGE_DIRTY | _PAGE_PSE);

/**
 * pte_write of a CPU with user shadow stacks: a shadow-stack entry is writable.
 *
 * @fidelity exact
 * @patch none
 */
export const pteWriteOrShstk = (pte: Prot): boolean => writable(pte) || pte_shstk(pte);

/**
 * pmd_write of a CPU with user shadow stacks. pud_write has no such arm.
 *
 * @fidelity exact
 * @patch none
 */
export const pmdWriteOrShstk = (pmd: Prot): boolean => writable(pmd) || shstkHuge(pmd);
