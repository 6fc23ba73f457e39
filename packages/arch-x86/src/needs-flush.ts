import type { Prot } from '@pfnmap/pgtable-core';
import {
  _PAGE_ACCESSED,
  _PAGE_DIRTY,
  _PAGE_GLOBAL,
  _PAGE_NX,
  _PAGE_PAT_LARGE,
  _PAGE_PCD,
  _PAGE_PKEY_MASK,
  _PAGE_PRESENT,
  _PAGE_PSE,
  _PAGE_PWT,
  _PAGE_RW,
  _PAGE_USER,
} from './bits.ts';

/** Bits whose loss the TLB may not miss. */
const FLUSH_ON_CLEAR = _PAGE_PRESENT | _PAGE_DIRTY | _PAGE_ACCESSED;

/** Bits whose change the TLB may not miss. Without the pkey option the key's bits have no name, so they are not here. */
const FLUSH_ON_CHANGE =
  _PAGE_RW |
  _PAGE_USER |
  _PAGE_PWT |
  _PAGE_PCD |
  _PAGE_PSE |
  _PAGE_GLOBAL |
  _PAGE_PAT_LARGE |
  _PAGE_NX;

/** The two tests that mprotect() asks, for a page frame number that stays. */
export interface FlushTests {
  /** Loss of A does not count. */
  pte_needs_flush(oldpte: Prot, newpte: Prot): boolean;
  /** Loss of A counts. */
  huge_pmd_needs_flush(oldpmd: Prot, newpmd: Prot): boolean;
}

/**
 * Builds the tests: no flush after an entry without P; else a flush when P or D is lost, or when a bit changes that the
 * TLB keeps. Software bits do not count.
 *
 * @param pkeys - X86_INTEL_MEMORY_PROTECTION_KEYS is built in.
 * @fidelity exact
 * @patch none
 */
export function createFlushTests(pkeys: boolean): FlushTests {
  const onChange = pkeys ? FLUSH_ON_CHANGE | _PAGE_PKEY_MASK : FLUSH_ON_CHANGE;
  const needsFlush = (before: Prot, after: Prot, onClear: Prot): boolean => {
    if ((before & _PAGE_PRESENT) === 0) return false;
    const changed = before ^ after;
    return (changed & before & onClear) !== 0 || (changed & onChange) !== 0;
  };
  return {
    pte_needs_flush: (oldpte, newpte) =>
      needsFlush(oldpte, newpte, FLUSH_ON_CLEAR & ~_PAGE_ACCESSED),
    huge_pmd_needs_flush: (oldpmd, newpmd) => needsFlush(oldpmd, newpmd, FLUSH_ON_CLEAR),
  };
}
