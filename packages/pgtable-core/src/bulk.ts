import type { ArchPgtable, Pfn, Prot, Slot } from './arch-pgtable.ts';
import type { PgtableLevel } from './level.ts';
import type { PhysMem } from './phys-mem.ts';

/** Work on runs of entries within one table, faster than entry by entry. */
export interface BulkEntries {
  /**
   * Fills empty entries with frames in step.
   *
   * @returns how many were filled: fewer than `count` when one was not empty.
   */
  fill(level: PgtableLevel, slot: Slot, count: number, pfn: Pfn, prot: Prot): number;
  /** Empties a run. */
  clearRun(slot: Slot, count: number): void;
  /** How many entries of a run are not all zero. */
  countUsed(slot: Slot, count: number): number;
  /** How many entries from `slot` on, at most `count`, have the protection word of the first. */
  alikeRun(level: PgtableLevel, slot: Slot, count: number): number;
  /** How many entries from `slot` on, at most `count`, are all zero. */
  emptyRun(slot: Slot, count: number): number;
  /** How many entries from `slot` on, at most `count`, point to no table. */
  tablelessRun(slot: Slot, count: number): number;
  /**
   * Copies a run, each used entry's protection word changed by `change`, which must be bitwise: the result's bit
   * depends on the same bit of its argument only.
   */
  copyRun(
    level: PgtableLevel,
    from: Slot,
    to: Slot,
    count: number,
    change: (prot: Prot) => Prot,
  ): void;
}

/** Two 32-bit lanes of one number per page step: where the low lane wraps, the high one goes on by one. */
const LOW_LANE_SPAN = 2 ** 32;

/** Lanes up to which a loop is faster than the library's fill and copy. */
const SHORT_RUN = 32;

/** Makes the bulk work for an architecture in a memory. */
export function createBulkEntries(arch: ArchPgtable, mem: PhysMem): BulkEntries {
  const { lanes } = mem;
  const { prot: protOf } = arch.codec;
  const { mask: tableMask, value: tableValue } = arch.format;
  const shortRun = SHORT_RUN;
  return {
    fill: createFill(arch, lanes),
    clearRun(slot, count) {
      const end = slot + count * 2;
      if (end - slot > shortRun) lanes.fill(0, slot, end);
      else for (let at = slot; at < end; at++) lanes[at] = 0;
    },
    countUsed(slot, count) {
      let used = 0;
      for (let at = slot, end = slot + count * 2; at < end; at += 2) {
        if (((lanes[at] as number) | (lanes[at + 1] as number)) !== 0) used++;
      }
      return used;
    },
    alikeRun(level, slot, count) {
      const first = protOf(level, lanes[slot] as number, lanes[slot + 1] as number);
      const end = slot + count * 2;
      let at = slot + 2;
      while (at < end && protOf(level, lanes[at] as number, lanes[at + 1] as number) === first) {
        at += 2;
      }
      return (at - slot) / 2;
    },
    emptyRun(slot, count) {
      const end = slot + count * 2;
      let at = slot | 0;
      while (at < end && ((lanes[at] as number) | (lanes[at + 1] as number)) === 0) at += 2;
      return (at - slot) / 2;
    },
    tablelessRun(slot, count) {
      const end = slot + count * 2;
      let at = slot | 0;
      while (at < end && ((lanes[at] as number) & tableMask) !== tableValue) at += 2;
      return (at - slot) / 2;
    },
    copyRun: createCopyRun(arch, lanes),
  };
}

function createFill(arch: ArchPgtable, lanes: Int32Array): BulkEntries['fill'] {
  const { codec, format, geometry } = arch;
  const { pageSize } = geometry;
  const { noneMask } = format;

  /** Entries from `pfn` on whose low lane can be had by adding, up to where it wraps. */
  const stepsUntilWrap = (pfn: Pfn, size: number): number =>
    Math.floor((LOW_LANE_SPAN - ((pfn * pageSize) % LOW_LANE_SPAN)) / size);

  /** Fills up to `end`; the slot of the first entry that was not empty, or `end`. */
  const fillSteps = (slot: Slot, end: Slot, first: number, hi: number, step: number): Slot => {
    let at = slot | 0;
    for (let lo = first; at < end; at += 2, lo = (lo + step) | 0) {
      if ((((lanes[at] as number) & noneMask) | (lanes[at + 1] as number)) !== 0) break;
      lanes[at] = lo;
      lanes[at + 1] = hi;
    }
    return at;
  };

  return (level, slot, count, pfn, prot) => {
    const { size } = geometry.levels[level];
    const pages = size / pageSize;
    for (let done = 0; done < count; ) {
      const first = pfn + done * pages;
      const run = Math.max(1, Math.min(count - done, stepsUntilWrap(first, size)));
      const lo = codec.lo(level, first, prot);
      const hi = codec.hi(level, first, prot);
      // An inverted address field (x86, not present) counts down.
      const step = (codec.lo(level, first + pages, prot) - lo) | 0;
      const at = slot + done * 2;
      const stopped = fillSteps(at, at + run * 2, lo, hi, step);
      if (stopped < at + run * 2) return (stopped - slot) / 2;
      done += run;
    }
    return count;
  };
}

/** Bits of a lane to keep and to set. */
interface LaneChange {
  readonly keep: number;
  readonly set: number;
}

/**
 * A bitwise change of protection words, by lane: bits 0 to 15 lie in the low one, 18 to 31 in the high one. `empty` is the
 * protection word of an entry of zeros: bits set in it are stored inverted.
 */
function laneChanges(
  change: (prot: Prot) => Prot,
  empty: Prot,
): { lo: LaneChange; hi: LaneChange } {
  const set = change(empty) ^ empty;
  const keep = change(~empty) ^ empty;
  return {
    lo: { keep: keep | ~0xffff, set: set & 0xffff },
    hi: { keep: keep | 0x3ffff, set: set & 0xfffc0000 },
  };
}

function createCopyRun({ codec }: ArchPgtable, lanes: Int32Array): BulkEntries['copyRun'] {
  /** Without bits to set, an empty entry needs no test: it stays empty. */
  const keepBits = (from: Slot, to: Slot, end: Slot, keepLo: number, keepHi: number): void => {
    for (let at = to | 0, source = from | 0; at < end; at += 2, source += 2) {
      lanes[at] = (lanes[source] as number) & keepLo;
      lanes[at + 1] = (lanes[source + 1] as number) & keepHi;
    }
  };
  const changeUsed = (from: Slot, to: Slot, end: Slot, low: LaneChange, high: LaneChange): void => {
    const { keep: keepLo, set: setLo } = low;
    const { keep: keepHi, set: setHi } = high;
    for (let at = to | 0, source = from | 0; at < end; at += 2, source += 2) {
      const lo = lanes[source] as number;
      const hi = lanes[source + 1] as number;
      if ((lo | hi) === 0) continue;
      lanes[at] = (lo & keepLo) | setLo;
      lanes[at + 1] = (hi & keepHi) | setHi;
    }
  };
  // A fork asks for the same change table after table.
  let known: ((prot: Prot) => Prot) | undefined;
  let knownLevel: PgtableLevel = 0;
  let lanesOfKnown = laneChanges((prot) => prot, 0);
  return (level, from, to, count, change) => {
    if (change !== known || level !== knownLevel) {
      known = change;
      knownLevel = level;
      lanesOfKnown = laneChanges(change, codec.prot(level, 0, 0));
    }
    const { lo, hi } = lanesOfKnown;
    const end = to + count * 2;
    if ((lo.set | hi.set) === 0) keepBits(from, to, end, lo.keep, hi.keep);
    else changeUsed(from, to, end, lo, hi);
  };
}
