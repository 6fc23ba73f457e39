import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_PKEY_MASK, _PAGE_PRESENT, _PAGE_PSE, _PAGE_RW, _PAGE_USER } from './bits.ts';

// A constant of this module costs nothing where it is used, an imported one is looked up.
const NEEDED_TO_READ = _PAGE_PRESENT | _PAGE_USER;
const NEEDED_TO_WRITE = NEEDED_TO_READ | _PAGE_RW;

/** Whether a get_user_pages() without a lock may use a leaf. */
export type AccessPermitted = (prot: Prot, write: boolean) => boolean;

/**
 * The protection key of a leaf, 0 to 15.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_flags_pkey = (prot: Prot): number => (prot & _PAGE_PKEY_MASK) >>> 27;

/**
 * pte_access_permitted and its kind on a CPU without protection keys: P and US, and RW for a write.
 *
 * @fidelity exact
 * @patch none
 */
export function access_permitted(prot: Prot, write: boolean): boolean {
  const needed = write ? NEEDED_TO_WRITE : NEEDED_TO_READ;
  return (prot & needed) === needed;
}

/**
 * pte_access_permitted and its kind on a CPU with protection keys: the PKRU register must allow the key as well. Two
 * bits a key, access disable below write disable.
 *
 * @param readPkru - reads the PKRU register of the running thread.
 * @fidelity exact
 * @patch none
 */
export function createKeyedAccessPermitted(readPkru: () => number): AccessPermitted {
  return (prot, write) => {
    if (!access_permitted(prot, write)) return false;
    const rights = (readPkru() >>> (pte_flags_pkey(prot) * 2)) & 3;
    return (rights & (write ? 3 : 1)) === 0;
  };
}

/**
 * True when the page-table check counts the PTE as a user mapping.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_user_accessible_page = (pte: Prot): boolean => access_permitted(pte, false);

/**
 * True when the page-table check counts the leaf as a user mapping: pmd_user_accessible_page,
 * pud_user_accessible_page.
 *
 * @fidelity exact
 * @patch none
 */
export const userAccessibleHuge = (prot: Prot): boolean =>
  (prot & _PAGE_PSE) !== 0 && access_permitted(prot, false);
