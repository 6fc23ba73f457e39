import { LEVEL_NAMES, type PgtableLevel } from './level.ts';

/** One level of a geometry. */
export interface LevelGeometry {
  readonly level: PgtableLevel;
  /** log2 of the bytes that one entry spans: PMD_SHIFT and its kind. */
  readonly shift: number;
  /** Bytes that one entry spans: PMD_SIZE and its kind. Exact, as a power of two. */
  readonly size: number;
  /** log2 of the pages that one entry spans: PMD_ORDER and its kind. */
  readonly order: number;
  /** Entries in a table of this level: PTRS_PER_PMD and its kind; 1 when the level is folded. */
  readonly entries: number;
  /** True when the level does not exist and its entry is the entry of the level above. */
  readonly folded: boolean;
}

/** Page size, levels and virtual-address width of a page table. */
export interface Geometry {
  readonly pageShift: number;
  readonly pageSize: number;
  /** Width of a virtual address in bits: 39, 48, 52, 57 … */
  readonly vaBits: number;
  /** Indexed by {@link PgtableLevel}. */
  readonly levels: readonly [
    LevelGeometry,
    LevelGeometry,
    LevelGeometry,
    LevelGeometry,
    LevelGeometry,
  ];
}

/** What {@link createGeometry} needs to know. */
export interface GeometryOptions {
  /** log2 of the page size: 12, 14 or 16. */
  readonly pageShift: number;
  /** Width of a virtual address in bits. */
  readonly vaBits: number;
  /** Levels that exist, 2 to 5, from the PTE up. The levels between them and the PGD are folded. */
  readonly levels: number;
  /** The PGD's own entries when the top table is larger or smaller than the address width gives. */
  readonly pgdEntries?: number;
}

/**
 * Builds a geometry from page size, address width and number of levels. Each table below the top is one page of 8-byte
 * entries, so a level adds `pageShift - 3` bits; the top table takes the rest.
 *
 * @throws RangeError when the levels cannot cover the address width.
 */
export function createGeometry(options: GeometryOptions): Geometry {
  const { pageShift, vaBits, levels } = options;
  const bitsPerLevel = pageShift - 3;
  const topShift = pageShift + bitsPerLevel * (levels - 1);
  if (levels < 2 || levels > 5 || vaBits <= topShift) {
    throw new RangeError(
      `no page table with ${levels} levels of ${2 ** pageShift} bytes covers ${vaBits} address bits`,
    );
  }
  const levelAt = (level: PgtableLevel): LevelGeometry => {
    const isTop = level === 4;
    const folded = !isTop && level >= levels - 1;
    const shift = isTop || folded ? topShift : pageShift + bitsPerLevel * level;
    const entries = folded
      ? 1
      : isTop
        ? (options.pgdEntries ?? 2 ** (vaBits - topShift))
        : 2 ** bitsPerLevel;
    return { level, shift, size: 2 ** shift, order: shift - pageShift, entries, folded };
  };
  return Object.freeze({
    pageShift,
    pageSize: 2 ** pageShift,
    vaBits,
    levels: Object.freeze([levelAt(0), levelAt(1), levelAt(2), levelAt(3), levelAt(4)]),
  }) as Geometry;
}

/** Rounds a byte address or a page number down to a multiple of a power of two. Exact up to 2^53 units. */
export const alignDown = (value: number, size: number): number => Math.floor(value / size) * size;

/** Rounds a byte address or a page number up to a multiple of a power of two. */
export const alignUp = (value: number, size: number): number => Math.ceil(value / size) * size;

/** True when `value` is a multiple of the power of two `size`. */
export const isAligned = (value: number, size: number): boolean =>
  Math.floor(value / size) * size === value;

/** The level that a name of Linux means (`pmd`), or undefined. */
export function levelOfName(name: string): PgtableLevel | undefined {
  const level = LEVEL_NAMES.indexOf(name);
  return level < 0 ? undefined : (level as PgtableLevel);
}
