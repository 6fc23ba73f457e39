import { type HardwareWalk, PGTABLE_LEVEL_PUD } from '@pfnmap/pgtable-core';
import type { AccessPermitted } from './access.ts';
import { _PAGE_ACCESSED, _PAGE_DIRTY, _PAGE_NX } from './bits.ts';

// A constant of this module costs nothing where it is used, an imported one is looked up.
const SET_BY_LOADS = _PAGE_ACCESSED;
const SET_BY_STORES = _PAGE_ACCESSED | _PAGE_DIRTY;
const NX = _PAGE_NX;

/**
 * What the MMU does on a user access: P and US are needed, RW for a store, the protection key must allow loads and
 * stores, NX forbids fetches; then A is set, and D by a store. A 1 GiB leaf that refuses has A all the same, as captures
 * show: the walk marks a PUD entry before it knows that it is a leaf.
 *
 * @param permitted - the data rule of this CPU, with or without protection keys.
 * @param permittedFetch - the rule for fetches, which protection keys do not restrict.
 * @fidelity exact
 * @patch none
 */
export function createHardwareWalk(
  permitted: AccessPermitted,
  permittedFetch: AccessPermitted,
): HardwareWalk {
  return {
    permits: (_level, prot, write, exec) =>
      exec ? permittedFetch(prot, write) && (prot & NX) === 0 : permitted(prot, write),
    accessed: (_level, prot, write) => prot | (write ? SET_BY_STORES : SET_BY_LOADS),
    refused: (level, prot) => (level === PGTABLE_LEVEL_PUD ? prot | SET_BY_LOADS : prot),
  };
}
