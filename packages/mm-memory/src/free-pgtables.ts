import type { Kernel, MmStruct, MmuGather } from '@pfnmap/mm-core';
import {
  alignDown,
  PGTABLE_LEVEL_PGD,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Slot,
} from '@pfnmap/pgtable-core';

/** Frees the tables that [start, end) leaves without a mapping; `floor` and `ceiling` are where the neighbours end and begin. */
export type FreePgtables = (
  tlb: MmuGather,
  mm: MmStruct,
  start: number,
  end: number,
  floor: number,
  ceiling: number,
) => void;

/** Makes free_pgtables() for a kernel. */
export function createFreePgtables(kernel: Kernel): FreePgtables {
  const { pt, arch } = kernel;
  const { levels } = arch.geometry;
  const offsets = [pt.pte_offset, pt.pmd_offset, pt.pud_offset, pt.p4d_offset] as const;

  /** The existing level below, or PTE. */
  const below = (level: PgtableLevel): PgtableLevel => {
    let lower = (level - 1) as PgtableLevel;
    while (lower > PGTABLE_LEVEL_PTE && levels[lower].folded) lower = (lower - 1) as PgtableLevel;
    return lower;
  };

  /** Whether no mapping of the neighbours reaches into what an entry of a level spans. */
  const isUnused = (
    level: PgtableLevel,
    spanStart: number,
    floor: number,
    ceiling: number,
  ): boolean => {
    const { size } = levels[level];
    return spanStart >= floor && spanStart + size <= alignDown(ceiling, size);
  };

  /** Frees the tables below an entry's level, then the table the entry points to, if nothing else can need it. */
  const freeBelow = (
    tlb: MmuGather,
    mm: MmStruct,
    level: PgtableLevel,
    slot: Slot,
    start: number,
    end: number,
    floor: number,
    ceiling: number,
  ): void => {
    if (!pt.isTable(slot)) return;
    const child = below(level);
    if (child > PGTABLE_LEVEL_PTE) {
      const { size } = levels[child];
      const firstSlot = offsets[child as 1 | 2 | 3](slot, start);
      const firstSpan = alignDown(start, size);
      const count = Math.ceil((end - firstSpan) / size);
      for (let at = pt.tablelessRun(firstSlot, count); at < count; ) {
        const span = firstSpan + at * size;
        const childEnd = Math.min(end, span + size);
        const childStart = Math.max(start, span);
        freeBelow(tlb, mm, child, firstSlot + at * 2, childStart, childEnd, floor, ceiling);
        at += 1;
        at += pt.tablelessRun(firstSlot + at * 2, count - at);
      }
    }
    const spanStart = alignDown(start, levels[level].size);
    if (!isUnused(level, spanStart, floor, ceiling)) return;
    pt.freeTable(mm, child, slot);
    tlb.freedTable(level, spanStart);
  };

  /**
   * Frees page tables that no VMA needs any more: a PTE table if its whole span is free of VMAs, and so on upwards.
   *
   * @param floor end of the VMA before, 0 when there is none. @param ceiling start of the VMA after, Infinity for none.
   * @context mmap_lock held for writing; the entries are empty.
   * @fidelity exact
   * @patch none
   */
  return function free_pgtables(tlb, mm, start, end, floor, ceiling) {
    tlb.freeVmas();
    const { size } = levels[PGTABLE_LEVEL_PGD];
    for (let address = start; address < end; address = alignDown(address, size) + size) {
      const spanStart = alignDown(address, size);
      const next = Math.min(end, spanStart + size);
      const slot = pt.pgd_offset(mm, address);
      freeBelow(tlb, mm, PGTABLE_LEVEL_PGD, slot, address, next, floor, ceiling);
      if (arch.update.freesFoldedP4d && isUnused(PGTABLE_LEVEL_PGD, spanStart, floor, ceiling))
        tlb.freedTable(PGTABLE_LEVEL_PGD, spanStart);
    }
  };
}
