import type { Gfn } from '../memory-slot.ts';
import { PAGES_PER_LEVEL, PG_LEVEL_4K, type PgLevel } from './pg-level.ts';
import { PT_WRITABLE_MASK, type SpteFormat } from './spte-format.ts';
import { tdp_mmu_split_huge_page } from './tdp-map.ts';
import type { TdpTables } from './tdp-tables.ts';
import { forEachPresentSpte } from './tdp-walk.ts';

/**
 * Logging of a slot begins: large leaves that lie within it are split down to pages at once, and every leaf loses the
 * right to write.
 *
 * @context mmu_lock held.
 * @fidelity partial as with eager splitting and without manual protection, which is KVM's default
 * @patch none
 */
export function startDirtyLog(tables: TdpTables, start: Gfn, end: Gfn): void {
  forEachPresentSpte(tables, start, end, (slot, level, gfn) => {
    if (level === PG_LEVEL_4K || !tables.isLeaf(slot, level)) return true;
    return tdp_mmu_split_huge_page(tables, slot, level, gfn) === 0;
  });
  forEachPresentSpte(tables, start, end, (slot, level, gfn) => {
    if (!tables.isLeaf(slot, level)) return true;
    const lo = tables.lanes[slot] as number;
    if ((lo & PT_WRITABLE_MASK) !== 0) {
      tables.set(slot, level, gfn, lo & ~PT_WRITABLE_MASK, tables.lanes[slot + 1] as number);
    }
    return false;
  });
}

/**
 * Logging of a slot ends: tables that a large leaf could replace are zapped, and the next fault makes the leaf.
 *
 * @param maxLevel the level that a guest frame could have now.
 * @context mmu_lock held.
 * @fidelity partial later kernels put the large leaf there at once
 * @patch none
 */
export function zap_collapsible_spte_range(
  tables: TdpTables,
  start: Gfn,
  end: Gfn,
  maxLevel: (gfn: Gfn) => PgLevel,
): void {
  forEachPresentSpte(tables, start, end, (slot, level, gfn) => {
    if (level > 3 || !tables.isTable(slot, level)) return true;
    if (gfn < start || gfn + (PAGES_PER_LEVEL[level] as number) > end) return true;
    if (maxLevel(gfn) < level) return true;
    tables.zap(slot, level, gfn);
    return false;
  });
}

/**
 * The low and high lane say that only write protection, and nobody else, forbids the guest to write.
 *
 * @fidelity exact
 * @patch none
 */
export const is_mmu_writable_spte = (format: SpteFormat, lo: number, hi: number): boolean =>
  (lo & format.mmuWritableLo) === format.mmuWritableLo &&
  (hi & format.mmuWritableHi) === format.mmuWritableHi;
