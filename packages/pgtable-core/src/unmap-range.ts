import type { ArchPgtable, Slot } from './arch-pgtable.ts';
import type { BulkEntries } from './bulk.ts';
import { alignDown, type LevelGeometry } from './geometry.ts';
import { indexRules } from './index-rule.ts';
import type { PgtableRoot } from './pgtable-root.ts';
import type { Tables } from './tables.ts';

/** Unmapping of ranges in one call. */
export interface RangeUnmapping {
  /**
   * Empties every entry of a range, and frees the tables that the range covers as a whole. A leaf that it covers in part
   * goes away whole.
   *
   * @param address bytes, and `bytes` as well: multiples of the page size.
   */
  unmapRange(root: PgtableRoot, address: number, bytes: number): void;
}

/** A level that exists, and how its entries are found. */
interface Step extends LevelGeometry {
  readonly scale: number;
  readonly mask: number;
}

/** Makes the unmapping of ranges of an architecture. */
export function createRangeUnmapping(
  arch: ArchPgtable,
  { tableAt, freeTable }: Tables,
  { clearRun, tablelessRun }: BulkEntries,
): RangeUnmapping {
  const rules = indexRules(arch.geometry);
  /** The levels that exist, from the PTE up. */
  const steps = arch.geometry.levels
    .filter(({ folded }) => !folded)
    .map((level): Step => ({ ...level, ...rules[level.level] }));

  /** Empties the entries of one table from `first` on that span [start, end). */
  const emptyTable = (
    root: PgtableRoot,
    depth: number,
    first: Slot,
    start: number,
    end: number,
  ): void => {
    const { size } = steps[depth] as Step;
    const base = alignDown(start, size);
    const count = Math.ceil((end - base) / size);
    if (depth === 0) {
      clearRun(first, count);
      return;
    }
    for (let at = 0; at < count; at++) {
      const others = tablelessRun(first + at * 2, count - at);
      if (others > 0) clearRun(first + at * 2, others);
      at += others;
      if (at === count) break;
      const span = base + at * size;
      const from = Math.max(start, span);
      const to = Math.min(end, span + size);
      emptyBelow(root, depth, first + at * 2, from, to);
    }
  };
  /** The same for the table that an entry points to, which goes away if the range covers all of it. */
  const emptyBelow = (
    root: PgtableRoot,
    depth: number,
    slot: Slot,
    start: number,
    end: number,
  ): void => {
    const { level, size } = steps[depth] as Step;
    const child = steps[depth - 1] as Step;
    const first = tableAt(level, slot) + ((start * child.scale) & child.mask);
    emptyTable(root, depth - 1, first, start, end);
    if (end - start === size) freeTable(root, child.level, slot);
  };

  return {
    unmapRange(root, address, bytes) {
      const depth = steps.length - 1;
      const { scale, mask } = steps[depth] as Step;
      const first = root.pgd + ((address * scale) & mask);
      emptyTable(root, depth, first, address, address + bytes);
    },
  };
}
