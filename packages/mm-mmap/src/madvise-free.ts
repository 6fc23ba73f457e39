import {
  flushHugeTlbRange,
  type Kernel,
  type MmuGather,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE, type Slot } from '@pfnmap/pgtable-core';
import type { AdvisePages } from './advise-pages.ts';

/** Lets go of what a range of anonymous memory holds, until it is written again. */
export type MadviseFree = (tlb: MmuGather, vma: VmAreaStruct, start: number, end: number) => void;

/** Makes MADV_FREE for a kernel. */
export function createMadviseFree(kernel: Kernel, advisePages: AdvisePages): MadviseFree {
  const { arch, pt, anon, events } = kernel;
  const { pageSize } = arch.geometry;
  const pmdSize = arch.geometry.levels[PGTABLE_LEVEL_PMD].size;

  const cleanPmd = (tlb: MmuGather, vma: VmAreaStruct, pmdp: Slot, address: number): void => {
    const pmd = pt.pmdp_get(pmdp);
    anon.setLazyFree(pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp), true);
    if (!arch.pmd_young(pmd) && !arch.pmd_dirty(pmd)) return;
    flushHugeTlbRange(kernel, vma.vm_mm, PGTABLE_LEVEL_PMD, address, address + pmdSize);
    pt.setProt(PGTABLE_LEVEL_PMD, pmdp, arch.pmd_mkclean(arch.pmd_mkold(pmd)));
    tlb.cleared(PGTABLE_LEVEL_PMD, address);
  };
  const cleanPtes = (tlb: MmuGather, ptep: Slot, address: number, count: number): void => {
    let anyChanged = false;
    for (let page = 0; page < count; page++) {
      const slot = ptep + page * 2;
      const pte = pt.ptep_get(slot);
      if (!arch.pte_young(pte) && !arch.pte_dirty(pte)) continue;
      anyChanged = true;
      pt.setProt(PGTABLE_LEVEL_PTE, slot, arch.pte_mkclean(arch.pte_mkold(pte)));
    }
    if (anyChanged) tlb.clearedRange(PGTABLE_LEVEL_PTE, address, address + count * pageSize);
    anon.setLazyFree(pt.pfnAt(PGTABLE_LEVEL_PTE, ptep), true);
  };

  /**
   * madvise_free_single_vma(): entries become old and clean, and their pages may be dropped as long as they stay clean.
   *
   * @context mmap_lock held for reading; the VMA is anonymous.
   * @fidelity partial pages that several processes map lose their marks even if one was written to through another entry
   * @patch none
   */
  return function madvise_free_single_vma(tlb, vma, start, end) {
    const range = { mm: vma.vm_mm, reason: 'CLEAR', start, end } as const;
    mmu_notifier_invalidate_range_start(events, range);
    advisePages(vma, start, end, {
      pmd: (pmdp, address) => cleanPmd(tlb, vma, pmdp, address),
      ptes: (ptep, address, count) => cleanPtes(tlb, ptep, address, count),
      devicePmd: () => {},
      done: () => {},
    });
    tlb.endVma(vma);
    mmu_notifier_invalidate_range_end(events, range);
  };
}
