import {
  type DecodedEntry,
  type EntryCodec,
  hiOfWord,
  loOfWord,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';
import { PTE_ATTRINDX_MASK, PTE_PRESENT_INVALID, PTE_SHARED, PTE_VALID } from './bits.ts';
import type { PageShift } from './geometry.ts';
import { pmd_leaf, pmd_table } from './levels.ts';
import { MEMORY_TYPE_NAMES, MT_NORMAL, MT_NORMAL_TAGGED } from './memory-types.ts';

type BitName = readonly [bit: number, name: string];

const LEAF_BITS: readonly BitName[] = [
  [5, 'NS'],
  [6, 'USER'],
  [7, 'RDONLY'],
  [10, 'AF'],
  [18, 'GP'],
  [19, 'WRITE'],
  [20, 'CONT'],
  [21, 'PXN'],
  [22, 'UXN'],
  [23, 'DIRTY'],
  [24, 'SPECIAL'],
  [26, 'UFFD_WP'],
  [27, 'IGNORED59'],
  [28, 'POIndex0'],
  [29, 'POIndex1'],
  [30, 'POIndex2'],
  [31, 'SW63'],
];

const TABLE_BITS: readonly BitName[] = [
  [10, 'AF'],
  [27, 'PXNTable'],
  [28, 'UXNTable'],
  [29, 'APTable0'],
  [30, 'APTable1'],
  [31, 'NSTable'],
];

const SWAP_BITS: readonly BitName[] = [
  [2, 'SWP_EXCLUSIVE'],
  [3, 'SWP_UFFD_WP'],
];

/** What decoding needs to know of a configuration. */
export interface DecodeOptions {
  readonly codec: EntryCodec;
  readonly pageShift: PageShift;
  /** Bit 57 is DEVMAP (6.12); otherwise a software bit without a meaning. */
  readonly devmap: boolean;
  /** AttrIndx 1 is Tagged; without MTE it is Normal like index 0. */
  readonly mte: boolean;
}

const named = (bits: readonly BitName[], prot: Prot): [bit: number, name: string][] =>
  bits.flatMap(([bit, name]) => ((prot >>> bit) & 1 ? [[bit, name]] : []));

function leafFlags(level: PgtableLevel, prot: Prot, devmap: boolean): string[] {
  const flags = named(LEAF_BITS, prot);
  const valid = (prot & PTE_VALID) !== 0;
  if (valid) flags.push([0, 'VALID']);
  if ((prot & 2) !== 0) flags.push([1, level === PGTABLE_LEVEL_PTE ? 'PAGE' : 'TABLE_BIT']);
  const sh = prot & PTE_SHARED;
  if (sh === PTE_SHARED) flags.push([8, 'SHARED']);
  else if (sh !== 0) flags.push([8, sh === 0x200 ? 'SH1' : 'SH0']);
  if ((prot & PTE_PRESENT_INVALID) !== 0) flags.push([11, valid ? 'nG' : 'PRESENT_INVALID']);
  if ((prot >>> 25) & 1) flags.push([25, devmap ? 'DEVMAP' : 'SW57']);
  for (const bit of [12, 13, 14, 15, 16, 17]) {
    // Bits 12 to 15 exist with large pages, 16 and 17 (48 and 49) where copies of the address differ.
    if ((prot >>> bit) & 1) flags.push([bit, `RES0[${bit < 16 ? bit : bit + 32}]`]);
  }
  return flags.sort(([left], [right]) => left - right).map(([, name]) => name);
}

/** decode() of one configuration. */
export function createDecode(
  options: DecodeOptions,
): (level: PgtableLevel, word: bigint) => DecodedEntry {
  const { codec, pageShift, devmap, mte } = options;
  return (level, word) => {
    const lo = loOfWord(word);
    const hi = hiOfWord(word);
    const prot = codec.prot(level, lo, hi);
    const address = BigInt(codec.pfn(level, lo, hi)) << BigInt(pageShift);
    const names = (bits: readonly BitName[]): string[] => named(bits, prot).map(([, name]) => name);
    if (word === 0n) return { kind: 'none', address: 0n, flags: [], memoryType: '' };
    if (level !== PGTABLE_LEVEL_PTE && pmd_table(prot)) {
      const flags = ['VALID', 'TABLE', ...names(TABLE_BITS)];
      return { kind: 'table', address, flags, memoryType: '' };
    }
    const present = (prot & (PTE_VALID | PTE_PRESENT_INVALID)) !== 0;
    if (!(level === PGTABLE_LEVEL_PTE ? present : pmd_leaf(prot))) {
      return { kind: 'not present', address: 0n, flags: names(SWAP_BITS), memoryType: '' };
    }
    const index = (prot & PTE_ATTRINDX_MASK) >> 2;
    const type = index === MT_NORMAL_TAGGED && !mte ? MT_NORMAL : index;
    return {
      kind: 'leaf',
      address,
      flags: leafFlags(level, prot, devmap),
      memoryType: MEMORY_TYPE_NAMES[type] as string,
    };
  };
}
