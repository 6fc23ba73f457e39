import type { Prot } from '@pfnmap/pgtable-core';
import {
  _PAGE_CACHE_MODE_UC,
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_WB,
  _PAGE_CACHE_MODE_WC,
  _PAGE_CACHE_MODE_WP,
  _PAGE_CACHE_MODE_WT,
  type CacheMode,
} from './cache-mode.ts';

/** The three bits of a 4K entry that choose its memory type: PWT, PCD and PAT. */
export const _PAGE_CACHE_MASK = 0x98;

/** What the eight combinations of PAT, PCD and PWT mean once Linux has programmed IA32_PAT. */
const FULL_PAT: readonly CacheMode[] = [
  _PAGE_CACHE_MODE_WB,
  _PAGE_CACHE_MODE_WC,
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_UC,
  _PAGE_CACHE_MODE_WB,
  _PAGE_CACHE_MODE_WP,
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_WT,
];

/** What they mean as the CPU leaves reset, which is what a kernel booted with `nopat` keeps. */
const RESET_PAT: readonly CacheMode[] = [
  _PAGE_CACHE_MODE_WB,
  _PAGE_CACHE_MODE_WT,
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_UC,
  _PAGE_CACHE_MODE_WB,
  _PAGE_CACHE_MODE_WT,
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_UC,
];

/** The translation between cache modes and the bits of a 4K entry. */
export interface CacheTables {
  /**
   * The bits of a cache mode; a mode that the CPU cannot express here becomes uncached-minus.
   *
   * @fidelity exact
   * @patch none
   */
  cachemode2protval(mode: CacheMode): Prot;
  /**
   * The cache mode of a protection word, read as that of a 4K entry: bit 7 is PAT, also where it is PSE.
   *
   * @fidelity exact
   * @patch none
   */
  pgprot2cachemode(prot: Prot): CacheMode;
  /** The protection word with the bits of another cache mode. */
  withCachemode(prot: Prot, mode: CacheMode): Prot;
}

const bitsOfIndex = (index: number): Prot => ((index & 3) << 3) | ((index & 4) << 5);

/**
 * Makes the tables for a CPU whose IA32_PAT is programmed or not. Of several combinations for one mode the lowest is
 * used.
 */
export function createCacheTables(patEnabled: boolean): CacheTables {
  const modes = patEnabled ? FULL_PAT : RESET_PAT;
  const bits = ([0, 1, 2, 3, 4, 5] as const).map((mode) => {
    const index = modes.indexOf(mode);
    return bitsOfIndex(index < 0 ? modes.indexOf(_PAGE_CACHE_MODE_UC_MINUS) : index);
  });
  const otherBits = ~_PAGE_CACHE_MASK;
  return {
    cachemode2protval: (mode) => bits[mode] as Prot,
    pgprot2cachemode: (prot) => modes[((prot >> 3) & 3) | ((prot >> 5) & 4)] as CacheMode,
    withCachemode: (prot, mode) => (prot & otherBits) | (bits[mode] as Prot),
  };
}
