import { alignDown, type Pfn, PGTABLE_LEVEL_PTE, type Prot, type Slot } from '@pfnmap/pgtable-core';
import type { Kernel } from './kernel.ts';
import type { MmStruct } from './mm-struct.ts';
import { flush_tlb_mm_range } from './mmu-gather.ts';

/**
 * PTEs of a large folio that an architecture marks as a block, which the TLB may hold as one (arm64's contpte). A block is
 * unfolded before one of its entries changes in a way that the others do not. Without such blocks only `setRun` does
 * anything. `slot` is that of the PTE at `address`.
 */
export interface ContPte {
  /** set_ptes(): entries of pages in a row, marked where they fill a block. */
  setRun(address: number, slot: Slot, pfn: Pfn, pte: Prot, count: number): void;
  /** contpte_try_unfold(). */
  unfold(mm: MmStruct, address: number, slot: Slot): void;
  /** contpte_try_unfold_partial(): unfolds the blocks that a range covers in part. */
  unfoldEdges(mm: MmStruct, start: number, end: number, slot: Slot): void;
  /** The same for the block of one entry, if the range covers it in part. */
  unfoldIfCut(mm: MmStruct, address: number, slot: Slot, start: number, end: number): void;
  /** contpte_try_fold(): after the last entry of a block was set. */
  fold(mm: MmStruct, address: number, slot: Slot): void;
  /** What set_ptes() does with a batch that is there already: marks the blocks in a range that could be folded. */
  markBlocks(start: number, end: number, slot: Slot): void;
  /** Calls back for each entry of the block of an entry, or for the entry alone if it is in none. */
  eachOfBlock(address: number, slot: Slot, visit: (slot: Slot) => void): void;
}

const nothing = (): void => {};

/** Makes the handling of blocks for a kernel. */
export function createContPte(kernel: Kernel): ContPte {
  const { arch, pt, anon } = kernel;
  const { pageSize, pageShift } = arch.geometry;
  const pages = arch.contPtes;
  const blockSize = pages * pageSize;

  const setAll = (slot: Slot, pfn: Pfn, pte: Prot, count: number): void => {
    for (let page = 0; page < count; page++) {
      pt.set(PGTABLE_LEVEL_PTE, slot + page * 2, pfn + page, pte);
    }
  };
  if (pages === 1) {
    return {
      setRun: (_address, slot, pfn, pte, count) => setAll(slot, pfn, pte, count),
      unfold: nothing,
      unfoldEdges: nothing,
      unfoldIfCut: nothing,
      fold: nothing,
      markBlocks: nothing,
      eachOfBlock: (_address, slot, visit) => visit(slot),
    };
  }

  const firstSlot = (address: number, slot: Slot): Slot =>
    slot - ((address - alignDown(address, blockSize)) / pageSize) * 2;
  const isUsable = (pte: Prot): boolean => arch.pte_present(pte) && !arch.pte_protnone(pte);
  const unmarked = (pte: Prot): Prot => arch.pte_mknoncont(arch.pte_mkold(arch.pte_mkclean(pte)));

  /** contpte_convert(): all entries get one state, and what was young or dirty of one is so of all. */
  const convert = (mm: MmStruct, address: number, slot: Slot, made: Prot): void => {
    const first = firstSlot(address, slot);
    let pte = made;
    for (let page = 0; page < pages; page++) {
      const old = pt.ptep_get(first + page * 2);
      if (arch.pte_dirty(old)) pte = arch.pte_mkdirty(pte);
      if (arch.pte_young(old)) pte = arch.pte_mkyoung(pte);
    }
    const start = alignDown(address, blockSize);
    flush_tlb_mm_range(kernel, mm, start, start + blockSize, pageShift);
    setAll(first, pt.pfnAt(PGTABLE_LEVEL_PTE, first), pte, pages);
  };
  const unfold = (mm: MmStruct, address: number, slot: Slot): void => {
    const pte = pt.ptep_get(slot);
    if (arch.pte_cont(pte)) convert(mm, address, slot, arch.pte_mknoncont(pte));
  };
  /** True when the entries from a slot on map the pages of one block of a large folio, with the same rights. */
  const isBlock = (first: Slot): boolean => {
    const pte = pt.ptep_get(first);
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, first);
    if (pfn % pages !== 0 || !isUsable(pte) || arch.pte_special(pte) || !anon.isLarge(pfn)) {
      return false;
    }
    for (let page = 1; page < pages; page++) {
      const slot = first + page * 2;
      if (pt.pfnAt(PGTABLE_LEVEL_PTE, slot) !== pfn + page) return false;
      if (unmarked(pt.ptep_get(slot)) !== unmarked(pte)) return false;
    }
    return true;
  };
  const eachBlock = (start: number, end: number, slot: Slot, visit: (slot: Slot) => void): void => {
    const firstBlock = alignDown(start + blockSize - pageSize, blockSize);
    for (let at = firstBlock; at + blockSize <= end; at += blockSize) {
      visit(slot + ((at - start) / pageSize) * 2);
    }
  };
  const mark = (first: Slot): void => {
    for (let page = 0; page < pages; page++) {
      const slot = first + page * 2;
      pt.setProt(PGTABLE_LEVEL_PTE, slot, arch.pte_mkcont(pt.ptep_get(slot)));
    }
  };
  const markBlocks = (start: number, end: number, slot: Slot): void =>
    eachBlock(start, end, slot, (first) => {
      if (isBlock(first)) mark(first);
    });

  return {
    setRun(address, slot, pfn, pte, count) {
      setAll(slot, pfn, pte, count);
      markBlocks(address, address + count * pageSize, slot);
    },
    unfold,
    unfoldEdges(mm, start, end, slot) {
      if (start % blockSize !== 0 || end - start < blockSize) unfold(mm, start, slot);
      const last = end - pageSize;
      if (end % blockSize !== 0) unfold(mm, last, slot + ((last - start) / pageSize) * 2);
    },
    unfoldIfCut(mm, address, slot, start, end) {
      const block = alignDown(address, blockSize);
      if (block < start || block + blockSize > end) unfold(mm, address, slot);
    },
    fold(mm, address, slot) {
      const pte = pt.ptep_get(slot);
      if ((address + pageSize) % blockSize !== 0 || arch.pte_cont(pte)) return;
      if (isBlock(firstSlot(address, slot))) convert(mm, address, slot, arch.pte_mkcont(pte));
    },
    markBlocks,
    eachOfBlock(address, slot, visit) {
      if (!arch.pte_cont(pt.ptep_get(slot))) {
        visit(slot);
        return;
      }
      const first = firstSlot(address, slot);
      for (let page = 0; page < pages; page++) visit(first + page * 2);
    },
  };
}
