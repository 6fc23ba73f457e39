import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_CACHE_MASK, _PAGE_PAT, _PAGE_PCD, _PAGE_PWT } from './bits.ts';

/** Memory types as Linux numbers them. */
export const _PAGE_CACHE_MODE_WB = 0;
export const _PAGE_CACHE_MODE_WC = 1;
export const _PAGE_CACHE_MODE_UC_MINUS = 2;
export const _PAGE_CACHE_MODE_UC = 3;
export const _PAGE_CACHE_MODE_WT = 4;
export const _PAGE_CACHE_MODE_WP = 5;

/** A memory type as Linux numbers it: `enum page_cache_mode`. */
export type PageCacheMode = 0 | 1 | 2 | 3 | 4 | 5;

/** Names of the memory types, indexed by {@link PageCacheMode}. */
export const CACHE_MODE_NAMES: readonly string[] = ['WB', 'WC', 'UC-', 'UC', 'WT', 'WP'];

/** What the page attribute table of a CPU can do: all types, the four of old Intel CPUs, or nothing. */
export type PatSupport = 'full' | 'old' | 'none';

/** The IA32_PAT register in each case: as Linux programs it, or as it is at power-on. Entry 0 is the lowest byte. */
export const IA32_PAT: Readonly<Record<PatSupport, bigint>> = {
  full: 0x0407050600070106n,
  old: 0x0007010600070106n,
  none: 0x0007040600070406n,
};

/** Memory type of a byte of IA32_PAT, as the manual encodes it: UC, WC, two reserved, WT, WP, WB, UC-. */
const MODE_OF_PAT_BYTE: readonly PageCacheMode[] = [3, 1, 3, 3, 4, 5, 0, 2];

/** Memory types and the bits that select them. Bits are of the 4 KiB format throughout. */
export interface CacheModes {
  /** Memory type of each PAT index. */
  readonly modeOfIndex: readonly PageCacheMode[];
  /** Bits for a memory type: the lowest index that carries it, or those of UC- when none does. */
  cachemode2protval(mode: PageCacheMode): Prot;
  /** Memory type of a protection value in 4 KiB format; convert a huge leaf's value first. */
  pgprot2cachemode(prot: Prot): PageCacheMode;
}

/** The PAT index of bits 3, 4 and 7. */
export const patIndex = (prot: Prot): number =>
  ((prot & (_PAGE_PWT | _PAGE_PCD)) >> 3) | ((prot & _PAGE_PAT) >> 5);

const protOfIndex = (index: number): Prot => ((index & 3) << 3) | ((index & 4) << 5);

/**
 * Builds the tables that Linux builds when it has chosen IA32_PAT.
 *
 * @fidelity exact
 * @patch none
 */
export function createCacheModes(support: PatSupport): CacheModes {
  const register = IA32_PAT[support];
  const modeOfIndex = [0, 1, 2, 3, 4, 5, 6, 7].map(
    (index) => MODE_OF_PAT_BYTE[Number((register >> BigInt(8 * index)) & 7n)] as PageCacheMode,
  );
  const protOfMode = CACHE_MODE_NAMES.map((_, mode) => {
    const index = modeOfIndex.indexOf(mode as PageCacheMode);
    return index < 0 ? _PAGE_PCD : protOfIndex(index);
  });
  return {
    modeOfIndex,
    cachemode2protval: (mode) => protOfMode[mode] as Prot,
    pgprot2cachemode: (prot) => modeOfIndex[patIndex(prot & _PAGE_CACHE_MASK)] as PageCacheMode,
  };
}
