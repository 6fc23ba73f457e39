/**
 * How the CPU caches a page: `enum page_cache_mode`. The numbers are those that Linux prints in its messages about
 * RAM pages and ioremap.
 */
export type CacheMode = 0 | 1 | 2 | 3 | 4 | 5;

/** The cache modes: write-back, write-combining, uncached unless an MTRR says otherwise, uncached, write-through, write-protected. */
export const _PAGE_CACHE_MODE_WB = 0;
export const _PAGE_CACHE_MODE_WC = 1;
export const _PAGE_CACHE_MODE_UC_MINUS = 2;
export const _PAGE_CACHE_MODE_UC = 3;
export const _PAGE_CACHE_MODE_WT = 4;
export const _PAGE_CACHE_MODE_WP = 5;

const NAMES = [
  'write-back',
  'write-combining',
  'uncached-minus',
  'uncached',
  'write-through',
  'write-protected',
] as const;

/**
 * The name of a cache mode in kernel messages and in the list of memory types.
 *
 * @fidelity exact
 * @patch none
 */
export function cattr_name(mode: CacheMode): string {
  return NAMES[mode];
}
