import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_SWP_UFFD_WP, _PAGE_UFFD_WP } from './bits.ts';
import { wrprotect } from './dirty.ts';

/**
 * True when bit 10 is set: pte_uffd_wp, pmd_uffd_wp (pte_uffd, pmd_uffd in Linux 7.3).
 *
 * @fidelity exact
 * @patch none
 */
export const uffd_wp = (prot: Prot): boolean => (prot & _PAGE_UFFD_WP) !== 0;

/**
 * Sets bit 10 and takes write access away: pte_mkuffd_wp, pmd_mkuffd_wp.
 *
 * @fidelity exact
 * @patch none
 */
export const mkuffd_wp = (prot: Prot): Prot => wrprotect(prot | _PAGE_UFFD_WP);

/**
 * Clears bit 10 and does not give write access back: pte_clear_uffd_wp, pmd_clear_uffd_wp.
 *
 * @fidelity exact
 * @patch none
 */
export const clear_uffd_wp = (prot: Prot): Prot => prot & ~_PAGE_UFFD_WP;

/**
 * True when a swap-type entry has the mark: pte_swp_uffd_wp, pmd_swp_uffd_wp.
 *
 * @fidelity exact
 * @patch none
 */
export const swp_uffd_wp = (prot: Prot): boolean => (prot & _PAGE_SWP_UFFD_WP) !== 0;

/**
 * Marks a swap-type entry: pte_swp_mkuffd_wp, pmd_swp_mkuffd_wp.
 *
 * @fidelity exact
 * @patch none
 */
export const swp_mkuffd_wp = (prot: Prot): Prot => prot | _PAGE_SWP_UFFD_WP;

/**
 * Takes the mark from a swap-type entry: pte_swp_clear_uffd_wp, pmd_swp_clear_uffd_wp.
 *
 * @fidelity exact
 * @patch none
 */
export const swp_clear_uffd_wp = (prot: Prot): Prot => prot & ~_PAGE_SWP_UFFD_WP;
