import type { Pfn, Prot } from '@pfnmap/pgtable-core';
import { _PAGE_PRESENT } from './bits.ts';

// A constant of this module costs nothing where it is used, an imported one is looked up.
const PRESENT = _PAGE_PRESENT;

/** The rules of a CPU with the L1 terminal fault. */
export interface L1tfRules {
  /** First page frame number whose inverse could be cached memory; Infinity on a CPU without the fault. */
  readonly l1tf_pfn_limit: number;
  arch_has_pfn_modify_check(): boolean;
  pfn_modify_allowed(pfn: Pfn, prot: Prot): boolean;
}

/**
 * Builds the rules: an unprivileged user may not give a frame without a struct page an inverted protection when the
 * frame lies in the upper half of what the cache can address. Whether there is a struct page, the caller knows.
 *
 * @param affected - the CPU has the fault.
 * @param cacheBits - address bits that its cache uses.
 * @fidelity exact
 * @patch none
 */
export function createL1tfRules(affected: boolean, cacheBits: number): L1tfRules {
  const l1tf_pfn_limit = affected ? 2 ** (cacheBits - 1 - 12) : Number.POSITIVE_INFINITY;
  return {
    l1tf_pfn_limit,
    arch_has_pfn_modify_check: () => affected,
    pfn_modify_allowed: (pfn, prot) => prot === 0 || (prot & PRESENT) !== 0 || pfn < l1tf_pfn_limit,
  };
}
