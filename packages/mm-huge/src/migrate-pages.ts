import {
  flushHugeTlbRange,
  type Kernel,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import { alignDown, type Pfn, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';
import type { FolioEntries, PageRun, TakenEntry } from './folio-entries.ts';
import type { SplitFolio } from './split-folio.ts';

/** So often are pages tried together, and then each that could not be moved by itself. */
const NR_MAX_MIGRATE_ASYNC_RETRY = 3;
const NR_MAX_MIGRATE_SYNC_RETRY = 7;
/** So many pages are tried together, or a huge one more. */
const NR_MAX_BATCHED_MIGRATION = 512;

/** A page that is to move, and where it is mapped. */
export interface MovingPage {
  readonly vma: VmAreaStruct;
  readonly address: number;
  readonly pfn: Pfn;
}

/** Moves pages to other frames. */
export type MigratePages = (pages: readonly MovingPage[]) => void;

/** Cuts folios into those that are tried together. */
function batchesOf(folios: readonly PageRun[]): PageRun[][] {
  const batches: PageRun[][] = [];
  let room = 0;
  for (const folio of folios) {
    if (room <= 0) {
      batches.push([]);
      room = NR_MAX_BATCHED_MIGRATION;
    }
    batches.at(-1)?.push(folio);
    room -= folio.pages;
  }
  return batches;
}

/** Makes migrate_pages() for a kernel; `listsUpwards` says how the pages of a folio that was split follow each other (7.x). */
export function createMigratePages(
  kernel: Kernel,
  entries: FolioEntries,
  splitFolio: SplitFolio,
  listsUpwards: boolean,
): MigratePages {
  const { arch, pt, anon, events } = kernel;
  const { pageSize } = arch.geometry;
  const { size, order } = arch.geometry.levels[PGTABLE_LEVEL_PMD];
  const largePages = 2 ** order;

  const foliosOf = (pages: readonly MovingPage[]): PageRun[] => {
    const folios = new Map<Pfn, PageRun>();
    for (const { vma, address, pfn } of pages) {
      const isLarge = anon.isLarge(pfn);
      const first = isLarge ? alignDown(pfn, largePages) : pfn;
      const start = address - (pfn - first) * pageSize;
      const run = { vma, address: start, pfn: first, pages: isLarge ? largePages : 1 };
      if (!folios.has(first)) folios.set(first, run);
    }
    return [...folios.values()];
  };

  const isMappedByPmd = ({ vma, address, pfn }: PageRun): boolean => {
    const slot = pt.walk(vma.vm_mm, address);
    return pt.walked.level === PGTABLE_LEVEL_PMD && pt.pfnAt(PGTABLE_LEVEL_PMD, slot) === pfn;
  };

  /** A PMD is put back as it was. */
  const movePmd = ({ vma, address: start }: PageRun): void => {
    const range = { mm: vma.vm_mm, reason: 'CLEAR', start, end: start + size } as const;
    mmu_notifier_invalidate_range_start(events, range);
    flushHugeTlbRange(kernel, vma.vm_mm, PGTABLE_LEVEL_PMD, start, start + size);
    mmu_notifier_invalidate_range_end(events, range);
  };

  /** Those of the pages of a folio that was split which are mapped; the first comes last. */
  const pagesOfSplit = ({ vma, address: start, pfn: first, pages }: PageRun): PageRun[] => {
    const found: PageRun[] = [];
    const addIfMapped = (i: number): void => {
      const address = start + i * pageSize;
      const slot = pt.walk(vma.vm_mm, address);
      const isMapped =
        pt.walked.level === PGTABLE_LEVEL_PTE && pt.pfnAt(PGTABLE_LEVEL_PTE, slot) === first + i;
      if (isMapped) found.push({ vma, address, pfn: first + i, pages: 1 });
    };
    for (let i = 1; i < pages; i++) addIfMapped(listsUpwards ? i : pages - i);
    addIfMapped(0);
    return found;
  };

  /** migrate_pages_batch(), once: returns the pages of folios that were split instead. */
  const moveTogether = (folios: readonly PageRun[]): PageRun[] => {
    const split: PageRun[] = [];
    const taken: TakenEntry[] = [];
    for (const folio of folios) {
      const { vma, address, pfn, pages } = folio;
      const isCut = pages > 1 && anon.large.isPartlyMapped(pfn);
      if (isMappedByPmd(folio)) movePmd(folio);
      else if (isCut && splitFolio(vma, address, pfn)) split.push(...pagesOfSplit(folio));
      else {
        vma.vm_mm.tlb_flush_batched ||= arch.update.defersReclaimFlush;
        taken.push(...entries.takeOut(folio, false));
      }
    }
    entries.putBack(taken, false);
    return split;
  };

  /**
   * migrate_pages(): entries are taken out and put back. What they map afterwards is told as the same frame, since frames of
   * memory are nobody's business. A huge page of which a part is not mapped any more is split, and its pages move after the
   * others. What is pinned stays.
   *
   * @context mmap_lock not held.
   * @patch none
   */
  return function migrate_pages(pages) {
    for (const batch of batchesOf(foliosOf(pages))) {
      const split = moveTogether(batch);
      const stuck = batch.filter(({ pfn }) => anon.isPinned(pfn));
      for (let pass = 1; pass < NR_MAX_MIGRATE_ASYNC_RETRY; pass++) moveTogether(stuck);
      for (const folio of stuck)
        for (let pass = 0; pass < NR_MAX_MIGRATE_SYNC_RETRY; pass++) moveTogether([folio]);
      moveTogether(split);
    }
  };
}
