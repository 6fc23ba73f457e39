import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_CACHE_MASK } from './bits.ts';
import type { CacheModes } from './cache-mode.ts';
import {
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_WC,
  _PAGE_CACHE_MODE_WT,
} from './cache-mode.ts';

/** Changes of the memory type of a protection value. */
export interface CacheProtections {
  pgprot_noncached(prot: Prot): Prot;
  pgprot_writecombine(prot: Prot): Prot;
  pgprot_writethrough(prot: Prot): Prot;
}

/**
 * Builds the changes. `pgprot_noncached` ORs in the bits of UC- in every kernel. The other two OR as well in Linux
 * 6.12, so a value that has PCD becomes UC, not WC; later kernels clear the old bits first.
 *
 * @param replaces - the kernel clears the old cache bits first.
 * @fidelity exact
 * @patch none
 */
export function createCacheProtections(modes: CacheModes, replaces: boolean): CacheProtections {
  const cleared = replaces ? ~_PAGE_CACHE_MASK : -1;
  const uncached = modes.cachemode2protval(_PAGE_CACHE_MODE_UC_MINUS);
  const writeCombining = modes.cachemode2protval(_PAGE_CACHE_MODE_WC);
  const writeThrough = modes.cachemode2protval(_PAGE_CACHE_MODE_WT);
  return {
    pgprot_noncached: (prot) => prot | uncached,
    pgprot_writecombine: (prot) => (prot & cleared) | writeCombining,
    pgprot_writethrough: (prot) => (prot & cleared) | writeThrough,
  };
}
