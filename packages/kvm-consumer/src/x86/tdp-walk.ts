import { NO_SLOT, type Slot } from '@pfnmap/pgtable-core';
import type { Gfn } from '../memory-slot.ts';
import { PAGES_PER_LEVEL, type PgLevel, SPTE_ENT_PER_PAGE } from './pg-level.ts';
import type { TdpTables } from './tdp-tables.ts';

/** What is done with a present entry; false keeps the walk from stepping down through it. */
export type VisitSpte = (slot: Slot, level: PgLevel, gfn: Gfn) => boolean;

function visitTable(
  tables: TdpTables,
  table: Slot,
  level: PgLevel,
  base: Gfn,
  start: Gfn,
  end: Gfn,
  visit: VisitSpte,
): void {
  const pages = PAGES_PER_LEVEL[level] as number;
  const first = Math.max(0, Math.floor((start - base) / pages));
  const last = Math.min(SPTE_ENT_PER_PAGE, Math.ceil((end - base) / pages));
  for (let index = first; index < last; index++) {
    const slot = table + index * 2;
    if (!tables.is_shadow_present_pte(slot)) continue;
    const gfn = base + index * pages;
    if (visit(slot, level, gfn) && tables.isTable(slot, level)) {
      const below = tables.tableOf(tables.lanes[slot] as number);
      visitTable(tables, below, level - 1, gfn, start, end, visit);
    }
  }
}

/** Visits the present entries that touch [start, end), an entry before those below it, by guest frame. */
export function forEachPresentSpte(
  tables: TdpTables,
  start: Gfn,
  end: Gfn,
  visit: VisitSpte,
): void {
  if (tables.root === NO_SLOT) return;
  visitTable(tables, tables.root, tables.rootLevel, 0, start, end, visit);
}

/** Every guest frame that a table of the root's level can hold. */
export const allGfns = (tables: TdpTables): Gfn =>
  (PAGES_PER_LEVEL[tables.rootLevel] as number) * SPTE_ENT_PER_PAGE;
