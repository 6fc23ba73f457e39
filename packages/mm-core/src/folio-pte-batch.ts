import { PGTABLE_LEVEL_PTE, type Prot, type Slot } from '@pfnmap/pgtable-core';
import type { Kernel } from './kernel.ts';

/** PTEs of one folio that are changed together, and the state they have together. */
export interface PteBatch {
  readonly count: number;
  /** The first entry, young or dirty if any of the batch is. */
  readonly pte: Prot;
}

/**
 * folio_pte_batch(): how many PTEs from a slot on map pages in a row of one large folio with the same rights; accessed and
 * dirty bits may differ.
 *
 * @param most entries at most.
 * @fidelity exact
 * @patch none
 */
export function folio_pte_batch(kernel: Kernel, slot: Slot, most: number): PteBatch {
  const { arch, pt, anon } = kernel;
  const plain = (at: Slot): Prot => arch.pte_mkold(arch.pte_mkclean(pt.ptep_get(at)));
  const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, slot);
  const first = plain(slot);
  let pte = pt.ptep_get(slot);
  if (arch.pte_special(pte) || !anon.isLarge(pfn)) return { count: 1, pte };
  let count = 1;
  for (; count < most; count++) {
    const at = slot + count * 2;
    const next = pt.pfnAt(PGTABLE_LEVEL_PTE, at);
    if (next !== pfn + count || !anon.inOneFolio(pfn, next) || plain(at) !== first) break;
    if (arch.pte_dirty(pt.ptep_get(at))) pte = arch.pte_mkdirty(pte);
    if (arch.pte_young(pt.ptep_get(at))) pte = arch.pte_mkyoung(pte);
  }
  return { count, pte };
}
