import type { Pfn } from '@pfnmap/pgtable-core';
import type { MigrationOffset } from './migration-offset.ts';
import { __swp_offset, __swp_type } from './swap-entry.ts';
import type { SwapTypes } from './swap-types.ts';

/**
 * Builds what tells the frame of a migration entry: is_migration_entry() and swp_offset_pfn() in one. -1 for every other
 * word.
 *
 * @fidelity exact
 * @patch none
 */
export function createMigrationPfn(
  types: SwapTypes,
  offset: MigrationOffset,
): (word: bigint) => Pfn {
  const migration = [
    types.SWP_MIGRATION_READ,
    types.SWP_MIGRATION_READ_EXCLUSIVE,
    types.SWP_MIGRATION_WRITE,
  ];
  return (word) => (migration.includes(__swp_type(word)) ? offset.pfn(__swp_offset(word)) : -1);
}
