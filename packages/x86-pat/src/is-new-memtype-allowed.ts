import {
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_WB,
  _PAGE_CACHE_MODE_WC,
  _PAGE_CACHE_MODE_WT,
  type CacheMode,
} from './cache-mode.ts';
import { is_untracked_pat_range } from './physical-ranges.ts';

/**
 * True when a caller may be given another type than it asked for. Refused are the four replacements that cache more than
 * was asked: uncached-minus, write-combining or write-through by write-back, and write-through by write-combining. Plain
 * uncached replaced by write-back is allowed.
 *
 * @param start physical address in bytes.
 * @param size bytes.
 * @fidelity exact
 * @patch none
 */
export function is_new_memtype_allowed(
  start: number,
  size: number,
  requested: CacheMode,
  given: CacheMode,
): boolean {
  if (is_untracked_pat_range(start, start + size)) return true;
  switch (requested) {
    case _PAGE_CACHE_MODE_UC_MINUS:
    case _PAGE_CACHE_MODE_WC:
      return given !== _PAGE_CACHE_MODE_WB;
    case _PAGE_CACHE_MODE_WT:
      return given !== _PAGE_CACHE_MODE_WB && given !== _PAGE_CACHE_MODE_WC;
    default:
      return true;
  }
}
