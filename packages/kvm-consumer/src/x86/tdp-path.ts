import { NO_SLOT, type WalkedEntry, wordAt } from '@pfnmap/pgtable-core';
import type { Gfn } from '../memory-slot.ts';
import { PAGES_PER_LEVEL } from './pg-level.ts';
import type { TdpTables } from './tdp-tables.ts';

/** Every entry that the hardware's walk of a guest frame meets, from the root to where it ends. None before the VM runs. */
export function tdpPath(tables: TdpTables, gfn: Gfn, pageSize: number): WalkedEntry[] {
  const met: WalkedEntry[] = [];
  let table = tables.root;
  if (table === NO_SLOT) return met;
  for (let level = tables.rootLevel; ; level--) {
    const slot = tables.entryIn(table, level, gfn);
    const word = wordAt(tables.lanes, slot);
    met.push({
      level: `${level}`,
      size: (PAGES_PER_LEVEL[level] as number) * pageSize,
      index: (slot - table) / 2,
      word,
      ...tables.format.decode(level, word),
    });
    if (!tables.isTable(slot, level)) return met;
    table = tables.tableOf(tables.lanes[slot] as number);
  }
}
