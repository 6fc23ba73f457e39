import type { Kernel, MmuGather, VmAreaStruct } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE, type Slot } from '@pfnmap/pgtable-core';

/** Frees the PTE table below a PMD if [start, end) is all that it maps, and all its entries are empty. */
export type TryToFreePte = (
  tlb: MmuGather,
  vma: VmAreaStruct,
  pmdp: Slot,
  start: number,
  end: number,
) => void;

/** Makes it for a kernel; without PT_RECLAIM it does nothing. */
export function createPtReclaim(kernel: Kernel, enabled: boolean): TryToFreePte {
  const { arch, pt } = kernel;
  const { size } = arch.geometry.levels[PGTABLE_LEVEL_PMD];
  const entries = size / arch.geometry.pageSize;
  if (!enabled) return () => {};
  /**
   * try_to_free_pte(): an empty PTE table goes away before its VMA does.
   *
   * @context mmap_lock held; takes the PMD and the PTE lock.
   * @fidelity exact
   * @patch none
   */
  return function try_to_free_pte(tlb, vma, pmdp, start, end) {
    if (end - start < size || pt.emptyRun(pt.pte_offset(pmdp, start), entries) < entries) return;
    pt.freeTable(vma.vm_mm, PGTABLE_LEVEL_PTE, pmdp);
    tlb.freedTable(PGTABLE_LEVEL_PMD, start);
  };
}
