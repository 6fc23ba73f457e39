import { ENOMEM } from '@pfnmap/mm-core';
import { NO_SLOT, type Slot } from '@pfnmap/pgtable-core';
import { RET_PF_EMULATE, RET_PF_FIXED, RET_PF_SPURIOUS } from '../exits.ts';
import type { GuestFault } from '../guest-fault.ts';
import type { Gfn } from '../memory-slot.ts';
import {
  gfn_round_for_level,
  PAGES_PER_LEVEL,
  type PgLevel,
  SPTE_ENT_PER_PAGE,
} from './pg-level.ts';
import { leafIndex, PT_PAGE_SIZE_MASK } from './spte-format.ts';
import { spte_to_pfn, type TdpTables } from './tdp-tables.ts';

/**
 * Replaces a large leaf by a table of the next smaller ones, which map the same.
 *
 * @returns 0, or -ENOMEM.
 * @context mmu_lock held.
 * @fidelity exact
 * @patch none
 */
export function tdp_mmu_split_huge_page(
  tables: TdpTables,
  slot: Slot,
  level: PgLevel,
  gfn: Gfn,
): number {
  const table = tables.allocTable();
  if (table === NO_SLOT) return -ENOMEM;
  const { lanes } = tables;
  const below = level - 1;
  const pages = PAGES_PER_LEVEL[below] as number;
  const first = spte_to_pfn(lanes[slot] as number, lanes[slot + 1] as number);
  const flagsLo = (lanes[slot] as number) & (below === 1 ? 0xfff & ~PT_PAGE_SIZE_MASK : 0xfff);
  const flagsHi = (lanes[slot + 1] as number) & ~0xfffff;
  for (let index = 0; index < SPTE_ENT_PER_PAGE; index++) {
    const pfn = first + index * pages;
    lanes[table + index * 2] = (pfn << 12) | flagsLo;
    lanes[table + index * 2 + 1] = ((pfn * 2 ** -20) & 0xfffff) | flagsHi;
  }
  tables.count(below, SPTE_ENT_PER_PAGE);
  tables.set(slot, level, gfn, tables.nonleafLo(table), tables.format.nonleafHi);
  return 0;
}

/** Puts an empty table where an entry is not present: tdp_mmu_link_sp(). 0, or -ENOMEM. */
function linkTable(tables: TdpTables, slot: Slot, level: PgLevel, gfn: Gfn): number {
  const table = tables.allocTable();
  if (table === NO_SLOT) return -ENOMEM;
  tables.set(slot, level, gfn, tables.nonleafLo(table), tables.format.nonleafHi);
  return 0;
}

/** The last step: the leaf itself. */
function tdp_mmu_map_handle_target_level(
  tables: TdpTables,
  fault: GuestFault,
  slot: Slot,
  generation: number,
  mmio: boolean,
): number {
  const { format, lanes } = tables;
  const { goal_level: level, pfn } = fault;
  const gfn = gfn_round_for_level(fault.gfn, level);
  if (fault.slot === undefined) {
    tables.set(slot, level, gfn, format.mmioLo(gfn, generation), format.mmioHi(gfn, generation));
    return RET_PF_EMULATE;
  }
  const kind = leafIndex(level, fault.map_writable, mmio);
  const lo = (pfn << 12) | (format.leafLo[kind] as number);
  const hi = ((pfn * 2 ** -20) & 0xfffff) | (format.leafHi[kind] as number);
  if (lanes[slot] === lo && lanes[slot + 1] === hi) return RET_PF_SPURIOUS;
  tables.set(slot, level, gfn, lo, hi);
  return RET_PF_FIXED;
}

/**
 * Maps the frame of a fault at its level: makes the tables on the way, splits a larger leaf that is in the way, and
 * replaces a table by a leaf where one is to be.
 *
 * @param generation of the slots, for an entry without memory. @param mmio the frame is device memory.
 * @returns RET_PF_FIXED; RET_PF_SPURIOUS when it is there already; RET_PF_EMULATE for an address without memory; -ENOMEM.
 * @context mmu_lock held for reading; the frame is current.
 * @fidelity exact
 * @patch none
 */
export function kvm_tdp_mmu_map(
  tables: TdpTables,
  fault: GuestFault,
  generation: number,
  mmio: boolean,
): number {
  if (tables.root === NO_SLOT) {
    tables.root = tables.allocTable();
    if (tables.root === NO_SLOT) return -ENOMEM;
  }
  const { gfn, goal_level } = fault;
  let slot = tables.walk(gfn, goal_level);
  for (let level = tables.walkedLevel; level > goal_level; level--) {
    const first = gfn_round_for_level(gfn, level);
    const error = tables.isLeaf(slot, level)
      ? tdp_mmu_split_huge_page(tables, slot, level, first)
      : linkTable(tables, slot, level, first);
    if (error !== 0) return error;
    slot = tables.entryIn(tables.tableOf(tables.lanes[slot] as number), level - 1, gfn);
  }
  return tdp_mmu_map_handle_target_level(tables, fault, slot, generation, mmio);
}
