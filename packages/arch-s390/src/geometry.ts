import type { Geometry, LevelGeometry, PgtableLevel } from '@pfnmap/pgtable-core';

/** Levels of an address space: three reach 4 TiB, as a new process has; four reach 8 PiB. */
export type S390Levels = 3 | 4;

const PAGE_SHIFT = 12;
/** log2 of the bytes that an entry spans: page, segment, region third, region second. */
const SHIFTS = [PAGE_SHIFT, 20, 31, 42] as const;
/** Page tables have 2 KiB; segment and region tables have 16 KiB. */
const PTE_ENTRIES = 256;
const CRST_ENTRIES = 2048;

/** The page table of an address space. Linux's PGD is the topmost table that exists, whatever its kind. */
export function createS390Geometry(levels: S390Levels): Geometry {
  const topShift = SHIFTS[levels - 1] as number;
  const levelAt = (level: PgtableLevel): LevelGeometry => {
    const folded = level !== 4 && level >= levels - 1;
    const shift = folded || level === 4 ? topShift : (SHIFTS[level] as number);
    const entries = folded ? 1 : level === 0 ? PTE_ENTRIES : CRST_ENTRIES;
    return Object.freeze({
      ...{ level, shift, size: 2 ** shift, order: shift - PAGE_SHIFT },
      ...{ entries, folded },
    });
  };
  return Object.freeze({
    pageShift: PAGE_SHIFT,
    pageSize: 2 ** PAGE_SHIFT,
    vaBits: topShift + 11,
    levels: Object.freeze([levelAt(0), levelAt(1), levelAt(2), levelAt(3), levelAt(4)] as const),
  });
}
