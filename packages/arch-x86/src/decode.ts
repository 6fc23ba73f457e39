import {
  type DecodedEntry,
  type EntryCodec,
  hiOfWord,
  loOfWord,
  type PgtableLevel,
} from '@pfnmap/pgtable-core';
import { CACHE_MODE_NAMES, type CacheModes } from './cache-mode.ts';
import { __swp_offset, __swp_type } from './swap-entry.ts';

/** Names of the bits 0 to 11 of a present PTE. */
const LOW_NAMES = 'P RW US PWT PCD A D PAT G SPECIAL UFFD_WP SOFT_DIRTY'.split(' ');

/** Names of the low bits in a swap-type entry. */
const SWAP_NAMES: Readonly<Record<number, string>> = {
  1: 'SWP_SOFT_DIRTY',
  2: 'SWP_UFFD_WP',
  3: 'SWP_EXCLUSIVE',
};

/** What the decoder needs of a configuration. */
export interface DecodeOptions {
  readonly codec: EntryCodec;
  readonly modes: CacheModes;
  /** Flag bits of the high lane. */
  readonly flagsHi: number;
  /** Bit number and name of the encryption or sharing bit. */
  readonly encryption: { readonly bit: number; readonly name: string } | undefined;
  /** The kernel has the DEVMAP bit. */
  readonly devmap: boolean;
}

const bitOf = (word: bigint, bit: number): boolean => ((word >> BigInt(bit)) & 1n) === 1n;

function lowName(level: PgtableLevel, present: boolean, bit: number): string {
  if (bit === 7 && level > 0) return 'PSE';
  if (bit === 8 && !present) return 'PROTNONE';
  return LOW_NAMES[bit] as string;
}

function highName(options: DecodeOptions, level: PgtableLevel, bit: number): string {
  if (bit === options.encryption?.bit) return options.encryption.name;
  if (bit === 57 && options.devmap) return 'DEVMAP';
  if (bit === 58) return level === 4 ? 'NOPTISHADOW' : 'SAVED_DIRTY';
  return bit === 63 ? 'NX' : `BIT${bit}`;
}

/** The flags of an entry that holds an address. `lowEnd` is the first bit of the address field, or 13 for a leaf. */
function flagNames(
  options: DecodeOptions,
  level: PgtableLevel,
  word: bigint,
  lowEnd: number,
): string[] {
  const present = bitOf(word, 0);
  const names: string[] = [];
  for (let bit = 0; bit < lowEnd; bit++) {
    if (!bitOf(word, bit)) continue;
    names.push(bit < 12 ? lowName(level, present, bit) : bit === 12 ? 'PAT_LARGE' : `BIT${bit}`);
  }
  const key = Number((word >> 59n) & 15n);
  for (let bit = 45; bit < 64; bit++) {
    if (bit === 59 && key !== 0) names.push(`PKEY=${key}`);
    const isKey = bit >= 59 && bit <= 62;
    const isFlag = ((options.flagsHi >>> (bit - 32)) & 1) === 1;
    if (isFlag && !isKey && bitOf(word, bit)) names.push(highName(options, level, bit));
  }
  return names;
}

function decodeSwap(word: bigint): DecodedEntry {
  const flags = [1, 2, 3].filter((bit) => bitOf(word, bit)).map((bit) => SWAP_NAMES[bit] as string);
  flags.push(`OFFSET=0x${__swp_offset(word).toString(16)}`, `TYPE=${__swp_type(word)}`);
  return { kind: 'not present', address: 0n, flags, memoryType: '' };
}

/**
 * Decodes an entry for people: kind, address with the inversion undone, names of the set bits in bit order, and the
 * memory type that PAT, PCD and PWT select. A PROT_NONE or invalidated entry is `not present`, as the CPU sees it.
 */
export function decodeEntry(
  options: DecodeOptions,
  level: PgtableLevel,
  word: bigint,
): DecodedEntry {
  const ignored = level === 4 ? 0n : 0x60n;
  if ((word & ~ignored) === 0n) return { kind: 'none', address: 0n, flags: [], memoryType: '' };
  const present = bitOf(word, 0);
  const pse = bitOf(word, 7);
  const isHuge = pse && (level === 1 || level === 2);
  const holdsPage = level === 0 || isHuge;
  if (!present && level < 3 && !isHuge && !bitOf(word, 8)) return decodeSwap(word);

  const shift = isHuge ? 12 + 9 * level : 12;
  const pfn = options.codec.pfn(level, loOfWord(word), hiOfWord(word));
  const flags = flagNames(options, level, word, shift);
  const index =
    Number((word >> 3n) & 3n) | (bitOf(word, level === 0 ? 7 : 12) && holdsPage ? 4 : 0);
  return {
    kind: !present ? 'not present' : holdsPage ? 'leaf' : 'table',
    address: (BigInt(pfn) >> BigInt(shift - 12)) << BigInt(shift),
    flags,
    memoryType: holdsPage
      ? (CACHE_MODE_NAMES[options.modes.modeOfIndex[index] as number] as string)
      : '',
  };
}
