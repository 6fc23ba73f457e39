import {
  createContPte,
  flush_tlb_mm_range,
  type Kernel,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  VM_LOCKED,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import {
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type Prot,
  type Slot,
} from '@pfnmap/pgtable-core';
import type { HugeSplitter } from './split.ts';

/** An entry that was taken out to be put back. */
export interface TakenEntry {
  readonly vma: VmAreaStruct;
  readonly address: number;
  readonly slot: Slot;
  readonly pfn: Pfn;
  readonly old: Prot;
}

/** Pages side by side, and where the first is mapped or would be. */
export interface PageRun {
  readonly vma: VmAreaStruct;
  readonly address: number;
  readonly pfn: Pfn;
  readonly pages: number;
}

/** Takes the entries of pages out, as migration does, and puts them back. */
export interface FolioEntries {
  /**
   * Up to a page that is pinned.
   *
   * @param splitsPmd a PMD over the pages is split first.
   */
  takeOut(run: PageRun, splitsPmd: boolean): TakenEntry[];
  /** @param sharesZeroes the page of zeroes comes in place of pages that hold nothing else. */
  putBack(entries: readonly TakenEntry[], sharesZeroes: boolean): void;
}

/** Makes it for a kernel; `splitsInWalk` says that a PMD is split under the notifiers of the walk (7.x). */
export function createFolioEntries(
  kernel: Kernel,
  splitter: HugeSplitter,
  splitsInWalk: boolean,
): FolioEntries {
  const { arch, pt, anon, events } = kernel;
  const { pageSize, pageShift } = arch.geometry;
  const contpte = createContPte(kernel);

  /** Whether two VMAs may map pages of one folio: they are memory that was cut, or moved, together. */
  const mayMapWith = (vma: VmAreaStruct, other: VmAreaStruct): boolean =>
    vma_is_anonymous(other) &&
    other.vm_pgoff - vma.vm_pgoff === (other.vm_start - vma.vm_start) / pageSize;

  /** Splits the PMD at the start of a part of the folio, if it is one; true if it was. */
  const splitPmd = (vma: VmAreaStruct, start: number): boolean => {
    const slot = pt.walk(vma.vm_mm, start);
    const isLeaf = pt.walked.level === PGTABLE_LEVEL_PMD && !pt.pmd_none(slot);
    if (!splitsInWalk) splitter.split_huge_pmd_address(vma, start);
    else if (isLeaf) splitter.split_huge_pmd_locked(vma, slot, start);
    return isLeaf;
  };

  /** try_to_migrate() in one VMA. What is pinned is put back at once, and ends it: false. */
  const takeOutOf = (
    vma: VmAreaStruct,
    { address: base, pfn: first, pages }: PageRun,
    splitsPmd: boolean,
    taken: TakenEntry[],
  ): boolean => {
    const mm = vma.vm_mm;
    const start = Math.max(base, vma.vm_start);
    const end = Math.min(base + pages * pageSize, vma.vm_end);
    const range = { mm, reason: 'CLEAR', start, end } as const;
    // What the split of a PMD flushed need not be flushed page by page.
    let isFlushed = splitsPmd && !splitsInWalk && splitPmd(vma, start);
    mmu_notifier_invalidate_range_start(events, range);
    if (splitsPmd && splitsInWalk) isFlushed = splitPmd(vma, start);
    let isStuck = false;
    for (let address = start; address < end && !isStuck; address += pageSize) {
      const slot = pt.walk(mm, address);
      const pfn = first + (address - base) / pageSize;
      const isThere = pt.walked.level === PGTABLE_LEVEL_PTE && !pt.pte_none(slot);
      if (!isThere || pt.pfnAt(PGTABLE_LEVEL_PTE, slot) !== pfn) continue;
      if (!isFlushed) {
        contpte.unfold(mm, address, slot);
        flush_tlb_mm_range(kernel, mm, address, address + pageSize, pageShift);
      }
      isStuck = anon.isPinned(pfn);
      if (!isStuck) taken.push({ vma, address, slot, pfn, old: pt.ptep_get(slot) });
    }
    mmu_notifier_invalidate_range_end(events, range);
    return !isStuck;
  };

  /** remove_migration_pte(). */
  const putBackOne = (
    { vma, address, slot, pfn, old }: TakenEntry,
    sharesZeroes: boolean,
  ): void => {
    const soft = (entry: Prot): Prot =>
      arch.pte_soft_dirty(old) ? arch.pte_mksoft_dirty(entry) : arch.pte_clear_soft_dirty(entry);
    let entry = arch.protOfNewPte(vma.vm_page_prot);
    if (sharesZeroes && anon.holdsZeroes(pfn) && (vma.vm_flags & VM_LOCKED) === 0) {
      pt.set(PGTABLE_LEVEL_PTE, slot, anon.zeroPage, soft(arch.pte_mkspecial(entry)));
      vma.vm_mm.rss.anon--;
      anon.put(pfn, vma.vm_mm.id);
      return;
    }
    const isYoung = arch.update.migrationKeepsYoung && arch.pte_young(old);
    if (!isYoung) entry = arch.pte_mkold(entry);
    if (arch.pte_dirty(old)) entry = arch.pte_mkdirty(entry);
    if (arch.pte_write(old)) entry = arch.pte_mkwrite(entry);
    pt.set(PGTABLE_LEVEL_PTE, slot, pfn, soft(entry));
    contpte.fold(vma.vm_mm, address, slot);
  };

  return {
    takeOut(run, splitsPmd) {
      const end = run.address + run.pages * pageSize;
      const taken: TakenEntry[] = [];
      run.vma.vm_mm
        .overlapping(run.address, end)
        .filter((part) => mayMapWith(run.vma, part))
        .every((part) => takeOutOf(part, run, splitsPmd, taken));
      return taken;
    },
    putBack(entries, sharesZeroes) {
      for (const entry of entries) putBackOne(entry, sharesZeroes);
    },
  };
}
