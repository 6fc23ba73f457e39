import type { PgtableLevel, Slot } from '@pfnmap/pgtable-core';
import type { Gfn } from '../memory-slot.ts';
import type { Stage2Tables } from './stage2-tables.ts';

/** What is done with a leaf. */
export type VisitLeaf = (slot: Slot, level: PgtableLevel, gfn: Gfn) => void;

const isEmpty = (tables: Stage2Tables, table: Slot): boolean => {
  for (let at = table, end = table + tables.entries * 2; at < end; at += 2) {
    if (((tables.lanes[at] as number) | (tables.lanes[at + 1] as number)) !== 0) return false;
  }
  return true;
};

/** Walks a table; `after` runs for a table entry once everything below it was visited. */
function walkTable(
  tables: Stage2Tables,
  table: Slot,
  level: PgtableLevel,
  base: Gfn,
  start: Gfn,
  end: Gfn,
  leaf: VisitLeaf,
  after: VisitLeaf | undefined,
): void {
  const pages = tables.pages[level] as number;
  const count = level === tables.rootLevel ? tables.rootEntries : tables.entries;
  const first = Math.max(0, Math.floor((start - base) / pages));
  const last = Math.min(count, Math.ceil((end - base) / pages));
  for (let index = first; index < last; index++) {
    const slot = table + index * 2;
    const gfn = base + index * pages;
    if (tables.isTable(slot, level)) {
      const below = (level - 1) as PgtableLevel;
      walkTable(tables, tables.tableOf(slot, level), below, gfn, start, end, leaf, after);
      after?.(slot, level, gfn);
    } else if (tables.isValid(slot)) leaf(slot, level, gfn);
  }
}

/** Visits the leaves that touch [start, end), by guest frame. */
export function forEachStage2Leaf(
  tables: Stage2Tables,
  start: Gfn,
  end: Gfn,
  visit: VisitLeaf,
): void {
  walkTable(tables, tables.root, tables.rootLevel, 0, start, end, visit, undefined);
}

/** Every guest frame that the second stage can hold. */
export const allStage2Gfns = (tables: Stage2Tables): Gfn =>
  tables.rootEntries * (tables.pages[tables.rootLevel] as number);

/**
 * Takes down the leaves that touch [start, end), blocks as a whole, and the tables that are empty then.
 *
 * @context mmu_lock held for writing.
 * @fidelity exact
 * @patch none
 */
export function kvm_pgtable_stage2_unmap(tables: Stage2Tables, start: Gfn, end: Gfn): void {
  walkTable(
    tables,
    tables.root,
    tables.rootLevel,
    0,
    start,
    end,
    (slot, level, gfn) => tables.set(slot, level, gfn, 0, 0),
    (slot, level, gfn) => {
      const below = tables.tableOf(slot, level);
      if (!isEmpty(tables, below)) return;
      tables.set(slot, level, gfn, 0, 0);
      tables.freeTable(below);
    },
  );
}
