import type { ArchPgtable, WalkedEntry } from './arch-pgtable.ts';
import { indexRules } from './index-rule.ts';
import { LEVEL_NAMES, type PgtableLevel } from './level.ts';
import type { PgtableRoot } from './pgtable-root.ts';
import type { PhysMem } from './phys-mem.ts';
import type { Tables } from './tables.ts';
import { wordAt } from './word.ts';

/** The way of the hardware's walk. */
export interface Path {
  /** Every entry that the walk of an address meets, from the top to where it ends. Folded levels have none. */
  path(root: PgtableRoot, address: number): WalkedEntry[];
}

/** Makes the way of a walk visible, for an architecture in a memory. */
export function createPath(arch: ArchPgtable, mem: PhysMem, { leads, follow }: Tables): Path {
  const { levels } = arch.geometry;
  const rules = indexRules(arch.geometry);
  const existing = ([4, 3, 2, 1, 0] as const).filter((level) => rules[level].exists);

  return {
    path(root, address) {
      const met: WalkedEntry[] = [];
      let table = root.pgd;
      for (const level of existing) {
        const { scale, mask } = rules[level];
        const offset = (address * scale) & mask;
        const word = wordAt(mem.lanes, table + offset);
        met.push({
          level: LEVEL_NAMES[level as PgtableLevel] as string,
          size: levels[level].size,
          index: offset / 2,
          word,
          ...arch.decode(level, word),
        });
        const lo = mem.lanes[table + offset] as number;
        if (level === 0 || !leads(lo)) break;
        table = follow(lo);
      }
      return met;
    },
  };
}
