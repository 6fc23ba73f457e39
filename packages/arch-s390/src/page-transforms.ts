import type { Prot } from '@pfnmap/pgtable-core';
import {
  _PAGE_DIRTY,
  _PAGE_INVALID,
  _PAGE_LARGE,
  _PAGE_NOEXEC,
  _PAGE_PRESENT,
  _PAGE_PROTECT,
  _PAGE_READ,
  _PAGE_SOFT_DIRTY,
  _PAGE_SPECIAL,
  _PAGE_WRITE,
  _PAGE_YOUNG,
} from './bits.ts';
import { pte_write } from './page-predicates.ts';

/** Not writable: the next store faults. @fidelity exact @patch none */
export const pte_wrprotect = (pte: Prot): Prot => (pte & ~_PAGE_WRITE) | _PAGE_PROTECT;

/** Writable; a clean page still faults once, so that the store is noted. @fidelity exact @patch none */
export const pte_mkwrite = (pte: Prot): Prot =>
  (pte & _PAGE_DIRTY) === 0 ? pte | _PAGE_WRITE : (pte | _PAGE_WRITE) & ~_PAGE_PROTECT;

/** Clean: the next store faults. @fidelity exact @patch none */
export const pte_mkclean = (pte: Prot): Prot => (pte & ~_PAGE_DIRTY) | _PAGE_PROTECT;

/** Dirty; stores to a writable page no longer fault. `softDirty` is 0 without MEM_SOFT_DIRTY. */
export const createMkdirty = (softDirty: number): ((pte: Prot) => Prot) => {
  const set = _PAGE_DIRTY | softDirty;
  return (pte) => ((pte & _PAGE_WRITE) === 0 ? pte | set : (pte | set) & ~_PAGE_PROTECT);
};

/** Old: the next access faults. @fidelity exact @patch none */
export const pte_mkold = (pte: Prot): Prot => (pte & ~_PAGE_YOUNG) | _PAGE_INVALID;

/** Young; a page that may be read no longer faults. @fidelity exact @patch none */
export const pte_mkyoung = (pte: Prot): Prot =>
  (pte & _PAGE_READ) === 0 ? pte | _PAGE_YOUNG : (pte | _PAGE_YOUNG) & ~_PAGE_INVALID;

/** Marks a frame without a struct page: bit 6 from the right. @fidelity exact @patch none */
export const pte_mkspecial = (pte: Prot): Prot => pte | _PAGE_SPECIAL;

/** @fidelity exact @patch none */
export const pte_mksoft_dirty = (pte: Prot): Prot => pte | _PAGE_SOFT_DIRTY;

/** @fidelity exact @patch none */
export const pte_clear_soft_dirty = (pte: Prot): Prot => pte & ~_PAGE_SOFT_DIRTY;

/** A swap entry whose page belongs to one process alone. @fidelity exact @patch none */
export const pte_swp_mkexclusive = (pte: Prot): Prot => pte | _PAGE_LARGE;

/** The opposite of {@link pte_swp_mkexclusive}. @fidelity exact @patch none */
export const pte_swp_clear_exclusive = (pte: Prot): Prot => pte & ~_PAGE_LARGE;

/** Bits that pte_modify() and pte_pgprot() keep. */
const keptBits = (softDirty: number): number =>
  _PAGE_SPECIAL | _PAGE_DIRTY | _PAGE_YOUNG | softDirty;

/** pte_modify() of a kernel: another protection; special, dirty and young stay, and so does what follows from them. */
export const createModify = (softDirty: number): ((pte: Prot, newprot: Prot) => Prot) => {
  const kept = keptBits(softDirty);
  return (pte, newprot) => {
    let entry = (pte & kept) | newprot;
    if ((entry & _PAGE_YOUNG) !== 0 && (entry & _PAGE_READ) !== 0) entry &= ~_PAGE_INVALID;
    if ((entry & _PAGE_DIRTY) !== 0 && (entry & _PAGE_WRITE) !== 0) entry &= ~_PAGE_PROTECT;
    return entry;
  };
};

const KERNEL_RO = _PAGE_PRESENT | _PAGE_READ | _PAGE_YOUNG | _PAGE_PROTECT | _PAGE_NOEXEC;
const KERNEL_RW = KERNEL_RO ^ (_PAGE_WRITE | _PAGE_DIRTY | _PAGE_PROTECT);

/**
 * pte_pgprot() of a kernel: a protection for a mapping of the kernel's own, which takes no faults to note accesses. It is
 * no mirror of the entry: PROTECT and INVALID come from what may be done, not from what was noted. Linux leaves the
 * address in it as well, which a protection word does not hold.
 */
export const createPgprot = (softDirty: number): ((pte: Prot) => Prot) => {
  const kept = keptBits(softDirty);
  return (pte) => (pte & kept) | (pte_write(pte) ? KERNEL_RW : KERNEL_RO);
};
