import { alignDown, type LevelGeometry } from '@pfnmap/pgtable-core';

/** Where the entry that holds an address ends, or `end` if that comes first: pmd_addr_end() and its kind. */
export const endOfEntry = (level: LevelGeometry, address: number, end: number): number =>
  Math.min(end, alignDown(address, level.size) + level.size);
