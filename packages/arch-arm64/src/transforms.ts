import type { Prot } from '@pfnmap/pgtable-core';
import {
  PTE_AF,
  PTE_ATTRINDX_MASK,
  PTE_CONT,
  PTE_DEVMAP,
  PTE_DIRTY,
  PTE_GP,
  PTE_PO_IDX_MASK,
  PTE_PRESENT_INVALID,
  PTE_PXN,
  PTE_RDONLY,
  PTE_SPECIAL,
  PTE_SWP_EXCLUSIVE,
  PTE_SWP_UFFD_WP,
  PTE_TABLE_BIT,
  PTE_TYPE_PAGE,
  PTE_UFFD_WP,
  PTE_USER,
  PTE_UXN,
  PTE_VALID,
  PTE_WRITE,
} from './bits.ts';

/** Clears the access flag. @fidelity exact @patch none */
export const pte_mkold = (pte: Prot): Prot => pte & ~PTE_AF;

/** Sets the access flag. @fidelity exact @patch none */
export const pte_mkyoung = (pte: Prot): Prot => pte | PTE_AF;

/** Clean for software and hardware: the next store traps or is noted. @fidelity exact @patch none */
export const pte_mkclean = (pte: Prot): Prot => (pte & ~PTE_DIRTY) | PTE_RDONLY;

/** Dirty; stores to a writable page then no longer trap. @fidelity exact @patch none */
export const pte_mkdirty = (pte: Prot): Prot =>
  (pte & PTE_WRITE) === 0 ? pte | PTE_DIRTY : (pte | PTE_DIRTY) & ~PTE_RDONLY;

/**
 * Writable; a page that is clean stays so, RDONLY notes it. As in 6.12.117 and 7.3. @fidelity exact @patch none
 */
export const pte_mkwrite = (pte: Prot): Prot =>
  (pte & PTE_DIRTY) === 0 ? pte | PTE_WRITE : (pte | PTE_WRITE) & ~PTE_RDONLY;

/** {@link pte_mkwrite} as 6.12 was first released: a clean page counts as dirty at once. */
export const mkwriteAndDirty = (pte: Prot): Prot => (pte | PTE_WRITE) & ~PTE_RDONLY;

/** Not writable; a page that hardware noted as dirty stays dirty by software. @fidelity exact @patch none */
export const pte_wrprotect = (pte: Prot): Prot => {
  const kept = (pte & (PTE_WRITE | PTE_RDONLY)) === PTE_WRITE ? pte | PTE_DIRTY : pte;
  return (kept & ~PTE_WRITE) | PTE_RDONLY;
};

/** Marks a frame without a struct page: bit 56. @fidelity exact @patch none */
export const pte_mkspecial = (pte: Prot): Prot => pte | PTE_SPECIAL;

/** Marks a PMD leaf over frames without struct pages: bit 56. @fidelity exact @patch 18/19 */
export const pmd_mkspecial = (pmd: Prot): Prot => pmd | PTE_SPECIAL;

/** Marks device memory with struct pages; a PTE becomes special as well. 6.12. @fidelity exact @patch none */
export const pte_mkdevmap = (pte: Prot): Prot => pte | PTE_DEVMAP | PTE_SPECIAL;

/** Marks device memory with struct pages, and nothing else. 6.12. @fidelity exact @patch none */
export const pmd_mkdevmap = (pmd: Prot): Prot => pmd | PTE_DEVMAP;

/** Makes a page a block; VALID stays what it is. @fidelity exact @patch none */
export const pmd_mkhuge = (pmd: Prot): Prot => pmd & ~PTE_TABLE_BIT;

/** The page that maps as a block does. */
export const pteProtOfLeaf = (leaf: Prot): Prot => leaf | PTE_TABLE_BIT;

/** A fault for hardware, present for software. @fidelity exact @patch none */
export const pte_mkinvalid = (pte: Prot): Prot => (pte | PTE_PRESENT_INVALID) & ~PTE_VALID;

/** One of a contiguous group. As in 7.3, and at the PMD in 6.12. @fidelity exact @patch none */
export const pte_mkcont = (pte: Prot): Prot => pte | PTE_CONT;

/** {@link pte_mkcont} as in 6.12: also a valid page. */
export const mkcontAsPage = (pte: Prot): Prot => pte | PTE_CONT | PTE_TYPE_PAGE;

/** Alone again. @fidelity exact @patch none */
export const pte_mknoncont = (pte: Prot): Prot => pte & ~PTE_CONT;

/** Write-protected for userfaultfd. @fidelity exact @patch none */
export const pte_mkuffd_wp = (pte: Prot): Prot => pte_wrprotect(pte | PTE_UFFD_WP);

/** No longer marked for userfaultfd; write protection stays. @fidelity exact @patch none */
export const pte_clear_uffd_wp = (pte: Prot): Prot => pte & ~PTE_UFFD_WP;

/** The bits that {@link pte_modify} takes from the new protection. */
export const PTE_MODIFY_MASK: Prot =
  PTE_VALID |
  PTE_ATTRINDX_MASK |
  PTE_USER |
  PTE_RDONLY |
  PTE_PRESENT_INVALID |
  PTE_GP |
  PTE_WRITE |
  PTE_PXN |
  PTE_UXN |
  PTE_PO_IDX_MASK;

/**
 * Gives an entry another protection. Unlike x86, the memory type comes from `newprot`; bit 1, the access flag, SPECIAL
 * and the dirty state stay. @fidelity exact @patch none
 */
export const pte_modify = (pte: Prot, newprot: Prot): Prot => {
  const dirty = pte & PTE_DIRTY || (pte & (PTE_WRITE | PTE_RDONLY)) === PTE_WRITE;
  const entry = (pte & ~PTE_MODIFY_MASK) | (newprot & PTE_MODIFY_MASK);
  return dirty ? pte_mkdirty(entry) : entry;
};

/** A swap entry whose page belongs to one process alone. @fidelity exact @patch none */
export const pte_swp_mkexclusive = (pte: Prot): Prot => pte | PTE_SWP_EXCLUSIVE;

/** The opposite of {@link pte_swp_mkexclusive}. @fidelity exact @patch none */
export const pte_swp_clear_exclusive = (pte: Prot): Prot => pte & ~PTE_SWP_EXCLUSIVE;

/** A swap entry that userfaultfd write-protected. @fidelity exact @patch none */
export const pte_swp_mkuffd_wp = (pte: Prot): Prot => pte | PTE_SWP_UFFD_WP;

/** The opposite of {@link pte_swp_mkuffd_wp}. @fidelity exact @patch none */
export const pte_swp_clear_uffd_wp = (pte: Prot): Prot => pte & ~PTE_SWP_UFFD_WP;

/**
 * What p?dp_set_access_flags() stores for `entry` over `old`: the access flag, WRITE and DIRTY are added, RDONLY stays
 * only where both have it, all else stays `old`. It is stored whatever `dirty` says; dirty asks for a flush.
 */
export const setAccessFlags = (old: Prot, entry: Prot): Prot =>
  old === entry
    ? old
    : (old | (entry & (PTE_AF | PTE_WRITE | PTE_DIRTY))) & (~PTE_RDONLY | (entry & PTE_RDONLY));
