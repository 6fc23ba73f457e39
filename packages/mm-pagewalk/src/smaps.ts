import {
  type Kernel,
  type MmStruct,
  mmap_read_lock,
  mmap_read_unlock,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE, type Slot } from '@pfnmap/pgtable-core';
import type { MmWalkOps, PageWalker } from './walk-page-range.ts';

/** One VMA in /proc/PID/smaps; sizes in kB as it prints them. */
export interface SmapsEntry {
  readonly start: number;
  readonly end: number;
  readonly Size: number;
  readonly Rss: number;
  readonly THPeligible: 0 | 1;
  readonly vma: VmAreaStruct;
}

/** The /proc readers that gather sizes. */
export interface SizeReaders {
  smaps(mm: MmStruct): SmapsEntry[];
  smaps_rollup(mm: MmStruct): { Rss: number };
  numa_maps(mm: MmStruct): { start: number; policy: string; pages: number }[];
}

/** Makes the readers for a kernel. */
export function createSizeReaders(
  kernel: Kernel,
  huge: MmHuge,
  memory: MmMemory,
  walker: PageWalker,
): SizeReaders {
  const { arch, pt, events } = kernel;
  const { pageSize, levels } = arch.geometry;
  const everyOrder = 0x7fffffff;

  /** Counts resident pages by the entry; reads PMD leaves as they are, and PTEs one by one. */
  const counter = (): { ops: MmWalkOps; pages: () => number } => {
    let pages = 0;
    const pmd_entry = (pmdp: Slot, start: number, end: number, vma: VmAreaStruct): number => {
      const pmd = pt.pmdp_get(pmdp);
      if (arch.pmd_trans_huge(pmd)) {
        const pfn = pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp);
        const page = arch.pmd_present(pmd) ? memory.vm_normal_page_pmd(vma, start, pmd, pfn) : -1;
        if (page >= 0) pages += 2 ** levels[PGTABLE_LEVEL_PMD].order;
        return 0;
      }
      for (let address = start; address < end; address += pageSize) {
        const ptep = pt.pte_offset(pmdp, address);
        if (pt.pte_none(ptep)) continue;
        const pte = pt.ptep_get(ptep);
        if (!arch.pte_present(pte)) continue;
        const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, ptep);
        if (memory.vm_normal_page(vma, address, pte, pfn) >= 0) pages++;
      }
      return 0;
    };
    return { ops: { pmd_entry }, pages: () => pages };
  };
  const residentPages = (vma: VmAreaStruct): number => {
    const { ops, pages } = counter();
    walker.walk_page_vma(vma, ops);
    return pages();
  };

  /** What a reader prints of each VMA. */
  const ofEach = <T>(mm: MmStruct, read: (vma: VmAreaStruct) => T): T[] => {
    mmap_read_lock(events, mm);
    const all = mm.vmas.map(read);
    mmap_read_unlock(events, mm);
    return all;
  };

  return {
    /**
     * Reads all of /proc/PID/smaps. The walk has no pud_entry, so every PUD leaf of the process is cleared by it.
     *
     * @context takes mmap_lock for reading.
     * @fidelity partial Size, Rss and THPeligible only
     * @patch none
     */
    smaps: (mm) =>
      ofEach(mm, (vma) => ({
        start: vma.vm_start,
        end: vma.vm_end,
        Size: (vma.vm_end - vma.vm_start) / 1024,
        Rss: (residentPages(vma) * pageSize) / 1024,
        THPeligible: huge.thp_vma_allowable_orders(vma, 'smaps', everyOrder) === 0 ? 0 : 1,
        vma,
      })),
    /**
     * Reads /proc/PID/smaps_rollup: the same walk over every VMA.
     *
     * @fidelity partial Rss only
     * @patch none
     */
    smaps_rollup: (mm) => ({
      Rss: ofEach(mm, residentPages).reduce((sum, pages) => sum + (pages * pageSize) / 1024, 0),
    }),
    /**
     * Reads /proc/PID/numa_maps: pages that have a struct page, by VMA.
     *
     * @fidelity partial page counts only
     * @patch none
     */
    numa_maps: (mm) =>
      ofEach(mm, (vma) => ({
        start: vma.vm_start,
        policy: vma.vm_policy,
        pages: residentPages(vma),
      })),
  };
}
