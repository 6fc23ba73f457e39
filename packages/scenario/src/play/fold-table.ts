import type { MmStruct } from '@pfnmap/mm-core';
import {
  encodeEntry,
  LEVEL_NAMES,
  PGTABLE_LEVEL_PGD,
  type Pgtable,
  type PgtableLevel,
  type Slot,
  wordOfLanes,
} from '@pfnmap/pgtable-core';
import type { Hex, LevelName, TableRun, WalkEntry } from '../answer.ts';

/** Writes a 64-bit value as answers have it. */
export const hexOf = (value: bigint | number): Hex => `0x${value.toString(16)}`;

/** The address field of an entry as captures know it: bits 12 up to this one of the high lane. */
export interface AddressField {
  /** Address bits of the high lane. */
  readonly highMask: number;
  /** True for an address in RAM: captures tell such an address as 0. */
  isRam(address: number): boolean;
}

const LOW_MASK = 0xfffff000;

const nameOf = (level: PgtableLevel): LevelName => LEVEL_NAMES[level] as LevelName;

/** A 64-bit entry as captures tell it: without the address of a table, or of a page of RAM. */
export function toldWord(field: AddressField, word: bigint, isTable: boolean): bigint {
  const mask = (BigInt(field.highMask) << 32n) | BigInt(LOW_MASK);
  const address = word & mask;
  const isLeftOut = isTable || (address !== 0n && field.isRam(Number(address)));
  return isLeftOut ? word & ~mask : word;
}

/** An entry as captures tell it: RAM lies wherever the kernel found it, so its address is left out. */
interface ToldEntry {
  readonly level: PgtableLevel;
  readonly lo: number;
  readonly hi: number;
  /** The address field, in bytes. */
  readonly address: number;
}

/** Reads entries the way captures tell them. */
export class TableReader {
  private readonly pt: Pgtable;
  private readonly field: AddressField;

  /** Levels from here up are told as the first entry of the top table, which maps the program itself. */
  private readonly firstEntryFrom: number;
  private readonly firstEntry: Hex;

  constructor(pt: Pgtable, field: AddressField) {
    const { format } = pt.arch;
    this.pt = pt;
    this.field = field;
    this.firstEntryFrom = format.firstEntryFrom ?? LEVEL_NAMES.length;
    this.firstEntry = hexOf(encodeEntry(pt.arch, PGTABLE_LEVEL_PGD, 0, format.tableProt));
  }

  private told(level: PgtableLevel, slot: Slot): ToldEntry {
    const { lanes } = this.pt.mem;
    const lo = lanes[slot] as number;
    const hi = lanes[slot + 1] as number;
    const { highMask } = this.field;
    const address = (hi & highMask) * 2 ** 32 + ((lo & LOW_MASK) >>> 0);
    if (address === 0 || !this.field.isRam(address)) return { level, lo, hi, address };
    return { level, lo: lo & ~LOW_MASK, hi: hi & ~highMask, address: 0 };
  }

  /** The entry where the walk of an address ends. */
  private entryAt(mm: MmStruct, address: number): ToldEntry {
    const slot = this.pt.walk(mm, address);
    return this.told(this.pt.walked.level, slot);
  }

  /** True when `entry` goes on with the run that ends in `last`. */
  private continues(entry: ToldEntry, last: ToldEntry, firstIsNone: boolean): boolean {
    if (entry.level !== last.level) return false;
    const isNone = (entry.lo | entry.hi) === 0;
    if (isNone || firstIsNone) return isNone && firstIsNone;
    const flagsAgree =
      ((entry.lo ^ last.lo) & ~LOW_MASK) === 0 &&
      ((entry.hi ^ last.hi) & ~this.field.highMask) === 0;
    if (!flagsAgree) return false;
    const size = this.pt.arch.geometry.levels[entry.level].size;
    const step = entry.address !== 0 || last.address !== 0 ? size : 0;
    return entry.address - last.address === step;
  }

  /** Every entry under [start, start + length), runs folded. */
  runs(mm: MmStruct, start: number, length: number): TableRun[] {
    const { levels } = this.pt.arch.geometry;
    const end = start + length;
    const runs: TableRun[] = [];
    let first: ToldEntry | undefined;
    let last: ToldEntry | undefined;
    let runStart = start;
    let count = 0;
    const finish = (): void => {
      if (first === undefined) return;
      runs.push({
        offset: hexOf(runStart - start),
        level: nameOf(first.level),
        entry: hexOf(wordOfLanes(first.lo, first.hi)),
        count,
      });
    };
    for (let address = start; address < end; ) {
      const entry = this.entryAt(mm, address);
      const firstIsNone = first !== undefined && (first.lo | first.hi) === 0;
      if (last !== undefined && this.continues(entry, last, firstIsNone)) {
        count++;
      } else {
        finish();
        first = entry;
        runStart = address;
        count = 1;
      }
      last = entry;
      const { size } = levels[entry.level];
      address = Math.min(end, (Math.floor(address / size) + 1) * size);
    }
    finish();
    return runs;
  }

  /** The entries on the way down to an address; table entries without their address. */
  walk(mm: MmStruct, address: number): WalkEntry[] {
    const { pt } = this;
    const last = pt.walk(mm, address);
    const end = pt.walked.level;
    const slots: Slot[] = [pt.pgd_offset(mm, address)];
    const descend = [pt.p4d_offset, pt.pud_offset, pt.pmd_offset, pt.pte_offset];
    for (let level = 3; level >= end; level--) {
      const below = descend[3 - level] as (slot: Slot, address: number) => Slot;
      slots.push(below(slots[slots.length - 1] as Slot, address));
    }
    return slots.map((slot, index) => {
      const level = (4 - index) as PgtableLevel;
      if (level >= this.firstEntryFrom) return { level: nameOf(level), entry: this.firstEntry };
      const isLeaf = slot === last && level === end;
      const entry = this.told(level, slot);
      const word = isLeaf
        ? wordOfLanes(entry.lo, entry.hi)
        : wordOfLanes(entry.lo & ~LOW_MASK, entry.hi & ~this.field.highMask);
      return { level: nameOf(level), entry: hexOf(word) };
    });
  }
}
