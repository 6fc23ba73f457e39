import type { EntryCodec, Pfn, PgtableLevel, Prot, Slot } from '@pfnmap/pgtable-core';
import {
  _PAGE_INVALID,
  _REGION_ENTRY_LENGTH,
  _REGION_ENTRY_TYPE_R2,
  _REGION_ENTRY_TYPE_R3,
  _SEGMENT_ENTRY_INVALID,
  _SEGMENT_ENTRY_LARGE,
} from './bits.ts';

const EMPTY_R2 = _REGION_ENTRY_TYPE_R2 | _SEGMENT_ENTRY_INVALID;

/**
 * The empty entry of each level. The simulated memory holds entries XORed with it, since an empty entry is zero there;
 * nothing else differs from the words of the architecture.
 */
const EMPTY: readonly number[] = [
  _PAGE_INVALID,
  _SEGMENT_ENTRY_INVALID,
  _REGION_ENTRY_TYPE_R3 | _SEGMENT_ENTRY_INVALID,
  EMPTY_R2,
  EMPTY_R2,
];

/** Converts between the words of the architecture and those in the simulated memory, in both directions. */
export const stored = (level: PgtableLevel, word: bigint): bigint =>
  word ^ BigInt(EMPTY[level] as number);

/**
 * The codec. A protection word holds bits 0 to 11 of an entry, and bits 0 to 15 of one that maps a segment or a region,
 * without what the level alone decides: the type of a region-table entry and its length.
 *
 * @param tableProt the protection word of an entry that points to a table, at every level.
 */
export function createCodec(tableProt: Prot): EntryCodec {
  const r3Table = (_REGION_ENTRY_TYPE_R3 | _REGION_ENTRY_LENGTH) ^ tableProt;
  const r2Table = (_REGION_ENTRY_TYPE_R2 | _REGION_ENTRY_LENGTH) ^ tableProt;
  /** What the level decides, and what is stored inverted. */
  const tableMark = [0, 0, r3Table, r2Table, r2Table].map((bits, level) => bits ^ EMPTY[level]!);
  const leafMark = [0, 0, _REGION_ENTRY_TYPE_R3, r2Table, r2Table].map(
    (bits, level) => bits ^ EMPTY[level]!,
  );
  const isLarge = (level: PgtableLevel, bits: number): boolean =>
    (level === 1 || level === 2) && (bits & _SEGMENT_ENTRY_LARGE) !== 0;

  const prot = (level: PgtableLevel, lo: number, _hi: number): Prot =>
    isLarge(level, lo)
      ? (lo & 0xffff) ^ (leafMark[level] as number)
      : (lo & 0xfff) ^ (tableMark[level] as number);
  const lo = (level: PgtableLevel, pfn: Pfn, bits: Prot): number =>
    (pfn << 12) |
    ((bits & 0xffff) ^ ((isLarge(level, bits) ? leafMark : tableMark)[level] as number));
  const hi = (_level: PgtableLevel, pfn: Pfn, _bits: Prot): number => (pfn * 2 ** -20) | 0;
  return Object.freeze({
    pfn: (level: PgtableLevel, low: number, high: number): Pfn =>
      (isLarge(level, low) ? (low >>> 16) * 16 : low >>> 12) + (high >>> 0) * 2 ** 20,
    prot,
    lo,
    hi,
    write(lanes: Int32Array, slot: Slot, level: PgtableLevel, pfn: Pfn, bits: Prot): void {
      lanes[slot] = lo(level, pfn, bits);
      lanes[slot + 1] = hi(level, pfn, bits);
    },
  });
}
