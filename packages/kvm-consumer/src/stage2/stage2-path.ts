import { type WalkedEntry, wordAt } from '@pfnmap/pgtable-core';
import type { Gfn } from '../memory-slot.ts';
import type { Stage2Tables } from './stage2-tables.ts';
import { allStage2Gfns } from './stage2-unmap.ts';

/** Every entry that the hardware's walk of a guest frame meets, from the root to where it ends. None beyond the root. */
export function stage2Path(tables: Stage2Tables, gfn: Gfn, pageSize: number): WalkedEntry[] {
  const met: WalkedEntry[] = [];
  if (gfn >= allStage2Gfns(tables)) return met;
  let table = tables.root;
  for (let level = tables.rootLevel; ; level--) {
    const slot = tables.entryIn(table, level, gfn);
    const word = wordAt(tables.lanes, slot);
    met.push({
      level: `${level + 1}`,
      size: (tables.pages[level] as number) * pageSize,
      index: (slot - table) / 2,
      word,
      ...tables.format.decode(level, word),
    });
    if (!tables.isTable(slot, level)) return met;
    table = tables.tableOf(slot, level);
  }
}
