import {
  KernelBug,
  NO_SLOT,
  type Pfn,
  type PhysMem,
  type Slot,
  wordAt,
} from '@pfnmap/pgtable-core';
import type { Stage2Leaf } from '../guest-mmu.ts';
import type { Gfn } from '../memory-slot.ts';
import type { Stage2Events } from '../stage2-events.ts';
import {
  gfn_round_for_level,
  INDEX_MASK,
  INDEX_SCALE,
  PAGES_PER_LEVEL,
  type PgLevel,
  SPTE_ENT_PER_PAGE,
} from './pg-level.ts';
import {
  FROZEN_SPTE_LO,
  FROZEN_SPTE_LO_LATER,
  PT_PAGE_SIZE_MASK,
  PT_WRITABLE_MASK,
  SHADOW_NONPRESENT_HI,
  SPTE_MMU_PRESENT_MASK,
  type SpteFormat,
} from './spte-format.ts';

/** Bits that tell an entry that points to a table: only the first of them is set there. */
const TABLE_BITS = SPTE_MMU_PRESENT_MASK | PT_PAGE_SIZE_MASK;
/** Bits 0 to 19 of the high lane are address. */
const HIGH_ADDRESS = 0xfffff;

/**
 * The frame that an entry holds.
 *
 * @fidelity exact
 * @patch none
 */
export const spte_to_pfn = (lo: number, hi: number): Pfn =>
  (lo >>> 12) + (hi & HIGH_ADDRESS) * 2 ** 20;

/** What the tables of a VM are made with. */
export interface TdpTablesOptions {
  readonly mem: PhysMem;
  readonly format: SpteFormat;
  /** 4, or 5 where the host has five levels. */
  readonly rootLevel: PgLevel;
  readonly events: Stage2Events;
  /** Number of the VM. */
  readonly vm: number;
  /** A removed table is emptied before its parent's change is told: KVM_X86_CHILDREN_FIRST. */
  readonly childrenFirst: boolean;
}

/**
 * The second stage of one VM: tables in pages of the simulated memory, and every change of an entry. A table that loses
 * its parent entry is emptied entry by entry, after the parent's change was told or before.
 */
export class TdpTables {
  readonly lanes: Int32Array;
  readonly format: SpteFormat;
  readonly rootLevel: PgLevel;
  readonly statistics = { pages_4k: 0, pages_2m: 0, pages_1g: 0 };
  /** First slot of the root, or NO_SLOT before the VM runs. */
  root: Slot = NO_SLOT;
  /** Level at which {@link walk} ended. */
  walkedLevel: PgLevel = 0;
  /** Frames of all tables. */
  frames = 0;
  private readonly mem: PhysMem;
  private readonly events: Stage2Events;
  private readonly vm: number;
  private readonly baseSlot: number;
  /** What a guest frame is multiplied by to get the index in the root. */
  private readonly rootScale: number;
  private readonly childrenFirst: boolean;

  constructor(options: TdpTablesOptions) {
    this.mem = options.mem;
    this.lanes = options.mem.lanes;
    this.format = options.format;
    this.rootLevel = options.rootLevel;
    this.events = options.events;
    this.vm = options.vm;
    this.rootScale = INDEX_SCALE[options.rootLevel] as number;
    this.baseSlot = options.mem.basePfn * 2 ** 10;
    this.childrenFirst = options.childrenFirst;
  }

  is_shadow_present_pte(slot: Slot): boolean {
    return ((this.lanes[slot] as number) & SPTE_MMU_PRESENT_MASK) !== 0;
  }

  /** True for a present entry that maps memory itself. */
  isLeaf(slot: Slot, level: PgLevel): boolean {
    const lo = this.lanes[slot] as number;
    if ((lo & SPTE_MMU_PRESENT_MASK) === 0) return false;
    return level === 1 || (lo & PT_PAGE_SIZE_MASK) !== 0;
  }

  /** True for a present entry that points to a table. */
  isTable(slot: Slot, level: PgLevel): boolean {
    return level > 1 && ((this.lanes[slot] as number) & TABLE_BITS) === SPTE_MMU_PRESENT_MASK;
  }

  /** First slot of the table that an entry points to. */
  tableOf(lo: number): Slot {
    return (((lo >>> 12) << 10) - this.baseSlot) | 0;
  }

  /** Slot of the entry for a guest frame within a table of a level. */
  entryIn(table: Slot, level: PgLevel, gfn: Gfn): Slot {
    return (table + ((gfn * (INDEX_SCALE[level] as number)) & INDEX_MASK)) | 0;
  }

  /** A new table, every entry non-present; NO_SLOT when RAM is exhausted. */
  allocTable(): Slot {
    const frame = this.mem.allocFrame();
    if (frame < 0) return NO_SLOT;
    this.frames++;
    const table = this.mem.slotOfFrame(frame);
    const { lanes } = this;
    for (let at = table + 1, end = table + SPTE_ENT_PER_PAGE * 2; at < end; at += 2) {
      lanes[at] = SHADOW_NONPRESENT_HI;
    }
    return table;
  }

  freeTable(table: Slot): void {
    this.mem.freeFrame(this.mem.frameOfSlot(table));
    this.frames--;
  }

  /** Low lane of an entry that points to a table. */
  nonleafLo(table: Slot): number {
    return (this.mem.frameOfSlot(table) << 12) | this.format.nonleafLo;
  }

  /**
   * The hardware's walk, down to `lowest` at most: the slot where it ends, its level in `walkedLevel`; NO_SLOT without
   * a root.
   */
  walk(gfn: Gfn, lowest: PgLevel = 1): Slot {
    let slot = this.root;
    if (slot === NO_SLOT) return NO_SLOT;
    const { lanes, baseSlot } = this;
    let scale = this.rootScale;
    for (let level = this.rootLevel; ; level--) {
      slot = (slot + ((gfn * scale) & INDEX_MASK)) | 0;
      const lo = lanes[slot] as number;
      if (level === lowest || (lo & TABLE_BITS) !== SPTE_MMU_PRESENT_MASK) {
        this.walkedLevel = level;
        return slot;
      }
      slot = (((lo >>> 12) << 10) - baseSlot) | 0;
      scale *= SPTE_ENT_PER_PAGE;
    }
  }

  /** Stores an entry and does what follows from the change: handle_changed_spte(). `gfn` is the first of the entry. */
  set(slot: Slot, level: PgLevel, gfn: Gfn, lo: number, hi: number): void {
    const { lanes } = this;
    const oldLo = lanes[slot] as number;
    const oldHi = lanes[slot + 1] as number;
    lanes[slot] = lo;
    lanes[slot + 1] = hi;
    if (oldLo === lo && oldHi === hi) return;
    const wasPresent = (oldLo & SPTE_MMU_PRESENT_MASK) !== 0;
    const isPresent = (lo & SPTE_MMU_PRESENT_MASK) !== 0;
    const wasLeaf = wasPresent && (level === 1 || (oldLo & PT_PAGE_SIZE_MASK) !== 0);
    const isLeaf = isPresent && (level === 1 || (lo & PT_PAGE_SIZE_MASK) !== 0);
    if (wasLeaf && isLeaf && spte_to_pfn(oldLo, oldHi) !== spte_to_pfn(lo, hi)) {
      throw new KernelBug('a present leaf gets another frame', 'handle_changed_spte', {
        gfn,
        level,
      });
    }
    const wasTable = wasPresent && !wasLeaf;
    const removes = wasTable && (isLeaf || !isPresent);
    if (removes && this.childrenFirst) {
      this.handle_removed_pt(this.tableOf(oldLo), level - 1, gfn);
    }
    if (this.events.listening) {
      const isTable = isPresent && !isLeaf;
      this.events.changed(this.vm, gfn, level, oldLo, oldHi, lo, hi, wasTable, isTable);
    }
    if (isLeaf !== wasLeaf) this.count(level, isLeaf ? 1 : -1);
    if (removes && !this.childrenFirst) {
      this.handle_removed_pt(this.tableOf(oldLo), level - 1, gfn);
    }
  }

  /** Makes an entry non-present. */
  zap(slot: Slot, level: PgLevel, gfn: Gfn): void {
    this.set(slot, level, gfn, 0, SHADOW_NONPRESENT_HI);
  }

  /** Changes the count of leaves of a level: kvm_update_page_stats(). */
  count(level: PgLevel, by: number): void {
    const { statistics } = this;
    if (level === 1) statistics.pages_4k += by;
    else if (level === 2) statistics.pages_2m += by;
    else statistics.pages_1g += by;
  }

  /** A table is out of the tree: its entries are frozen, those below first frozen and then emptied in turn. */
  private handle_removed_pt(table: Slot, level: PgLevel, base_gfn: Gfn): void {
    const pages = PAGES_PER_LEVEL[level] as number;
    const frozen = this.childrenFirst ? FROZEN_SPTE_LO_LATER : FROZEN_SPTE_LO;
    for (let index = 0; index < SPTE_ENT_PER_PAGE; index++) {
      const gfn = base_gfn + index * pages;
      this.set(table + index * 2, level, gfn, frozen, SHADOW_NONPRESENT_HI);
    }
    this.freeTable(table);
  }

  /** The leaf that a walk ended in, for people; undefined for anything else. */
  leaf(slot: Slot, level: PgLevel, gfn: Gfn): Stage2Leaf | undefined {
    if (slot === NO_SLOT || !this.isLeaf(slot, level)) return undefined;
    const lo = this.lanes[slot] as number;
    return {
      gfn: gfn_round_for_level(gfn, level),
      level,
      pfn: spte_to_pfn(lo, this.lanes[slot + 1] as number),
      writable: (lo & PT_WRITABLE_MASK) !== 0,
      word: wordAt(this.lanes, slot),
    };
  }
}
