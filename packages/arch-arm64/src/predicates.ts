import type { Prot } from '@pfnmap/pgtable-core';
import {
  PTE_AF,
  PTE_ATTRINDX_MASK,
  PTE_CONT,
  PTE_DEVMAP,
  PTE_DIRTY,
  PTE_PRESENT_INVALID,
  PTE_RDONLY,
  PTE_SPECIAL,
  PTE_UFFD_WP,
  PTE_USER,
  PTE_UXN,
  PTE_VALID,
  PTE_WRITE,
} from './bits.ts';
import { MT_NORMAL_TAGGED, PTE_ATTRINDX } from './memory-types.ts';

/** True when the hardware uses the entry. @fidelity exact @patch none */
export const pte_valid = (pte: Prot): boolean => (pte & PTE_VALID) !== 0;

/** True when software alone sees the entry: PROT_NONE, or invalidated for an update. @fidelity exact @patch none */
export const pte_present_invalid = (pte: Prot): boolean =>
  (pte & (PTE_VALID | PTE_PRESENT_INVALID)) === PTE_PRESENT_INVALID;

/** True when the entry holds an address, valid or not. @fidelity exact @patch none */
export const pte_present = (pte: Prot): boolean => (pte & (PTE_VALID | PTE_PRESENT_INVALID)) !== 0;

/** True when the access flag is set. @fidelity exact @patch none */
export const pte_young = (pte: Prot): boolean => (pte & PTE_AF) !== 0;

/** True when the frame has no struct page. Meaningful only for a present entry. @fidelity exact @patch none */
export const pte_special = (pte: Prot): boolean => (pte & PTE_SPECIAL) !== 0;

/** True when user space may make the page dirty: bit 51, whatever RDONLY says. @fidelity exact @patch none */
export const pte_write = (pte: Prot): boolean => (pte & PTE_WRITE) !== 0;

/** True when a store traps, or sets the dirty state by hardware. @fidelity exact @patch none */
export const pte_rdonly = (pte: Prot): boolean => (pte & PTE_RDONLY) !== 0;

/** True when EL0 may read. @fidelity exact @patch none */
export const pte_user = (pte: Prot): boolean => (pte & PTE_USER) !== 0;

/** True when EL0 may execute. @fidelity exact @patch none */
export const pte_user_exec = (pte: Prot): boolean => (pte & PTE_UXN) === 0;

/** True when the entry is one of a contiguous group. @fidelity exact @patch none */
export const pte_cont = (pte: Prot): boolean => (pte & PTE_CONT) !== 0;

/** True when the entry is valid and one of a contiguous group. @fidelity exact @patch none */
export const pte_valid_cont = (pte: Prot): boolean =>
  (pte & (PTE_VALID | PTE_CONT)) === (PTE_VALID | PTE_CONT);

/** True for device memory with struct pages. 6.12. @fidelity exact @patch none */
export const pte_devmap = (pte: Prot): boolean => (pte & PTE_DEVMAP) !== 0;

/** True when the memory type is Normal-Tagged. @fidelity exact @patch none */
export const pte_tagged = (pte: Prot): boolean =>
  (pte & PTE_ATTRINDX_MASK) === PTE_ATTRINDX(MT_NORMAL_TAGGED);

/** True when a store reached the page by the hardware's own bookkeeping. @fidelity exact @patch none */
export const pte_hw_dirty = (pte: Prot): boolean => (pte & (PTE_WRITE | PTE_RDONLY)) === PTE_WRITE;

/** True when software noted that the page is dirty. @fidelity exact @patch none */
export const pte_sw_dirty = (pte: Prot): boolean => (pte & PTE_DIRTY) !== 0;

/** True when either notes it. @fidelity exact @patch none */
export const pte_dirty = (pte: Prot): boolean =>
  (pte & PTE_DIRTY) !== 0 || (pte & (PTE_WRITE | PTE_RDONLY)) === PTE_WRITE;

/** True for a valid kernel entry: storing it needs barriers at once. @fidelity exact @patch none */
export const pte_valid_not_user = (pte: Prot): boolean =>
  (pte & (PTE_VALID | PTE_USER | PTE_UXN)) === (PTE_VALID | PTE_UXN);

/** True when the entry was taken away by PROT_NONE or NUMA balancing. @fidelity exact @patch none */
export const pte_protnone = (pte: Prot): boolean =>
  (pte & (PTE_VALID | PTE_PRESENT_INVALID | PTE_USER | PTE_UXN)) ===
  (PTE_PRESENT_INVALID | PTE_UXN);

/** True when userfaultfd wants to hear of stores. @fidelity exact @patch none */
export const pte_uffd_wp = (pte: Prot): boolean => (pte & PTE_UFFD_WP) !== 0;

/**
 * True when user space may access the page, for gup-fast. An execute-only mapping is refused. Overlays (POE) are taken
 * to allow the access, as POR_EL0 does for key 0. @fidelity partial @patch none
 */
export const pte_access_permitted = (pte: Prot, write: boolean): boolean => {
  const needed = write ? PTE_VALID | PTE_USER | PTE_WRITE : PTE_VALID | PTE_USER;
  return (pte & needed) === needed;
};

/**
 * True when a TLB may hold the entry; `flushPending` is mm_tlb_flush_pending(). @fidelity exact @patch none
 */
export const pte_accessible = (flushPending: boolean, pte: Prot): boolean =>
  flushPending ? pte_present(pte) : pte_valid(pte);

/** True when user space can reach the page, for the page-table check. @fidelity exact @patch none */
export const pte_user_accessible_page = (pte: Prot): boolean =>
  pte_valid(pte) && (pte_user(pte) || pte_user_exec(pte));

/** True for a swap entry whose page belongs to one process alone. @fidelity exact @patch none */
export const pte_swp_exclusive = (pte: Prot): boolean => (pte & 4) !== 0;

/** True for a swap entry that userfaultfd write-protected. @fidelity exact @patch none */
export const pte_swp_uffd_wp = (pte: Prot): boolean => (pte & 8) !== 0;

/**
 * True when storing the entry first makes the instruction cache coherent with the page. SPECIAL suppresses it, at the
 * PMD too, since there is no struct page to keep the state in.
 */
export const syncsInstructionCache = (pte: Prot): boolean =>
  pte_present(pte) && pte_user_exec(pte) && !pte_special(pte);

/** True when, on a CPU with MTE, storing the entry first restores or clears the page's tags. */
export const syncsTags = (pte: Prot): boolean =>
  pte_access_permitted(pte, false) && !pte_special(pte) && pte_tagged(pte);
