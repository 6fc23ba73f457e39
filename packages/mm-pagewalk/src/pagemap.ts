import {
  createContPte,
  EINVAL,
  ENOMEM,
  flush_tlb_mm_range,
  flushHugeTlbRange,
  is_cow_mapping,
  type Kernel,
  type MmStruct,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  VM_PFNMAP,
  VM_SHARED,
  VM_SOFTDIRTY,
  type VmAreaStruct,
  vma_set_page_prot,
} from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import {
  alignDown,
  isAligned,
  KernelBug,
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type Prot,
  type Slot,
} from '@pfnmap/pgtable-core';
import type { PageWalker } from './walk-page-range.ts';

/** Bits of a /proc/PID/pagemap word. */
const PM_SOFT_DIRTY = 1n << 55n;
const PM_MMAP_EXCLUSIVE = 1n << 56n;
const PM_FILE = 1n << 61n;
const PM_PRESENT = 1n << 63n;

/** What is written to /proc/PID/clear_refs. */
const CLEAR_REFS_ANON = 2;
const CLEAR_REFS_MAPPED = 3;
const CLEAR_REFS_SOFT_DIRTY = 4;
const CLEAR_REFS_MM_HIWATER_RSS = 5;

/** The /proc readers and writers that go page by page. */
export interface PageReaders {
  pagemap(mm: MmStruct, address: number): bigint;
  clear_refs(mm: MmStruct, type: number): number;
  mincore(mm: MmStruct, address: number, pages: number): number[] | number;
}

/** Makes them for a kernel. */
export function createPageReaders(
  kernel: Kernel,
  memory: MmMemory,
  walker: PageWalker,
): PageReaders {
  const { arch, pt, mem, anon, events } = kernel;
  const { pageSize, pageShift } = arch.geometry;
  const contpte = createContPte(kernel);
  const pmdSize = arch.geometry.levels[PGTABLE_LEVEL_PMD].size;
  const asksNormalPmd = kernel.config.enabled('PROC_NORMAL_PMD');
  const countsDeviceMemory = kernel.config.enabled('MINCORE_PFNMAP');
  const softDirtyOf = (vma: VmAreaStruct | null): bigint =>
    arch.update.hasSoftDirty && vma !== null && (vma.vm_flags & VM_SOFTDIRTY) !== 0
      ? PM_SOFT_DIRTY
      : 0n;

  const present = (vma: VmAreaStruct, pte: Prot, pfn: number, page: number): bigint => {
    let word = softDirtyOf(vma) | PM_PRESENT | BigInt(pfn);
    if (arch.pte_soft_dirty(pte)) word |= PM_SOFT_DIRTY;
    if (page >= 0 && (vma.vm_flags & VM_SHARED) !== 0) word |= PM_FILE;
    if (page >= 0 && anon.mapcount(page) === 1) word |= PM_MMAP_EXCLUSIVE;
    return word;
  };
  const pteWord = (ptep: Slot, address: number, vma: VmAreaStruct): bigint => {
    const pte = pt.ptep_get(ptep);
    if (pt.pte_none(ptep) || !arch.pte_present(pte)) return softDirtyOf(vma);
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, ptep);
    return present(vma, pte, pfn, memory.vm_normal_page(vma, address, pte, pfn));
  };
  /**
   * The page behind a PMD leaf, or -1. Before PROC_NORMAL_PMD the frame of any leaf is taken for one of memory: PFNMAP VMAs
   * are not walked, and those with VM_MIXEDMAP were forgotten.
   */
  const pageOfLeaf = (
    vma: VmAreaStruct,
    address: number,
    pmdp: Slot,
    where: 'pagemap_pmd_range' | 'clear_refs_pte_range',
  ): Pfn => {
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp);
    if (!asksNormalPmd && !mem.isRam(pfn)) {
      throw new KernelBug('a struct page is taken for a frame of device memory', where, { pfn });
    }
    return memory.vm_normal_page_pmd(vma, address, pt.pmdp_get(pmdp), pfn);
  };
  const pmdWord = (pmdp: Slot, address: number, vma: VmAreaStruct): bigint => {
    const pmd = pt.pmdp_get(pmdp);
    if (!arch.pmd_trans_huge(pmd)) return pteWord(pt.pte_offset(pmdp, address), address, vma);
    if (!arch.pmd_present(pmd)) return softDirtyOf(vma);
    const head = pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp);
    const pfn = head + (address % pmdSize) / pageSize;
    const page = pageOfLeaf(vma, address, pmdp, 'pagemap_pmd_range') < 0 ? -1 : pfn;
    // A huge page of zeroes that is not marked special counts as a page, and as none of anonymous memory.
    const isZero = anon.large.isHugeZero(head) && !arch.pmd_special(pmd);
    return present(vma, pmd, pfn, page) | (isZero ? PM_FILE : 0n);
  };

  const forgetDirtyVmas = (mm: MmStruct): void => {
    for (const vma of mm.vmas) {
      if ((vma.vm_flags & VM_SOFTDIRTY) === 0) continue;
      vma.vm_flags &= ~VM_SOFTDIRTY;
      vma_set_page_prot(arch, vma);
    }
  };
  /** pte_is_pinned(): a write-protected page would be copied by the next write, away from the DMA that knows the old one. */
  const pteIsPinned = (vma: VmAreaStruct, address: number, ptep: Slot): boolean => {
    const pte = pt.ptep_get(ptep);
    if (!arch.pte_write(pte) || !is_cow_mapping(vma.vm_flags)) return false;
    const page = memory.vm_normal_page(vma, address, pte, pt.pfnAt(PGTABLE_LEVEL_PTE, ptep));
    return page >= 0 && anon.isPinned(page);
  };
  /** What clear_refs does to one PTE: soft-dirty is cleared of any, accessed only of one that maps a page. */
  const clearReference = (
    vma: VmAreaStruct,
    address: number,
    ptep: Slot,
    softDirty: boolean,
  ): void => {
    const pte = pt.ptep_get(ptep);
    if (pt.pte_none(ptep) || !arch.pte_present(pte)) return;
    if (softDirty) {
      if (!arch.update.hasSoftDirty || pteIsPinned(vma, address, ptep)) return;
      pt.setProt(PGTABLE_LEVEL_PTE, ptep, arch.pte_clear_soft_dirty(arch.pte_wrprotect(pte)));
      return;
    }
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, ptep);
    if (memory.vm_normal_page(vma, address, pte, pfn) < 0) return;
    contpte.eachOfBlock(address, ptep, (slot) =>
      pt.setProt(PGTABLE_LEVEL_PTE, slot, arch.pte_mkold(pt.ptep_get(slot))),
    );
  };

  /** The same for a PMD leaf. Soft-dirty is cleared by pmdp_invalidate(), with a flush of its own. */
  const clearReferenceOfLeaf = (
    vma: VmAreaStruct,
    address: number,
    pmdp: Slot,
    softDirty: boolean,
  ): void => {
    const pmd = pt.pmdp_get(pmdp);
    if (!arch.pmd_trans_huge(pmd) || !arch.pmd_present(pmd)) return;
    if (softDirty) {
      if (!arch.update.hasSoftDirty) return;
      const start = alignDown(address, pmdSize);
      flushHugeTlbRange(kernel, vma.vm_mm, PGTABLE_LEVEL_PMD, start, start + pmdSize);
      pt.setProt(PGTABLE_LEVEL_PMD, pmdp, arch.pmd_clear_soft_dirty(arch.pmd_wrprotect(pmd)));
      return;
    }
    const page = pageOfLeaf(vma, address, pmdp, 'clear_refs_pte_range');
    // Before it asks, the huge page of zeroes is a page like others.
    if (page >= 0 || !asksNormalPmd) pt.setProt(PGTABLE_LEVEL_PMD, pmdp, arch.pmd_mkold(pmd));
  };

  const countMapped = (mm: MmStruct, address: number, answer: number[]): void => {
    for (let page = 0; page < answer.length; ) {
      const at = address + page * pageSize;
      const slot = pt.walk(mm, at);
      const { size } = arch.geometry.levels[pt.walked.level];
      const next = page + (size - (at % size)) / pageSize;
      if (!pt.pte_none(slot)) answer.fill(1, page, next);
      page = next;
    }
  };

  return {
    /**
     * The word of /proc/PID/pagemap for the page at an address, as root reads it. A PFNMAP VMA is a hole.
     *
     * @context takes mmap_lock for reading.
     * @fidelity exact for PFN mappings
     * @patch none
     */
    pagemap(mm, address) {
      let word = 0n;
      walker.walk_page_range(mm, address, address + pageSize, {
        pmd_entry: (pmdp, at, _next, vma) => {
          word = pmdWord(pmdp, at, vma);
          return 0;
        },
        pte_hole: (_from, _to, vma) => {
          word = softDirtyOf(vma);
          return 0;
        },
      });
      return word;
    },
    /**
     * Writes to /proc/PID/clear_refs. Type 4 clears VM_SOFTDIRTY of every VMA, whose new entries then start read-only;
     * PFNMAP VMAs are not walked.
     *
     * @param type 1 all, 2 anonymous, 3 file, 4 soft-dirty, 5 peak size.
     * @returns 0.
     * @context takes mmap_lock, for writing with type 4.
     * @fidelity exact for PFN mappings
     * @patch none
     */
    clear_refs(mm, type) {
      if (type === CLEAR_REFS_MM_HIWATER_RSS) return 0;
      const softDirty = type === CLEAR_REFS_SOFT_DIRTY;
      const range = {
        mm,
        reason: 'SOFT_DIRTY',
        start: 0,
        end: Number.POSITIVE_INFINITY,
      } as const;
      if (softDirty) {
        if (arch.update.hasSoftDirty) forgetDirtyVmas(mm);
        mmu_notifier_invalidate_range_start(events, range);
      }
      walker.walk_page_range(mm, 0, Number.POSITIVE_INFINITY, {
        test_walk: (vma) => {
          if ((vma.vm_flags & VM_PFNMAP) !== 0) return 1;
          const isFile = vma.vm_file !== null;
          const skipped = type === CLEAR_REFS_ANON ? isFile : type === CLEAR_REFS_MAPPED && !isFile;
          return skipped ? 1 : 0;
        },
        pmd_entry: (pmdp, start, end, vma) => {
          if (!pt.isTable(pmdp)) {
            clearReferenceOfLeaf(vma, start, pmdp, softDirty);
            return 0;
          }
          for (let at = start; at < end; at += pageSize) {
            clearReference(vma, at, pt.pte_offset(pmdp, at), softDirty);
          }
          return 0;
        },
      });
      if (softDirty) {
        mmu_notifier_invalidate_range_end(events, range);
        flush_tlb_mm_range(kernel, mm, range.start, range.end, pageShift);
      }
      return 0;
    },
    /**
     * mincore(): which pages are in memory. Until 6.12 a PFNMAP VMA is not walked, and its file holds no pages, so all are 0;
     * 7.3 counts what entries of any size map, and clears none.
     *
     * @returns 1 or 0 for each page; -EINVAL for a misaligned address; -ENOMEM when the range has a hole.
     * @context takes mmap_lock for reading.
     * @fidelity partial files with a page cache are not modelled
     * @patch none
     */
    mincore(mm, address, pages) {
      if (!isAligned(address, pageSize)) return -EINVAL;
      if (mm.hasHole(address, address + pages * pageSize)) return -ENOMEM;
      const answer = new Array<number>(pages).fill(0);
      if (countsDeviceMemory) {
        countMapped(mm, address, answer);
        return answer;
      }
      walker.walk_page_range(mm, address, address + pages * pageSize, {
        pmd_entry: (pmdp, start, end) => {
          for (let at = start; at < end; at += pageSize) {
            const ptep = pt.isTable(pmdp) ? pt.pte_offset(pmdp, at) : pmdp;
            if (!pt.pte_none(ptep)) answer[(at - address) / pageSize] = 1;
          }
          return 0;
        },
        test_walk: (vma) => ((vma.vm_flags & VM_PFNMAP) !== 0 ? 1 : 0),
      });
      return answer;
    },
  };
}
