import {
  type DecodedEntry,
  type EntryCodec,
  hiOfWord,
  loOfWord,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
} from '@pfnmap/pgtable-core';
import {
  _PAGE_PRESENT,
  _SEGMENT_ENTRY_INVALID,
  _SEGMENT_ENTRY_LARGE,
  type SegmentLayout,
} from './bits.ts';

type BitName = readonly [bit: number, name: string];

const PAGE_BITS: readonly BitName[] = [
  [0x001, 'PRESENT'],
  [0x002, 'SOFT_DIRTY'],
  [0x004, 'YOUNG'],
  [0x008, 'DIRTY'],
  [0x010, 'READ'],
  [0x020, 'WRITE'],
  [0x040, 'SPECIAL'],
  [0x080, 'UNUSED'],
  [0x100, 'NOEXEC'],
  [0x200, 'PROTECT'],
  [0x400, 'INVALID'],
  [0x800, 'LARGE'],
];

const segmentBits = ({ present, softDirty, read, write }: SegmentLayout): readonly BitName[] =>
  (
    [
      [present, 'PRESENT'],
      [softDirty, 'SOFT_DIRTY'],
      [read, 'READ'],
      [write, 'WRITE'],
      [0x0020, 'INVALID'],
      [0x0100, 'NOEXEC'],
      [0x0200, 'PROTECT'],
      [0x0400, 'LARGE'],
      [0x1000, 'YOUNG'],
      [0x2000, 'DIRTY'],
    ] as const
  )
    .filter(([bit]) => bit !== 0)
    .toSorted(([a], [b]) => a - b);

/** Makes the decoder of a kernel: of words as the simulated memory holds them. */
export function createDecode(
  codec: EntryCodec,
  layout: SegmentLayout,
): (level: PgtableLevel, word: bigint) => DecodedEntry {
  const names = segmentBits(layout);
  return (level, word) => {
    if (word === 0n) return { kind: 'none', address: 0n, flags: [], memoryType: '' };
    const [lo, hi] = [loOfWord(word), hiOfWord(word)];
    const prot = codec.prot(level, lo, hi);
    const isPage = level === PGTABLE_LEVEL_PTE;
    const isLeaf = isPage
      ? (prot & _PAGE_PRESENT) !== 0
      : level < 3 && (prot & _SEGMENT_ENTRY_LARGE) !== 0;
    const isTable = !isPage && !isLeaf && (prot & _SEGMENT_ENTRY_INVALID) === 0;
    return {
      kind: isLeaf ? 'leaf' : isTable ? 'table' : 'not present',
      address: BigInt(codec.pfn(level, lo, hi)) << 12n,
      flags: (isPage ? PAGE_BITS : names).flatMap(([bit, name]) =>
        (prot & bit) === 0 ? [] : [name],
      ),
      // The machine's memory model knows no types; what a device's memory is follows from its address.
      memoryType: '',
    };
  };
}
