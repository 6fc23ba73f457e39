import type { ArchPgtable, Pfn, Slot } from './arch-pgtable.ts';
import { KernelBug } from './kernel-bug.ts';
import {
  LEVEL_NAMES,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
} from './level.ts';
import type { PgtableRoot } from './pgtable-root.ts';
import type { PhysMem } from './phys-mem.ts';

/** Stands for a slot that could not be had: RAM is exhausted, or a leaf stands in the way. */
export const NO_SLOT = -1;

/** The step from an entry to the table below it. */
export interface Tables {
  /** True when a low lane is that of an entry that points to a table. */
  leads(lo: number): boolean;
  /** First slot of the table that such a low lane points to. */
  follow(lo: number): Slot;
  /** True when the entry at a slot points to a table. */
  isTable(slot: Slot): boolean;
  /** True for an empty entry of a level below the PGD. */
  isNone(slot: Slot): boolean;
  /** First slot of the table that an entry of `level` points to. @throws KernelBug when it points to none. */
  tableAt(level: PgtableLevel, slot: Slot): Slot;
  /** First slot of the table of level `child` below an entry, made when missing. @throws KernelBug at a leaf. */
  ensureTable(root: PgtableRoot, child: PgtableLevel, slot: Slot): Slot;
  /** The same, but a leaf in the way is an answer, {@link NO_SLOT}, and not a bug. */
  tableOrNone(root: PgtableRoot, child: PgtableLevel, slot: Slot): Slot;
  /** pte_alloc_one(): a PTE table that no entry points to yet, counted; its frame, or -1. */
  pte_alloc_one(root: PgtableRoot): Pfn;
  /** pmd_populate(): the entry points to the table in a frame. */
  pmd_populate(pmdp: Slot, table: Pfn): void;
  /** pte_free(): gives a PTE table back that no entry points to. */
  pte_free(root: PgtableRoot, table: Pfn): void;
  /** Empties the entry of `level + 1` that points to a table of `level` and gives the table's frame back. */
  freeTable(root: PgtableRoot, level: PgtableLevel, parent: Slot): void;
}

/**
 * Makes the step for an architecture in a memory. The functions are short and their results are kept 32-bit integers
 * (`| 0`): so a JIT compiler can put them into their callers and keep slots in integer registers.
 */
export function createTables(arch: ArchPgtable, mem: PhysMem): Tables {
  const { codec, format, geometry } = arch;
  const { lanes } = mem;
  const { pageShift, pageSize } = geometry;
  /** A frame has a quarter as many lanes as bytes, so its first slot is its address shifted by two. */
  const frameMask = -(2 ** (pageShift - 2));
  const baseSlot = mem.basePfn * 2 ** (pageShift - 2);
  const { mask, value, noneMask, tableProt } = format;
  /** Bytes of a table of each level, and the frames it takes: one, but for the 16 KiB tables of s390. */
  const tableBytes = geometry.levels.map(({ entries }) => entries * 8);
  const tableFrames = tableBytes.map((bytes) => Math.ceil(bytes / pageSize));

  const leads = (lo: number): boolean => (lo & mask) === value;
  const follow = (lo: number): Slot => (((lo >>> 2) & frameMask) - baseSlot) | 0;
  const isTable = (slot: Slot): boolean => leads(lanes[slot] as number);
  const isNone = (slot: Slot): boolean =>
    (((lanes[slot] as number) & noneMask) | (lanes[slot + 1] as number)) === 0;

  const notATable = (level: PgtableLevel, slot: Slot): never => {
    const lo = (lanes[slot] as number) >>> 0;
    const hi = (lanes[slot + 1] as number) >>> 0;
    const entry = `0x${hi.toString(16).padStart(8, '0')}${lo.toString(16).padStart(8, '0')}`;
    throw new KernelBug(`a ${LEVEL_NAMES[level]} that is no table is read as one`, 'page walk', {
      level: LEVEL_NAMES[level] as string,
      entry,
    });
  };
  const tableAt = (level: PgtableLevel, slot: Slot): Slot => {
    const lo = lanes[slot] as number;
    if (!leads(lo)) notATable(level, slot);
    return follow(lo);
  };

  const installTable = (root: PgtableRoot, child: PgtableLevel, slot: Slot): Slot => {
    const frame = mem.allocFrames(tableFrames[child] as number);
    if (frame < 0) return NO_SLOT;
    codec.write(lanes, slot, (child + 1) as PgtableLevel, frame, tableProt);
    if (child <= PGTABLE_LEVEL_PUD) root.pgtables_bytes += tableBytes[child] as number;
    return mem.slotOfFrame(frame);
  };
  const missing = (root: PgtableRoot, child: PgtableLevel, slot: Slot): Slot =>
    isNone(slot) ? installTable(root, child, slot) : NO_SLOT;
  const ensureTable = (root: PgtableRoot, child: PgtableLevel, slot: Slot): Slot => {
    const lo = lanes[slot] as number;
    if (leads(lo)) return follow(lo);
    if (!isNone(slot)) notATable((child + 1) as PgtableLevel, slot);
    return installTable(root, child, slot) | 0;
  };
  const tableOrNone = (root: PgtableRoot, child: PgtableLevel, slot: Slot): Slot => {
    const lo = lanes[slot] as number;
    return (lo & mask) === value
      ? (((lo >>> 2) & frameMask) - baseSlot) | 0
      : missing(root, child, slot) | 0;
  };
  const freeTable = (root: PgtableRoot, level: PgtableLevel, parent: Slot): void => {
    const table = tableAt((level + 1) as PgtableLevel, parent);
    lanes[parent] = 0;
    lanes[parent + 1] = 0;
    mem.freeFrames(mem.frameOfSlot(table), tableFrames[level] as number);
    if (level <= PGTABLE_LEVEL_PUD) root.pgtables_bytes -= tableBytes[level] as number;
  };

  const pte_alloc_one = (root: PgtableRoot): Pfn => {
    const frame = mem.allocFrames(tableFrames[PGTABLE_LEVEL_PTE] as number);
    if (frame >= 0) root.pgtables_bytes += tableBytes[PGTABLE_LEVEL_PTE] as number;
    return frame;
  };
  const pmd_populate = (pmdp: Slot, table: Pfn): void =>
    codec.write(lanes, pmdp, PGTABLE_LEVEL_PMD, table, tableProt);
  const pte_free = (root: PgtableRoot, table: Pfn): void => {
    mem.freeFrames(table, tableFrames[PGTABLE_LEVEL_PTE] as number);
    root.pgtables_bytes -= tableBytes[PGTABLE_LEVEL_PTE] as number;
  };

  return {
    leads,
    follow,
    isTable,
    isNone,
    tableAt,
    ensureTable,
    tableOrNone,
    pte_alloc_one,
    pmd_populate,
    pte_free,
    freeTable,
  };
}
