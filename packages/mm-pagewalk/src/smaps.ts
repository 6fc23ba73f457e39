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

/** One VMA in /proc/PID/numa_maps. */
export interface NumaMapsEntry {
  readonly start: number;
  readonly policy: string;
  /** Pages that have a struct page. */
  readonly pages: number;
  /** Those that are dirty by their entry. */
  readonly dirty: number;
  /** The most entries that map one of them. */
  readonly mapmax: number;
}

/** The /proc readers that gather sizes. */
export interface SizeReaders {
  smaps(mm: MmStruct): SmapsEntry[];
  smaps_rollup(mm: MmStruct): { Rss: number; AnonHugePages: number };
  numa_maps(mm: MmStruct): NumaMapsEntry[];
}

/** Counts over a walk. */
interface Counter {
  readonly ops: MmWalkOps;
  counts(): {
    readonly pages: number;
    readonly hugePages: number;
    readonly dirty: number;
    readonly mapmax: number;
  };
}

/** Makes the readers for a kernel. */
export function createSizeReaders(
  kernel: Kernel,
  huge: MmHuge,
  memory: MmMemory,
  walker: PageWalker,
): SizeReaders {
  const { arch, pt, anon, events } = kernel;
  const { pageSize, levels } = arch.geometry;
  const everyOrder = 0x7fffffff;

  /** Counts resident pages by the entry; reads PMD leaves as they are, and PTEs one by one. */
  const counter = (): Counter => {
    let pages = 0;
    let dirty = 0;
    let mapmax = 0;
    let hugePages = 0;
    const pmd_entry = (pmdp: Slot, start: number, end: number, vma: VmAreaStruct): number => {
      const pmd = pt.pmdp_get(pmdp);
      if (arch.pmd_trans_huge(pmd)) {
        const pfn = pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp);
        const page = arch.pmd_present(pmd) ? memory.vm_normal_page_pmd(vma, start, pmd, pfn) : -1;
        if (page >= 0) {
          pages += 2 ** levels[PGTABLE_LEVEL_PMD].order;
          hugePages += 2 ** levels[PGTABLE_LEVEL_PMD].order;
          if (arch.pmd_dirty(pmd)) dirty += 2 ** levels[PGTABLE_LEVEL_PMD].order;
          mapmax = Math.max(mapmax, anon.mapcount(page));
        }
        return 0;
      }
      for (let address = start; address < end; address += pageSize) {
        const ptep = pt.pte_offset(pmdp, address);
        if (pt.pte_none(ptep)) continue;
        const pte = pt.ptep_get(ptep);
        if (!arch.pte_present(pte)) continue;
        const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, ptep);
        const page = memory.vm_normal_page(vma, address, pte, pfn);
        if (page < 0) continue;
        pages++;
        if (arch.pte_dirty(pte)) dirty++;
        mapmax = Math.max(mapmax, anon.mapcount(page));
      }
      return 0;
    };
    return { ops: { pmd_entry }, counts: () => ({ pages, hugePages, dirty, mapmax }) };
  };
  const residentPages = (vma: VmAreaStruct): number => {
    const { ops, counts } = counter();
    walker.walk_page_vma(vma, ops);
    return counts().pages;
  };
  const kilobytes = (pages: number): number => (pages * pageSize) / 1024;

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
        Rss: kilobytes(residentPages(vma)),
        THPeligible: huge.thp_vma_allowable_orders(vma, 'smaps', everyOrder) === 0 ? 0 : 1,
        vma,
      })),
    /**
     * Reads /proc/PID/smaps_rollup: the same walk over every VMA.
     *
     * @fidelity partial Rss and AnonHugePages only
     * @patch none
     */
    smaps_rollup(mm) {
      const { ops, counts } = counter();
      ofEach(mm, (vma) => walker.walk_page_vma(vma, ops));
      const { pages, hugePages } = counts();
      return { Rss: kilobytes(pages), AnonHugePages: kilobytes(hugePages) };
    },
    /**
     * Reads /proc/PID/numa_maps: pages that have a struct page, by VMA.
     *
     * @fidelity partial page counts only
     * @patch none
     */
    numa_maps: (mm) =>
      ofEach(mm, (vma) => {
        const { ops, counts } = counter();
        walker.walk_page_vma(vma, ops);
        const { pages, dirty, mapmax } = counts();
        return { start: vma.vm_start, policy: vma.vm_policy, pages, dirty, mapmax };
      }),
  };
}
