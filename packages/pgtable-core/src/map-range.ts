import type { ArchPgtable, Pfn, Prot } from './arch-pgtable.ts';
import type { BulkEntries } from './bulk.ts';
import { isAligned } from './geometry.ts';
import type { PgtableLevel } from './level.ts';
import type { Mapping } from './map-page.ts';
import type { PgtableRoot } from './pgtable-root.ts';

/** What {@link RangeMapping.mapRange} maps. Bytes and page frames. */
export interface RangeToMap {
  /** A multiple of the page size. */
  readonly address: number;
  /** A multiple of the page size. */
  readonly bytes: number;
  /** Frame of the first page; the others follow it. */
  readonly pfn: Pfn;
  /** Protection word of a PTE; larger leaves get what makes them so. */
  readonly prot: Prot;
  /** The largest leaf to use, PTE, PMD or PUD. */
  readonly largest: PgtableLevel;
}

/** Mapping of ranges in one call. */
export interface RangeMapping {
  /**
   * Maps a range with the largest leaves that fit: address and frame aligned to the leaf, the range long enough, and no
   * table in its place.
   *
   * @returns how many bytes were mapped from the start on: fewer than asked when an entry is in use, a leaf stands in the
   * way, or RAM is exhausted.
   */
  mapRange(root: PgtableRoot, range: RangeToMap): number;
}

/** Makes the mapping of ranges of an architecture. */
export function createRangeMapping(
  arch: ArchPgtable,
  { walkAlloc }: Mapping,
  { fill }: BulkEntries,
): RangeMapping {
  const { pageSize, levels } = arch.geometry;
  const leafProt = (level: PgtableLevel, prot: Prot): Prot => {
    if (level === 0) return prot;
    return level === 1 ? arch.pmd_mkhuge(prot) : arch.pud_mkhuge(prot);
  };

  /** Fills what fits of a level into one table, from `address` on: bytes, 0 when the level does not do. */
  const fillTable = (
    root: PgtableRoot,
    level: PgtableLevel,
    address: number,
    end: number,
    range: RangeToMap,
  ): number => {
    const { size, entries, folded } = levels[level];
    const pfn = range.pfn + (address - range.address) / pageSize;
    const fits = address + size <= end && isAligned(address, size);
    if (folded || !fits || !isAligned(pfn, size / pageSize)) return 0;
    const slot = walkAlloc(level, root, address);
    if (slot < 0) return 0;
    const left = entries - (Math.floor(address / size) % entries);
    const count = Math.min(left, Math.floor((end - address) / size));
    return fill(level, slot, count, pfn, leafProt(level, range.prot)) * size;
  };

  return {
    mapRange(root, range) {
      const end = range.address + range.bytes;
      let address = range.address;
      while (address < end) {
        let mapped = 0;
        for (let level = range.largest; mapped === 0 && level >= 0; level--) {
          mapped = fillTable(root, level as PgtableLevel, address, end, range);
        }
        if (mapped === 0) break;
        address += mapped;
      }
      return address - range.address;
    },
  };
}
