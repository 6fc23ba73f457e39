import {
  createContPte,
  flush_tlb_mm_range,
  flush_tlb_range,
  folio_pte_batch,
  type Kernel,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  type PteBatch,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import {
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type Prot,
  type Slot,
} from '@pfnmap/pgtable-core';

/** A page, or a huge one by its first, and where it is mapped. */
export interface MappedFolio {
  readonly pfn: Pfn;
  readonly address: number;
}

/** Tries to drop pages that only the process of a VMA maps. */
export type ReclaimPages = (vma: VmAreaStruct, folios: readonly MappedFolio[]) => void;

/** The gates of reclaim, read once. */
export interface ReclaimGates {
  /** Pages of a folio that lie side by side are unmapped at once (7.x). */
  readonly batches: boolean;
}

/** Makes reclaim_pages() for a kernel. */
export function createReclaimPages(
  kernel: Kernel,
  gates: ReclaimGates,
  huge: MmHuge,
): ReclaimPages {
  const { arch, pt, anon, events } = kernel;
  const { pageSize, pageShift } = arch.geometry;
  const { order } = arch.geometry.levels[PGTABLE_LEVEL_PMD];
  const contpte = createContPte(kernel);

  /** Pages from a PTE on that are unmapped at once. */
  const batchAt = (ptep: Slot, most: number): PteBatch =>
    gates.batches ? folio_pte_batch(kernel, ptep, most) : { count: 1, pte: pt.ptep_get(ptep) };

  /** What MADV_FREE let go of may be dropped if nobody wrote to it since, and nobody pins it. */
  const mayDrop = (pfn: Pfn, pte: Prot): boolean => {
    if (arch.pte_dirty(pte)) anon.setLazyFree(pfn, false);
    return !arch.pte_dirty(pte) && !anon.isPinned(pfn);
  };

  /** Drops pages one batch after the other, until some must stay. */
  const unmapPages = (vma: VmAreaStruct, start: number, end: number): void => {
    const mm = vma.vm_mm;
    for (let address = start; address < end; ) {
      const ptep = pt.walk(mm, address);
      const { count, pte } = batchAt(ptep, (end - address) / pageSize);
      const next = address + count * pageSize;
      contpte.unfoldEdges(mm, address, next, ptep);
      if (gates.batches) flush_tlb_range(kernel, mm, address, next);
      else flush_tlb_mm_range(kernel, mm, address, next, pageShift);
      mm.tlb_flush_batched ||= arch.update.defersReclaimFlush;
      if (!mayDrop(pt.pfnAt(PGTABLE_LEVEL_PTE, ptep), pte)) return;
      for (let slot = ptep; slot < ptep + count * 2; slot += 2) {
        const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, slot);
        pt.clear(slot);
        mm.rss.anon--;
        anon.put(pfn, mm.id);
      }
      address = next;
    }
  };

  /** try_to_unmap() of what MADV_FREE let go of. */
  const unmap = (vma: VmAreaStruct, { pfn, address }: MappedFolio): void => {
    const mm = vma.vm_mm;
    const isLarge = anon.isLarge(pfn);
    const end = address + (isLarge ? 2 ** order : 1) * pageSize;
    const range = { mm, reason: 'CLEAR', start: address, end } as const;
    mmu_notifier_invalidate_range_start(events, range);
    const pmdp = pt.walk(mm, address);
    if (pt.walked.level === PGTABLE_LEVEL_PMD) huge.split_huge_pmd_locked(vma, pmdp, address);
    unmapPages(vma, address, end);
    mmu_notifier_invalidate_range_end(events, range);
  };

  /**
   * reclaim_pages(): pages that MADV_FREE let go of are dropped, if they are clean. Without swap others stay, but a huge
   * one is split for it.
   *
   * @context mmap_lock held.
   * @fidelity partial there is no swap
   * @patch none
   */
  return function reclaim_pages(vma, folios) {
    for (const folio of folios) {
      if (anon.isLazyFree(folio.pfn)) unmap(vma, folio);
      else if (anon.isLarge(folio.pfn)) huge.split_folio(vma, folio.address, folio.pfn);
    }
  };
}
