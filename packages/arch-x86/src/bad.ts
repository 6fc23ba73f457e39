import type { Prot } from '@pfnmap/pgtable-core';
import { _KERNPG_TABLE, _PAGE_ACCESSED, _PAGE_NX, _PAGE_USER } from './bits.ts';

/** The tests whether an entry is a proper table entry. */
export interface BadTests {
  /** Anything but P, RW and D, where US and A do not count. A leaf and a none entry are bad. */
  pmd_bad(pmd: Prot): boolean;
  /** Any bit that a table entry does not have. A none entry is not bad. */
  pud_bad(pud: Prot): boolean;
  /** Like pud_bad; NX does not count where page table isolation is built in. */
  p4d_bad(p4d: Prot): boolean;
  /** Anything but P, RW, A and D, where US does not count; with four levels never. */
  pgd_bad(pgd: Prot): boolean;
}

/**
 * Builds the tests for one configuration.
 *
 * @param encryption - the AMD C-bit in a protection word, which table entries have, or 0.
 * @param isolation - MITIGATION_PAGE_TABLE_ISOLATION is built in.
 * @param p4dFolded - the machine walks four levels.
 * @fidelity exact
 * @patch none
 */
export function createBadTests(encryption: Prot, isolation: boolean, p4dFolded: boolean): BadTests {
  const table = _KERNPG_TABLE | encryption;
  const rootIgnores = isolation ? _PAGE_NX : 0;
  const pmdTable = table & ~_PAGE_ACCESSED;
  const userTable = table | _PAGE_USER;
  return {
    pmd_bad: (pmd) => (pmd & ~(_PAGE_USER | _PAGE_ACCESSED)) !== pmdTable,
    pud_bad: (pud) => (pud & ~userTable) !== 0,
    p4d_bad: (p4d) => (p4d & ~(userTable | rootIgnores)) !== 0,
    pgd_bad: p4dFolded ? () => false : (pgd) => (pgd & ~(_PAGE_USER | rootIgnores)) !== table,
  };
}
