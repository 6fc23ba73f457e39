import type { ArchPgtable, Slot } from './arch-pgtable.ts';
import { indexRules } from './index-rule.ts';
import {
  PGTABLE_LEVEL_P4D,
  PGTABLE_LEVEL_PGD,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
} from './level.ts';
import type { PgtableRoot } from './pgtable-root.ts';
import { NO_SLOT, type Tables } from './tables.ts';

/** From an entry to the next lower level's entry for an address. */
export interface Offsets {
  pgd_offset(root: PgtableRoot, address: number): Slot;
  /** @throws KernelBug when the entry above is no table (a leaf read as a table); so for the three below. */
  p4d_offset(pgdp: Slot, address: number): Slot;
  pud_offset(p4dp: Slot, address: number): Slot;
  pmd_offset(pudp: Slot, address: number): Slot;
  pte_offset(pmdp: Slot, address: number): Slot;
}

/** Makes the offsets. A folded level's entry is the entry above it. */
export function createOffsets(arch: ArchPgtable, tables: Tables): Offsets {
  const { tableAt } = tables;
  const { levels } = arch.geometry;
  const rules = indexRules(arch.geometry);
  const { scale: pgdScale, mask: pgdMask } = rules[PGTABLE_LEVEL_PGD];
  const step = (level: PgtableLevel, above: PgtableLevel): Offsets['pte_offset'] => {
    const { scale, mask } = rules[level];
    if (levels[level].folded) return (slot, _address) => slot;
    return (slot, address) => (tableAt(above, slot) + ((address * scale) & mask)) | 0;
  };
  return {
    pgd_offset: (root, address) => (root.pgd + ((address * pgdScale) & pgdMask)) | 0,
    p4d_offset: step(PGTABLE_LEVEL_P4D, PGTABLE_LEVEL_PGD),
    pud_offset: step(PGTABLE_LEVEL_PUD, PGTABLE_LEVEL_P4D),
    pmd_offset: step(PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PUD),
    pte_offset: step(PGTABLE_LEVEL_PTE, PGTABLE_LEVEL_PMD),
  };
}

/** The same with missing tables made on the way. */
export interface TableAllocation {
  /**
   * The slot of the level's entry for an address, with the table that holds it made when missing and counted in
   * `pgtables_bytes`; {@link NO_SLOT} when RAM is exhausted. @throws KernelBug when a leaf stands in the way.
   */
  p4d_alloc(root: PgtableRoot, pgdp: Slot, address: number): Slot;
  pud_alloc(root: PgtableRoot, p4dp: Slot, address: number): Slot;
  pmd_alloc(root: PgtableRoot, pudp: Slot, address: number): Slot;
  pte_alloc(root: PgtableRoot, pmdp: Slot, address: number): Slot;
}

/** Makes the allocating steps. */
export function createTableAllocation(arch: ArchPgtable, tables: Tables): TableAllocation {
  const { ensureTable } = tables;
  const { levels } = arch.geometry;
  const rules = indexRules(arch.geometry);
  const step = (level: PgtableLevel): TableAllocation['pte_alloc'] => {
    const { scale, mask } = rules[level];
    if (levels[level].folded) return (_root, slot, _address) => slot;
    return (root, slot, address) => {
      const table = ensureTable(root, level, slot);
      return table < 0 ? NO_SLOT : (table + ((address * scale) & mask)) | 0;
    };
  };
  return {
    p4d_alloc: step(PGTABLE_LEVEL_P4D),
    pud_alloc: step(PGTABLE_LEVEL_PUD),
    pmd_alloc: step(PGTABLE_LEVEL_PMD),
    pte_alloc: step(PGTABLE_LEVEL_PTE),
  };
}
