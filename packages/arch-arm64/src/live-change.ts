import type { Pfn, Prot } from '@pfnmap/pgtable-core';
import {
  PTE_ATTRINDX_MASK,
  PTE_CONT,
  PTE_NG,
  PTE_PXN,
  PTE_RDONLY,
  PTE_SWBITS_MASK,
  PTE_VALID,
  PTE_WRITE,
} from './bits.ts';
import { MT_NORMAL, MT_NORMAL_TAGGED, PTE_ATTRINDX } from './memory-types.ts';

const FREE = PTE_PXN | PTE_RDONLY | PTE_WRITE | PTE_NG | PTE_SWBITS_MASK;
const isNormal = (prot: Prot): boolean => {
  const type = prot & PTE_ATTRINDX_MASK;
  return type === PTE_ATTRINDX(MT_NORMAL) || type === PTE_ATTRINDX(MT_NORMAL_TAGGED);
};

/**
 * True when a live entry may be changed in one store, without first breaking it and flushing the TLB
 * (break-before-make). @fidelity exact @patch none
 */
export type PgattrChangeIsSafe = (oldPfn: Pfn, old: Prot, newPfn: Pfn, entry: Prot) => boolean;

/**
 * pgattr_change_is_safe(). An entry that is not VALID, before or after, may always be changed. `changesContiguous`
 * (7.3) lets entries of a contiguous group change like any other; 6.12 refuses them.
 */
export const createPgattrChangeIsSafe =
  (changesContiguous: boolean): PgattrChangeIsSafe =>
  (oldPfn, old, newPfn, entry) => {
    if ((old & entry & PTE_VALID) === 0) return true;
    if (oldPfn !== newPfn) return false;
    if (!changesContiguous && ((old | entry) & PTE_CONT) !== 0) return false;
    if ((old & ~entry & PTE_NG) !== 0) return false;
    const free = isNormal(old) && isNormal(entry) ? FREE | PTE_ATTRINDX_MASK : FREE;
    return ((old ^ entry) & ~free) === 0;
  };
