import {
  createContPte,
  EAGAIN,
  EINVAL,
  ENOMEM,
  flushHugeTlbRange,
  type Kernel,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import {
  alignDown,
  alignUp,
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type Slot,
} from '@pfnmap/pgtable-core';
import type { MapAnonFolio } from './map-anon-folio.ts';

/** The gates of collapsing, read once. */
export interface CollapseGates {
  /** Memory that nobody may write is collapsed as well (7.x). */
  readonly readOnly: boolean;
  /** A range without a whole huge page succeeds (7.x), whatever its ends. */
  readonly emptyRange: boolean;
  /** The entries of a folio are cleared together (7.x), so that no block of them is unfolded. */
  readonly batches: boolean;
}

/** Makes huge pages of a range of one VMA. */
export type MadviseCollapse = (vma: VmAreaStruct, start: number, end: number) => number;

/** Makes madvise_collapse() for a kernel. `isAllowed` tells whether a VMA may have huge pages, whatever the sysfs setting. */
export function createMadviseCollapse(
  kernel: Kernel,
  gates: CollapseGates,
  isAllowed: (vma: VmAreaStruct) => boolean,
  mapFolio: MapAnonFolio,
): MadviseCollapse {
  const { arch, pt, anon, events } = kernel;
  const { pageSize } = arch.geometry;
  const { size, order } = arch.geometry.levels[PGTABLE_LEVEL_PMD];
  const pages = 2 ** order;
  const contpte = createContPte(kernel);

  const isPage = (slot: Slot): boolean =>
    !pt.pte_none(slot) && pt.pfnAt(PGTABLE_LEVEL_PTE, slot) !== anon.zeroPage;

  /** hpage_collapse_scan_pmd(): 0 if the pages of a table can become one. */
  const scan = (first: Slot): number => {
    let isWritable = gates.readOnly;
    for (let slot = first; slot < first + pages * 2; slot += 2) {
      if (!isPage(slot)) continue;
      if (anon.isPinned(pt.pfnAt(PGTABLE_LEVEL_PTE, slot))) return -EAGAIN;
      if (arch.pte_write(pt.ptep_get(slot))) isWritable = true;
    }
    return isWritable ? 0 : -EINVAL;
  };

  /** Copies the pages of a table into the folio, and puts them back. */
  const movePages = (vma: VmAreaStruct, start: number, first: Slot, folio: Pfn): void => {
    const mm = vma.vm_mm;
    for (let page = 0; page < pages; page++) {
      const slot = first + page * 2;
      if (isPage(slot)) {
        const old = pt.pfnAt(PGTABLE_LEVEL_PTE, slot);
        anon.copyContent(folio + page, old);
        anon.put(old, mm.id);
        mm.rss.anon--;
      }
      if (!gates.batches && !pt.pte_none(slot)) {
        contpte.unfold(mm, start + page * pageSize, slot);
      }
      pt.clear(slot);
    }
  };

  /** collapse_huge_page(): the table is put aside for the day of a split. */
  const collapse = (vma: VmAreaStruct, start: number, pmdp: Slot, first: Slot): number => {
    const mm = vma.vm_mm;
    const folio = anon.large.alloc(mm.id);
    if (folio < 0) return -ENOMEM;
    const range = { mm, reason: 'CLEAR', start, end: start + size } as const;
    mmu_notifier_invalidate_range_start(events, range);
    pt.clear(pmdp);
    flushHugeTlbRange(kernel, mm, PGTABLE_LEVEL_PMD, start, start + size);
    mmu_notifier_invalidate_range_end(events, range);
    movePages(vma, start, first, folio);
    mm.deposited.push(pt.mem.frameOfSlot(first));
    mapFolio(vma, pmdp, folio);
    return 0;
  };

  /** The PMD above a table that is there. */
  const pmdOf = (vma: VmAreaStruct, address: number): Slot => {
    const p4dp = pt.p4d_offset(pt.pgd_offset(vma.vm_mm, address), address);
    return pt.pmd_offset(pt.pud_offset(p4dp, address), address);
  };

  const collapsePmd = (vma: VmAreaStruct, start: number): number => {
    const slot = pt.walk(vma.vm_mm, start);
    const { level } = pt.walked;
    if (level === PGTABLE_LEVEL_PTE) {
      const error = scan(slot);
      return error === 0 ? collapse(vma, start, pmdOf(vma, start), slot) : error;
    }
    return level === PGTABLE_LEVEL_PMD && !pt.pmd_none(slot) ? 0 : -EINVAL;
  };

  /**
   * MADV_COLLAPSE of one VMA: huge pages take the place of the pages that are there. One that cannot be made does not keep
   * the others from being made.
   *
   * @param start byte address; `end` is exclusive. Only PMD spans that lie in it are collapsed.
   * @returns 0 when every span has a huge page; -EINVAL for a VMA that may not have any or has no
   * private page yet, an empty span, and on 6.12 a span
   * without a writable page; -EAGAIN where a page is pinned; -ENOMEM.
   * @context mmap_lock held.
   * @fidelity partial shared memory is refused
   * @patch none
   */
  return function madvise_collapse(vma, start, end) {
    if (vma.anon_vma === null || !vma_is_anonymous(vma) || !isAllowed(vma)) return -EINVAL;
    const first = alignUp(start, size);
    const last = alignDown(end, size);
    if (last < first) return gates.emptyRange ? 0 : -EINVAL;
    let failure = 0;
    for (let address = first; address < last; address += size) {
      const error = collapsePmd(vma, address);
      if (error === -ENOMEM) return error;
      if (error !== 0) failure = error;
    }
    return failure;
  };
}
