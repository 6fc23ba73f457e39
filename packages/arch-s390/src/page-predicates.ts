import type { Prot } from '@pfnmap/pgtable-core';
import {
  _PAGE_DIRTY,
  _PAGE_LARGE,
  _PAGE_PRESENT,
  _PAGE_READ,
  _PAGE_SOFT_DIRTY,
  _PAGE_SPECIAL,
  _PAGE_WRITE,
  _PAGE_YOUNG,
} from './bits.ts';

/** True when the entry maps a frame, whatever the CPU may do with it. @fidelity exact @patch none */
export const pte_present = (pte: Prot): boolean => (pte & _PAGE_PRESENT) !== 0;

/** True when a store is allowed, now or after a fault that notes it. @fidelity exact @patch none */
export const pte_write = (pte: Prot): boolean => (pte & _PAGE_WRITE) !== 0;

/** True when a store was noted: by software, as the CPU keeps it elsewhere. @fidelity exact @patch none */
export const pte_dirty = (pte: Prot): boolean => (pte & _PAGE_DIRTY) !== 0;

/** True when an access was noted, by software. @fidelity exact @patch none */
export const pte_young = (pte: Prot): boolean => (pte & _PAGE_YOUNG) !== 0;

/** True when the frame has no struct page. @fidelity exact @patch none */
export const pte_special = (pte: Prot): boolean => (pte & _PAGE_SPECIAL) !== 0;

/** True when a store was noted since soft-dirty tracking began. @fidelity exact @patch none */
export const pte_soft_dirty = (pte: Prot): boolean => (pte & _PAGE_SOFT_DIRTY) !== 0;

/** True when all access was taken away. @fidelity exact @patch none */
export const pte_protnone = (pte: Prot): boolean =>
  (pte & (_PAGE_PRESENT | _PAGE_READ)) === _PAGE_PRESENT;

/** True when gup-fast may take the page; the generic rule. @fidelity exact @patch none */
export const pte_access_permitted = (pte: Prot, write: boolean): boolean =>
  pte_present(pte) && (!write || pte_write(pte));

/** True for a swap entry whose page belongs to one process alone. @fidelity exact @patch none */
export const pte_swp_exclusive = (pte: Prot): boolean => (pte & _PAGE_LARGE) !== 0;
