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
  alignDown,
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type Prot,
  type Slot,
} from '@pfnmap/pgtable-core';
import type { HugeSplitter } from './split.ts';

/** Makes single pages of the huge page that has a page at an address; false when it cannot. */
export type SplitFolio = (vma: VmAreaStruct, address: number, pfn: Pfn) => boolean;

/** An entry that was taken out to be put back. */
interface Taken {
  readonly vma: VmAreaStruct;
  readonly slot: Slot;
  readonly pfn: Pfn;
  readonly old: Prot;
}

/** Makes split_folio() for a kernel; `splitsInWalk` says that a PMD is split under the notifiers of the walk (7.x). */
export function createSplitFolio(
  kernel: Kernel,
  splitter: HugeSplitter,
  splitsInWalk: boolean,
): SplitFolio {
  const { arch, pt, anon, events } = kernel;
  const { pageSize, pageShift } = arch.geometry;
  const { size, order } = arch.geometry.levels[PGTABLE_LEVEL_PMD];
  const pages = 2 ** order;
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

  /** try_to_migrate() in one VMA: takes the entries of the folio out. */
  const takeOut = (vma: VmAreaStruct, base: number, head: Pfn): Taken[] => {
    const mm = vma.vm_mm;
    const start = Math.max(base, vma.vm_start);
    const end = Math.min(base + size, vma.vm_end);
    const range = { mm, reason: 'CLEAR', start, end } as const;
    // What the split of a PMD flushed need not be flushed page by page.
    let isFlushed = !splitsInWalk && splitPmd(vma, start);
    mmu_notifier_invalidate_range_start(events, range);
    if (splitsInWalk) isFlushed = splitPmd(vma, start);
    const taken: Taken[] = [];
    for (let address = start; address < end; address += pageSize) {
      const slot = pt.walk(mm, address);
      const pfn = head + (address - base) / pageSize;
      const isThere = pt.walked.level === PGTABLE_LEVEL_PTE && !pt.pte_none(slot);
      if (!isThere || pt.pfnAt(PGTABLE_LEVEL_PTE, slot) !== pfn) continue;
      if (!isFlushed) {
        contpte.unfold(mm, address, slot);
        flush_tlb_mm_range(kernel, mm, address, address + pageSize, pageShift);
      }
      taken.push({ vma, slot, pfn, old: pt.ptep_get(slot) });
    }
    mmu_notifier_invalidate_range_end(events, range);
    return taken;
  };

  /** remove_migration_pte(): a page of zeroes is put back as the one that all share. */
  const putBack = ({ vma, slot, pfn, old }: Taken): void => {
    const soft = (entry: Prot): Prot =>
      arch.pte_soft_dirty(old) ? arch.pte_mksoft_dirty(entry) : entry;
    let entry = arch.protOfNewPte(vma.vm_page_prot);
    if (anon.holdsZeroes(pfn) && (vma.vm_flags & VM_LOCKED) === 0) {
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
  };

  /**
   * split_folio(): every page of a huge one is a page of its own. Its entries are taken out and put back, with the page
   * of zeroes in place of each that holds nothing else.
   *
   * @returns false, and nothing changes, where a page is pinned or another process maps one.
   * @context mmap_lock held.
   * @fidelity partial a folio that several processes map stays whole, where Linux mostly leaves it too
   * @patch none
   */
  return function split_folio(vma, address, pfn) {
    const mm = vma.vm_mm;
    const head = alignDown(pfn, pages);
    if (anon.isPinned(head) || !anon.isAloneIn(head, mm.id)) return false;
    const base = address - (pfn - head) * pageSize;
    const parts = mm.overlapping(base, base + size).filter((part) => mayMapWith(vma, part));
    const taken = parts.flatMap((part) => takeOut(part, base, head));
    anon.dissolve(head);
    for (const entry of taken) putBack(entry);
    return true;
  };
}
