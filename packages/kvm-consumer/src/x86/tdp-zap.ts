import { NO_SLOT } from '@pfnmap/pgtable-core';
import type { Gfn } from '../memory-slot.ts';
import { PG_LEVEL_1G } from './pg-level.ts';
import type { TdpTables } from './tdp-tables.ts';
import { allGfns, forEachPresentSpte } from './tdp-walk.ts';

/**
 * Takes down the leaves that touch [start, end), the large ones as a whole. Tables stay.
 *
 * @returns true when the guest's translations must be flushed.
 * @context mmu_lock held for writing.
 * @fidelity exact
 * @patch none
 */
export function tdp_mmu_zap_leafs(tables: TdpTables, start: Gfn, end: Gfn): boolean {
  let flush = false;
  forEachPresentSpte(tables, start, end, (slot, level, gfn) => {
    if (!tables.isLeaf(slot, level)) return true;
    tables.zap(slot, level, gfn);
    flush = true;
    return false;
  });
  return flush;
}

/**
 * Empties a whole second stage: first the entries of 1G, which takes what is below with them, then those above. The
 * root goes too; the next run of the guest makes another.
 *
 * @context mmu_lock held.
 * @fidelity exact
 * @patch none
 */
export function tdp_mmu_zap_root(tables: TdpTables): void {
  if (tables.root === NO_SLOT) return;
  for (const zapLevel of [PG_LEVEL_1G, tables.rootLevel]) {
    forEachPresentSpte(tables, 0, allGfns(tables), (slot, level, gfn) => {
      if (level > zapLevel) return true;
      tables.zap(slot, level, gfn);
      return false;
    });
  }
  tables.freeTable(tables.root);
  tables.root = NO_SLOT;
}
