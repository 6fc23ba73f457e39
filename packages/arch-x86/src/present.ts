import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_DEVMAP, _PAGE_PRESENT, _PAGE_PROTNONE, _PAGE_PSE } from './bits.ts';

/**
 * True with P or PROTNONE.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_present = (pte: Prot): boolean => (pte & (_PAGE_PRESENT | _PAGE_PROTNONE)) !== 0;

/**
 * True with P, PROTNONE or PSE: a huge PMD stays present while pmdp_invalidate() holds it.
 *
 * @fidelity exact
 * @patch none
 */
export const pmd_present = (pmd: Prot): boolean =>
  (pmd & (_PAGE_PRESENT | _PAGE_PROTNONE | _PAGE_PSE)) !== 0;

/**
 * True with P only: pud_present, p4d_present, pgd_present. A PROT_NONE or invalidated PUD leaf is not present.
 *
 * @fidelity exact
 * @patch none
 */
export const presentBit = (prot: Prot): boolean => (prot & _PAGE_PRESENT) !== 0;

/**
 * True when the PSE bit is set: pmd_leaf, pud_leaf, pte_huge; pmd_trans_huge and pud_trans_huge of kernels without
 * DEVMAP.
 *
 * @fidelity exact
 * @patch none
 */
export const pseBit = (prot: Prot): boolean => (prot & _PAGE_PSE) !== 0;

/**
 * pmd_trans_huge and pud_trans_huge of kernels with the DEVMAP bit: a leaf that is not device-mapped.
 *
 * @fidelity exact
 * @patch none
 */
export const transHugeNotDevmap = (prot: Prot): boolean =>
  (prot & (_PAGE_PSE | _PAGE_DEVMAP)) === _PAGE_PSE;

/**
 * True for PROTNONE without P: pte_protnone, pmd_protnone.
 *
 * @fidelity exact
 * @patch none
 */
export const protnone = (prot: Prot): boolean =>
  (prot & (_PAGE_PROTNONE | _PAGE_PRESENT)) === _PAGE_PROTNONE;

/**
 * True when the CPU may still use the entry: P, or PROTNONE while a TLB flush is still to come.
 *
 * @param tlbFlushPending - what mm_tlb_flush_pending() says of the process.
 * @fidelity exact
 * @patch none
 */
export const pte_accessible = (pte: Prot, tlbFlushPending: boolean): boolean =>
  presentBit(pte) || (tlbFlushPending && (pte & _PAGE_PROTNONE) !== 0);
