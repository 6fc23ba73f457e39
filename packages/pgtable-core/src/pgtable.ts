import type { ArchPgtable, Pfn, Slot } from './arch-pgtable.ts';
import { type BulkEntries, createBulkEntries } from './bulk.ts';
import { createEntries, type Entries } from './entries.ts';
import { createLeafFrames } from './leaf-frames.ts';
import { PGTABLE_LEVEL_PGD, type PgtableLevel } from './level.ts';
import { createMapping, type Mapping } from './map-page.ts';
import { createRangeMapping, type RangeMapping } from './map-range.ts';
import {
  createOffsets,
  createTableAllocation,
  type Offsets,
  type TableAllocation,
} from './offsets.ts';
import { createPath, type Path } from './path.ts';
import type { PgtableRoot } from './pgtable-root.ts';
import type { PhysMem } from './phys-mem.ts';
import { createTables } from './tables.ts';
import { createTranslation, type Translation } from './translate.ts';
import { type BatchTranslation, createBatchTranslation } from './translate-all.ts';
import { createRangeUnmapping, type RangeUnmapping } from './unmap-range.ts';
import { createWalk, type Walk } from './walk.ts';

/**
 * Page tables of one architecture in one simulated memory. Slots stand for `pte_t *` and its kind, protection words
 * for the entries read through them. The functions take no locks; that is the mm packages' business.
 */
export interface Pgtable
  extends Offsets,
    Entries,
    TableAllocation,
    Mapping,
    RangeMapping,
    RangeUnmapping,
    Walk,
    Path,
    Translation,
    BatchTranslation,
    BulkEntries {
  readonly arch: ArchPgtable;
  readonly mem: PhysMem;

  /** A new address space with an empty top table. @throws RangeError when RAM is exhausted. */
  pgd_alloc(): PgtableRoot;
  /** Gives the top table back. Tables below must be gone. */
  pgd_free(root: PgtableRoot): void;
  /** True when the entry points to a table. */
  isTable(slot: Slot): boolean;
  /** A PTE table that no entry points to yet, counted in the address space; its frame, or -1. */
  pte_alloc_one(root: PgtableRoot): Pfn;
  /** Makes an entry point to such a table. */
  pmd_populate(pmdp: Slot, table: Pfn): void;
  /** Gives a PTE table back that no entry points to. */
  pte_free(root: PgtableRoot, table: Pfn): void;
  /** Empties the entry that points to a table of `level` and gives the table's frame back. */
  freeTable(root: PgtableRoot, level: PgtableLevel, parent: Slot): void;
}

/**
 * Page tables of an architecture in a memory.
 *
 * @throws RangeError when the two disagree about the page size.
 */
export function createPgtable(arch: ArchPgtable, mem: PhysMem): Pgtable {
  const { geometry } = arch;
  if (geometry.pageShift !== mem.pageShift) {
    throw new RangeError(
      `${arch.name} with ${geometry.pageSize}-byte pages needs memory with frames of that size, not ${2 ** mem.pageShift}`,
    );
  }
  const tables = createTables(arch, mem);
  const pgdFrames = Math.ceil((geometry.levels[PGTABLE_LEVEL_PGD].entries * 8) / geometry.pageSize);
  const { isTable, freeTable, pte_alloc_one, pmd_populate, pte_free } = tables;
  const leaves = createLeafFrames(arch, mem);
  const bulk = createBulkEntries(arch, mem);
  const mapping = createMapping(arch, mem, tables);
  return {
    ...bulk,
    ...createOffsets(arch, tables),
    ...createEntries(arch, mem, tables),
    ...createTableAllocation(arch, tables),
    ...mapping,
    ...createRangeMapping(arch, mapping, bulk),
    ...createRangeUnmapping(arch, tables, bulk),
    ...createWalk(arch, mem, tables),
    ...createPath(arch, mem, tables),
    ...createTranslation(arch, mem, tables, leaves),
    ...createBatchTranslation(arch, mem, tables, leaves),
    arch,
    mem,
    pgd_alloc() {
      const frame = mem.allocFrames(pgdFrames);
      if (frame < 0) throw new RangeError('simulated RAM is exhausted: no frame for a PGD');
      return { pgd: mem.slotOfFrame(frame), pgtables_bytes: 0 };
    },
    pgd_free: (root) => mem.freeFrames(mem.frameOfSlot(root.pgd), pgdFrames),
    isTable,
    pte_alloc_one,
    pmd_populate,
    pte_free,
    freeTable,
  };
}
