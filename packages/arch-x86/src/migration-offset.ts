import type { Pfn } from '@pfnmap/pgtable-core';

/** The offset of a migration entry: page frame number, and young and dirty where there is room. */
export interface MigrationOffset {
  /** SWP_PFN_BITS: 34 with four levels, 40 with five. */
  readonly pfnBits: number;
  /** The offset carries the two bits. */
  readonly carriesYoungDirty: boolean;
  /** The offset for a page frame number; the two bits are dropped where there is no room for them. */
  make(pfn: Pfn, young: boolean, dirty: boolean): number;
  /** swp_offset_pfn(). */
  pfn(offset: number): Pfn;
  /** is_migration_entry_young(). */
  young(offset: number): boolean;
  /** is_migration_entry_dirty(). */
  dirty(offset: number): boolean;
}

/**
 * Builds the rules for the offset of a migration entry.
 *
 * @param physmemBits - MAX_PHYSMEM_BITS: 46 with four levels, 52 with five.
 * @param maxOffset - usable swap offsets: 2^50, or fewer where the CPU has the L1 terminal fault.
 * @fidelity exact
 * @patch none
 */
export function createMigrationOffset(physmemBits: number, maxOffset: number): MigrationOffset {
  const pfnBits = physmemBits - 12;
  const youngBit = 2 ** pfnBits;
  const dirtyBit = 2 * youngBit;
  const carriesYoungDirty = maxOffset >= 2 * dirtyBit;
  const has = (offset: number, bit: number): boolean =>
    carriesYoungDirty && Math.floor(offset / bit) % 2 === 1;
  return {
    pfnBits,
    carriesYoungDirty,
    make: (pfn, young, dirty) =>
      pfn + (carriesYoungDirty ? (young ? youngBit : 0) + (dirty ? dirtyBit : 0) : 0),
    pfn: (offset) => offset % youngBit,
    young: (offset) => has(offset, youngBit),
    dirty: (offset) => has(offset, dirtyBit),
  };
}
