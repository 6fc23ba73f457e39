import { type Kernel, MmuGather, type VmAreaStruct } from '@pfnmap/mm-core';
import { KernelBug, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE, type Slot } from '@pfnmap/pgtable-core';
import type { AdvisePages } from './advise-pages.ts';
import type { MappedFolio, ReclaimPages } from './reclaim-pages.ts';

/** Marks the pages of a range of a VMA as old, or tries to reclaim them. */
export type MadviseCold = (vma: VmAreaStruct, start: number, end: number, pageout: boolean) => void;

/** Makes MADV_COLD and MADV_PAGEOUT for a kernel. `asksNormalPage`: they find no page behind a device's PMD (7.x). */
export function createMadviseCold(
  kernel: Kernel,
  asksNormalPage: boolean,
  advisePages: AdvisePages,
  reclaim: ReclaimPages,
): MadviseCold {
  const { arch, pt, anon } = kernel;
  const { pageSize } = arch.geometry;

  const makeOld = (tlb: MmuGather, ptep: Slot, address: number, count: number): void => {
    let anyYoung = false;
    for (let slot = ptep; slot < ptep + count * 2; slot += 2) {
      const pte = pt.ptep_get(slot);
      if (!arch.pte_young(pte)) continue;
      anyYoung = true;
      pt.setProt(PGTABLE_LEVEL_PTE, slot, arch.pte_mkold(pte));
    }
    if (anyYoung) tlb.clearedRange(PGTABLE_LEVEL_PTE, address, address + count * pageSize);
  };

  /**
   * madvise_cold() and madvise_pageout(): pages that only this process maps lose their accessed bits; to be reclaimed, they
   * keep them. A PUD leaf goes away, as in every walk.
   *
   * @throws KernelBug before 7.x at a PMD of device memory, in a VM_MIXEDMAP VMA.
   * @context mmap_lock held for reading.
   * @fidelity partial there is no swap; a page counts as mapped by one process if no other maps any page of its folio
   * @patch none
   */
  return function madvise_cold_or_pageout(vma, start, end, pageout) {
    const tlb = new MmuGather(kernel, vma.vm_mm);
    let found: MappedFolio[] = [];
    advisePages(vma, start, end, {
      pmd(pmdp, address) {
        const pmd = pt.pmdp_get(pmdp);
        if (pageout) found.push({ pfn: pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp), address });
        else if (arch.pmd_young(pmd)) {
          pt.setProt(PGTABLE_LEVEL_PMD, pmdp, arch.pmd_mkold(pmd));
          tlb.cleared(PGTABLE_LEVEL_PMD, address);
        }
      },
      ptes(ptep, address, count) {
        const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, ptep);
        if (!anon.isAloneIn(pfn, vma.vm_mm.id)) return;
        if (pageout) found.push({ pfn, address });
        else makeOld(tlb, ptep, address, count);
      },
      devicePmd(pmdp) {
        if (asksNormalPage) return;
        const pfn = `0x${pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp).toString(16)}`;
        const what = 'the frame of a device is taken for a page of memory';
        throw new KernelBug(what, 'madvise_cold_or_pageout_pte_range', { pfn });
      },
      done() {
        reclaim(vma, found);
        found = [];
      },
    });
    tlb.endVma(vma);
    tlb.finish();
  };
}
