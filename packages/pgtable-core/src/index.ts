export type {
  ArchPgtable,
  DecodedEntry,
  EntryCodec,
  HardwareWalk,
  Pfn,
  Prot,
  Slot,
  TableFormat,
  UpdateRules,
  WalkedEntry,
} from './arch-pgtable.ts';
export type { BulkEntries } from './bulk.ts';
export {
  alignDown,
  alignUp,
  createGeometry,
  type Geometry,
  type GeometryOptions,
  isAligned,
  type LevelGeometry,
  levelOfName,
} from './geometry.ts';
export { type BugState, KernelBug } from './kernel-bug.ts';
export { NOT_MAPPED } from './leaf-frames.ts';
export {
  LEVEL_NAMES,
  PGTABLE_LEVEL_P4D,
  PGTABLE_LEVEL_PGD,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
} from './level.ts';
export type { RangeToMap } from './map-range.ts';
export { createPgtable, type Pgtable } from './pgtable.ts';
export type { PgtableRoot } from './pgtable-root.ts';
export { createPhysMem, type PhysMem, type PhysMemOptions } from './phys-mem.ts';
export { NO_SLOT } from './tables.ts';
export {
  encodeEntry,
  hiOfWord,
  loOfWord,
  splitEntry,
  wordAt,
  wordOfLanes,
} from './word.ts';
