import { never, unchanged } from './fallbacks.ts';
import type { Gates } from './gates.ts';
import { swp_clear_soft_dirty, swp_mksoft_dirty, swp_soft_dirty } from './soft-dirty.ts';
import { pte_swp_clear_exclusive, pte_swp_exclusive, pte_swp_mkexclusive } from './swap-entry.ts';
import { swp_clear_uffd_wp, swp_mkuffd_wp, swp_uffd_wp } from './uffd-wp.ts';

/** The marks of swap-type entries, real or fallback by gate. */
export function buildSwapHelpers(gates: Gates) {
  const soft = gates.softDirty ? swp_soft_dirty : never;
  const mksoft = gates.softDirty ? swp_mksoft_dirty : unchanged;
  const clearSoft = gates.softDirty ? swp_clear_soft_dirty : unchanged;
  const uffd = gates.uffdWp ? swp_uffd_wp : never;
  const mkuffd = gates.uffdWp ? swp_mkuffd_wp : unchanged;
  const clearUffd = gates.uffdWp ? swp_clear_uffd_wp : unchanged;
  return {
    pte_swp_soft_dirty: soft,
    pte_swp_mksoft_dirty: mksoft,
    pte_swp_clear_soft_dirty: clearSoft,
    pmd_swp_soft_dirty: soft,
    pmd_swp_mksoft_dirty: mksoft,
    pmd_swp_clear_soft_dirty: clearSoft,
    pte_swp_uffd_wp: uffd,
    pte_swp_mkuffd_wp: mkuffd,
    pte_swp_clear_uffd_wp: clearUffd,
    pmd_swp_uffd_wp: uffd,
    pmd_swp_mkuffd_wp: mkuffd,
    pmd_swp_clear_uffd_wp: clearUffd,
    pte_swp_exclusive,
    pte_swp_mkexclusive,
    pte_swp_clear_exclusive,
  };
}
