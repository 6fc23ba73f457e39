import {
  KernelBug,
  NO_SLOT,
  type Pfn,
  type PgtableLevel,
  type PhysMem,
  type Prot,
  type Slot,
  wordAt,
} from '@pfnmap/pgtable-core';
import type { Stage2Leaf } from '../guest-mmu.ts';
import type { Gfn } from '../memory-slot.ts';
import type { Stage2Events } from '../stage2-events.ts';
import { orderOfLevel, type Stage2Geometry, type Stage2TableFormat } from './stage2-format.ts';

/** What the tables of a VM are made with. */
export interface Stage2TablesOptions {
  readonly mem: PhysMem;
  readonly format: Stage2TableFormat;
  readonly geometry: Stage2Geometry;
  readonly events: Stage2Events;
  /** Number of the VM. */
  readonly vm: number;
}

/** Frames that lie side by side and start at a multiple of their number; NO_SLOT when there are none. */
function allocJoined(mem: PhysMem, count: number): Pfn {
  const taken: Pfn[] = [];
  const has = new Set<Pfn>();
  for (;;) {
    const frame = mem.allocFrame();
    if (frame < 0) break;
    taken.push(frame);
    has.add(frame);
    const first = frame - (frame % count);
    let all = true;
    for (let at = first; at < first + count; at++) all &&= has.has(at);
    if (!all) continue;
    for (const other of taken) if (other < first || other >= first + count) mem.freeFrame(other);
    return first;
  }
  for (const frame of taken) mem.freeFrame(frame);
  return -1;
}

/** A second stage that is walked like an ordinary page table, in pages of the simulated memory. */
export class Stage2Tables {
  readonly lanes: Int32Array;
  readonly format: Stage2TableFormat;
  readonly rootLevel: PgtableLevel;
  readonly root: Slot;
  /** Entries of a table, and of the root. */
  readonly entries: number;
  readonly rootEntries: number;
  /** Pages that an entry of each level spans. */
  readonly pages: readonly number[];
  /** Level at which {@link walk} ended. */
  walkedLevel: PgtableLevel = 0;
  /** Frames of all tables. */
  frames: number;
  private readonly mem: PhysMem;
  private readonly events: Stage2Events;
  private readonly vm: number;
  private readonly scale: readonly number[];
  private readonly mask: number;
  private readonly rootMask: number;

  /** @throws RangeError when there is no room for the root. */
  constructor(options: Stage2TablesOptions) {
    const { mem, geometry } = options;
    this.mem = mem;
    this.lanes = mem.lanes;
    this.format = options.format;
    this.events = options.events;
    this.vm = options.vm;
    this.rootLevel = (geometry.levels - 1) as PgtableLevel;
    const levels = [0, 1, 2, 3, 4] as const;
    this.pages = levels.map((level) => 2 ** orderOfLevel(geometry, level));
    this.scale = levels.map((level) => 2 ** (1 - orderOfLevel(geometry, level)));
    this.entries = 2 ** (geometry.pageShift - 3);
    this.mask = (this.entries - 1) * 2;
    const frameBits = geometry.ipaBits - geometry.pageShift;
    this.rootEntries = 2 ** Math.max(1, frameBits - orderOfLevel(geometry, this.rootLevel));
    this.rootMask = (this.rootEntries - 1) * 2;
    this.frames = Math.max(1, this.rootEntries / this.entries);
    const frame = allocJoined(mem, this.frames);
    if (frame < 0) throw new RangeError('simulated RAM is exhausted: no frames for a second stage');
    this.root = mem.slotOfFrame(frame);
  }

  isValid(slot: Slot): boolean {
    return ((this.lanes[slot] as number) & this.format.validMask) !== 0;
  }

  isTable(slot: Slot, level: PgtableLevel): boolean {
    const { tableMask, tableValue } = this.format;
    return level > 0 && ((this.lanes[slot] as number) & tableMask) === tableValue;
  }

  isLeaf(slot: Slot, level: PgtableLevel): boolean {
    return this.isValid(slot) && !this.isTable(slot, level);
  }

  protAt(slot: Slot, level: PgtableLevel): Prot {
    return this.format.codec.prot(
      level,
      this.lanes[slot] as number,
      this.lanes[slot + 1] as number,
    );
  }

  pfnAt(slot: Slot, level: PgtableLevel): Pfn {
    return this.format.codec.pfn(level, this.lanes[slot] as number, this.lanes[slot + 1] as number);
  }

  /** First slot of the table that an entry points to. */
  tableOf(slot: Slot, level: PgtableLevel): Slot {
    return this.mem.slotOfFrame(this.pfnAt(slot, level));
  }

  /** Slot of the entry for a guest frame within a table of a level. */
  entryIn(table: Slot, level: PgtableLevel, gfn: Gfn): Slot {
    const mask = level === this.rootLevel ? this.rootMask : this.mask;
    return table + ((gfn * (this.scale[level] as number)) & mask);
  }

  /** The first guest frame of the entry that spans a frame. */
  firstOf(gfn: Gfn, level: PgtableLevel): Gfn {
    const pages = this.pages[level] as number;
    return Math.floor(gfn / pages) * pages;
  }

  /** A new empty table; NO_SLOT when RAM is exhausted. */
  allocTable(): Slot {
    const frame = this.mem.allocFrame();
    if (frame < 0) return NO_SLOT;
    this.frames++;
    return this.mem.slotOfFrame(frame);
  }

  freeTable(table: Slot): void {
    this.mem.freeFrame(this.mem.frameOfSlot(table));
    this.frames--;
  }

  frameOf(table: Slot): Pfn {
    return this.mem.frameOfSlot(table);
  }

  /** The hardware's walk: the slot where it ends, its level in `walkedLevel`. */
  walk(gfn: Gfn): Slot {
    let table = this.root;
    for (let level = this.rootLevel; ; level--) {
      const slot = this.entryIn(table, level, gfn);
      if (!this.isTable(slot, level)) {
        this.walkedLevel = level;
        return slot;
      }
      table = this.tableOf(slot, level);
    }
  }

  /** Stores an entry and tells of it; `gfn` is the first of the entry. */
  set(slot: Slot, level: PgtableLevel, gfn: Gfn, pfn: Pfn, prot: Prot): void {
    const { lanes, events } = this;
    const oldLo = lanes[slot] as number;
    const oldHi = lanes[slot + 1] as number;
    const wasTable = this.isTable(slot, level);
    if (prot === 0) {
      lanes[slot] = 0;
      lanes[slot + 1] = 0;
    } else this.format.codec.write(lanes, slot, level, pfn, prot);
    if (!events.listening) return;
    const lo = lanes[slot] as number;
    const hi = lanes[slot + 1] as number;
    if (lo === oldLo && hi === oldHi) return;
    const isTable = this.isTable(slot, level);
    events.changed(this.vm, gfn, level + 1, oldLo, oldHi, lo, hi, wasTable, isTable);
  }

  /** Gives a table and everything below it back. Its parent entry is gone already. */
  freeSubtree(table: Slot, level: PgtableLevel): void {
    if (level > 0) {
      for (let index = 0; index < this.entries; index++) {
        const slot = table + index * 2;
        if (!this.isTable(slot, level)) continue;
        this.freeSubtree(this.tableOf(slot, level), (level - 1) as PgtableLevel);
      }
    }
    this.freeTable(table);
  }

  /** The leaf that a walk ended in, for people; undefined for anything else. */
  leaf(
    slot: Slot,
    level: PgtableLevel,
    gfn: Gfn,
    writable: (prot: Prot) => boolean,
  ): Stage2Leaf | undefined {
    if (!this.isLeaf(slot, level)) return undefined;
    return {
      gfn: this.firstOf(gfn, level),
      level: level + 1,
      pfn: this.pfnAt(slot, level),
      writable: writable(this.protAt(slot, level)),
      word: wordAt(this.lanes, slot),
    };
  }

  /** A guest frame beyond the second stage would alias one within. */
  assertReach(gfn: Gfn, where: string): void {
    const reach = this.rootEntries * (this.pages[this.rootLevel] as number);
    if (gfn < reach) return;
    throw new KernelBug('a guest frame beyond the second stage', where, { gfn, reach });
  }
}
