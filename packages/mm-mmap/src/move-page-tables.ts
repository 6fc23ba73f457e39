import {
  createContPte,
  flush_tlb_batched_pending,
  flush_tlb_range,
  flushHugeTlbRange,
  folio_pte_batch,
  type Kernel,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import {
  alignDown,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
  type Slot,
} from '@pfnmap/pgtable-core';
import type { PteBatchGates } from './change-protection.ts';

/** Moves the entries of a range to another address; returns the bytes that were handled. */
export type MovePageTables = (
  vma: VmAreaStruct,
  oldAddress: number,
  newVma: VmAreaStruct,
  newAddress: number,
  length: number,
) => number;

/** The gates of moving, read once. */
export interface MoveGates extends PteBatchGates {
  /** Experiment: a PUD leaf moves as a leaf where it fits, else as what it is split into. Today it is a bad entry. */
  readonly movesPudLeaves: boolean;
}

/** Makes move_page_tables() for a kernel. */
export function createMovePageTables(
  kernel: Kernel,
  gates: MoveGates,
  huge: MmHuge,
  memory: MmMemory,
): MovePageTables {
  const contpte = createContPte(kernel);
  const { arch, pt, events } = kernel;
  const { levels, pageSize } = arch.geometry;
  const pudSize = levels[PGTABLE_LEVEL_PUD].size;
  const pmdSize = levels[PGTABLE_LEVEL_PMD].size;
  const pmdFolded = levels[PGTABLE_LEVEL_PMD].folded;

  /** Bytes up to the next boundary of `size` in either range. */
  const extentOf = (size: number, from: number, end: number, to: number): number =>
    Math.min(Math.min(alignDown(from, size) + size, end) - from, alignDown(to, size) + size - to);

  const anyPud = (vma: VmAreaStruct, address: number): Slot => {
    const pgdp = pt.pgd_offset(vma.vm_mm, address);
    if (pt.pgd_none(pgdp)) return -1;
    const p4dp = pt.p4d_offset(pgdp, address);
    return pt.p4d_none(p4dp) ? -1 : pt.pud_offset(p4dp, address);
  };
  const oldPud = (vma: VmAreaStruct, address: number): Slot => {
    const pudp = anyPud(vma, address);
    return pudp < 0 || memory.pud_none_or_clear_bad(pudp) ? -1 : pudp;
  };
  const newPud = (vma: VmAreaStruct, address: number): Slot => {
    const p4dp = pt.p4d_alloc(vma.vm_mm, pt.pgd_offset(vma.vm_mm, address), address);
    return p4dp < 0 ? -1 : pt.pud_alloc(vma.vm_mm, p4dp, address);
  };

  /** Hands a whole table over by moving the entry that points to it. */
  const moveTable = (
    level: PgtableLevel,
    vma: VmAreaStruct,
    oldSlot: Slot,
    newSlot: Slot,
    oldAddress: number,
    newIsNone: boolean,
  ): boolean => {
    if (!newIsNone || !pt.isTable(oldSlot)) return false;
    pt.set(level, newSlot, pt.pfnAt(level, oldSlot), arch.format.tableProt);
    pt.clear(oldSlot);
    flushHugeTlbRange(kernel, vma.vm_mm, level, oldAddress, oldAddress + levels[level].size);
    return true;
  };

  /** What is moved in one go: a PTE, or from 6.17 on the PTEs of a folio from a contiguous block on. How many it was. */
  const moveBatch = (
    vma: VmAreaStruct,
    oldAddress: number,
    from: Slot,
    newAddress: number,
    to: Slot,
    extent: number,
  ): number => {
    const batched = gates.batches && arch.pte_cont(pt.ptep_get(from));
    const most = batched ? extent / pageSize : 1;
    const { count, pte: together } = folio_pte_batch(kernel, from, most);
    contpte.unfoldEdges(vma.vm_mm, oldAddress, oldAddress + count * pageSize, from);
    const pte = arch.pte_mknoncont(count > 1 ? together : pt.ptep_get(from));
    const moved = arch.pte_present(pte) ? arch.pte_mksoft_dirty(pte) : pte;
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, from);
    for (let page = 0; page < count; page++) {
      pt.clear(from + page * 2);
      pt.set(PGTABLE_LEVEL_PTE, to + page * 2, pfn + page, moved);
    }
    if (count > 1) contpte.markBlocks(newAddress, newAddress + count * pageSize, to);
    else contpte.fold(vma.vm_mm, newAddress, to);
    return count;
  };
  const move_ptes = (
    vma: VmAreaStruct,
    oldPmd: Slot,
    oldAddress: number,
    newSlot: Slot,
    newAddress: number,
    extent: number,
  ): void => {
    flush_tlb_batched_pending(kernel, vma.vm_mm);
    const first = pt.pte_offset(oldPmd, oldAddress);
    let flushes = false;
    for (let done = 0; done < extent; ) {
      const from = first + (done / pageSize) * 2;
      const to = newSlot + (done / pageSize) * 2;
      let count = 1;
      if (!pt.pte_none(from)) {
        flushes ||= arch.pte_present(pt.ptep_get(from));
        count = moveBatch(vma, oldAddress + done, from, newAddress + done, to, extent - done);
      }
      done += count * pageSize;
    }
    if (!flushes) return;
    const end = oldAddress + extent;
    flush_tlb_range(kernel, vma.vm_mm, oldAddress, end);
  };

  /** One PMD's worth or less. False when memory ran out. */
  const movePmd = (
    vma: VmAreaStruct,
    oldSlot: Slot,
    from: number,
    newVma: VmAreaStruct,
    newSlot: Slot,
    to: number,
    extent: number,
  ): boolean => {
    if (!pt.isTable(oldSlot)) {
      if (extent === pmdSize && huge.move_huge_pmd(vma, from, oldSlot, newSlot)) return true;
      huge.split_huge_pmd(vma, oldSlot, from);
      if (!pt.isTable(oldSlot)) return true;
    }
    const movesTable =
      extent === pmdSize &&
      moveTable(PGTABLE_LEVEL_PMD, vma, oldSlot, newSlot, from, pt.pmd_none(newSlot));
    if (movesTable) return true;
    const newPte = pt.pte_alloc(newVma.vm_mm, newSlot, to);
    if (newPte < 0) return false;
    move_ptes(vma, oldSlot, from, newPte, to, extent);
    return true;
  };

  /** Moves a PUD leaf whole if `extent` is all of it; true when that was done. One that is not is split. */
  const movePudLeaf = (
    vma: VmAreaStruct,
    newVma: VmAreaStruct,
    from: number,
    to: number,
    extent: number,
  ): boolean => {
    const pudp = anyPud(vma, from);
    if (pudp < 0 || pt.isTable(pudp) || !arch.pud_trans_huge(pt.pudp_get(pudp))) return false;
    const newPudp = extent === pudSize ? newPud(newVma, to) : -1;
    if (newPudp >= 0 && huge.move_huge_pud(vma, from, pudp, newPudp)) return true;
    huge.split_huge_pud(vma, pudp, from);
    return false;
  };

  /** Bytes handled from one position on; 0 when memory ran out. */
  const step = (
    vma: VmAreaStruct,
    newVma: VmAreaStruct,
    from: number,
    end: number,
    to: number,
  ): number => {
    const pudExtent = extentOf(pudSize, from, end, to);
    if (gates.movesPudLeaves && movePudLeaf(vma, newVma, from, to, pudExtent)) return pudExtent;
    const pudp = oldPud(vma, from);
    if (pudp < 0) return pudExtent;
    const newPudp = newPud(newVma, to);
    if (newPudp < 0) return 0;
    if (!pmdFolded && pudExtent === pudSize) {
      const free = pt.pud_none(newPudp);
      if (moveTable(PGTABLE_LEVEL_PUD, vma, pudp, newPudp, from, free)) return pudExtent;
    }
    const extent = extentOf(pmdSize, from, end, to);
    const pmdp = pt.pmd_offset(pudp, from);
    if (pt.pmd_none(pmdp)) return extent;
    const newPmdp = pt.pmd_alloc(newVma.vm_mm, newPudp, to);
    if (newPmdp < 0) return 0;
    return movePmd(vma, pmdp, from, newVma, newPmdp, to, extent) ? extent : 0;
  };

  /** Nothing else lies between the boundary below a VMA's start and the start. */
  const canAlignDown = (vma: VmAreaStruct, address: number): boolean =>
    vma.vm_start === address &&
    vma.vm_mm.overlapping(alignDown(address, pmdSize), vma.vm_start).length === 0;

  /**
   * Bytes by which both addresses may be moved down to a PMD boundary, so that the first table moves whole; 0 where the
   * phases differ, the move ends before the next boundary, or something else is in the way.
   */
  const realignment = (
    vma: VmAreaStruct,
    oldAddress: number,
    newVma: VmAreaStruct,
    newAddress: number,
    length: number,
  ): number => {
    const phase = oldAddress - alignDown(oldAddress, pmdSize);
    if (phase === 0 || phase !== newAddress - alignDown(newAddress, pmdSize)) return 0;
    if (length < pmdSize - phase) return 0;
    return canAlignDown(vma, oldAddress) && canAlignDown(newVma, newAddress) ? phase : 0;
  };

  /**
   * Moves entries to another address: whole tables where the phases allow, PMD leaves as leaves, else page by page. A PUD
   * leaf counts as a bad entry: it is reported, cleared, and comes back by a fault; EXPERIMENT_SPLIT_LEAVES moves it.
   *
   * @returns bytes handled: less than `length` when memory ran out.
   * @context mmap_lock held for writing.
   * @fidelity exact for PFN mappings and anonymous pages
   * @patch none
   */
  return function move_page_tables(vma, oldAddress, newVma, newAddress, length) {
    const end = oldAddress + length;
    const back = realignment(vma, oldAddress, newVma, newAddress, length);
    let from = oldAddress - back;
    let to = newAddress - back;
    const range = { mm: vma.vm_mm, reason: 'UNMAP', start: from, end } as const;
    mmu_notifier_invalidate_range_start(events, range);
    while (from < end) {
      const done = step(vma, newVma, from, end, to);
      if (done === 0) break;
      from += done;
      to += done;
    }
    mmu_notifier_invalidate_range_end(events, range);
    return Math.max(0, from - oldAddress);
  };
}
