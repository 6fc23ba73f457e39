import {
  anon_vma_prepare,
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_VMA_LOCK,
  FAULT_FLAG_WRITE,
  flush_tlb_mm_range,
  flushHugeTlbRange,
  type Kernel,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  VM_FAULT_FALLBACK,
  VM_FAULT_RETRY,
  VM_SHARED,
  VM_WRITE,
  type VmAreaStruct,
  type VmFault,
} from '@pfnmap/mm-core';
import { alignDown, PGTABLE_LEVEL_PMD, type Prot } from '@pfnmap/pgtable-core';
import { depositTable } from './deposit.ts';
import type { MapAnonFolio } from './map-anon-folio.ts';
import type { HugeSplitter } from './split.ts';

/** Huge pages of anonymous memory, for one kernel. */
export interface AnonymousHuge {
  do_huge_pmd_anonymous_page(vmf: VmFault): number;
  do_huge_pmd_wp_page(vmf: VmFault): number;
}

/** The gates of anonymous huge pages, read once. */
export interface AnonymousHugeGates {
  /** The huge page of zeroes is mapped special (7.x). */
  readonly zeroIsSpecial: boolean;
  /** A write to the huge page of zeroes gets a huge page (from 6.13 on); before, the PMD is split. */
  readonly zeroBecomesHuge: boolean;
  /** pmdp_set_access_flags() flushes the whole leaf where it flushes (7.x); before, its first page. */
  readonly accessFlushesLeaf: boolean;
}

/** Makes them for a kernel. */
export function createAnonymousHuge(
  kernel: Kernel,
  gates: AnonymousHugeGates,
  splitter: HugeSplitter,
  mapFolio: MapAnonFolio,
): AnonymousHuge {
  const { arch, pt, anon, events } = kernel;
  const { pageSize } = arch.geometry;
  const { size } = arch.geometry.levels[PGTABLE_LEVEL_PMD];

  const maybeWritable = (vma: VmAreaStruct, pmd: Prot): Prot =>
    (vma.vm_flags & VM_WRITE) === 0 ? pmd : arch.pmd_mkwrite(pmd);

  const mapZeroPage = ({ vma, pmd }: VmFault): number => {
    const folio = anon.large.hugeZeroPage();
    if (folio < 0 || !depositTable(kernel, vma.vm_mm)) return VM_FAULT_FALLBACK;
    const entry = arch.pmd_mkhuge(vma.vm_page_prot);
    const marked = gates.zeroIsSpecial ? arch.pmd_mkspecial(entry) : entry;
    pt.set(PGTABLE_LEVEL_PMD, pmd, folio, marked);
    return 0;
  };

  /** do_huge_zero_wp_pmd(): a huge page takes the place of the one of zeroes, and its table. */
  const replaceZeroPage = ({ vma, address, pmd }: VmFault): number => {
    const mm = vma.vm_mm;
    const folio = anon.large.alloc(mm.id);
    if (folio < 0) return VM_FAULT_FALLBACK;
    const start = alignDown(address, size);
    const range = { mm, reason: 'CLEAR', start, end: start + size } as const;
    mmu_notifier_invalidate_range_start(events, range);
    pt.clear(pmd);
    flushHugeTlbRange(kernel, mm, PGTABLE_LEVEL_PMD, start, start + size);
    mapFolio(vma, pmd, folio);
    mmu_notifier_invalidate_range_end(events, range);
    return 0;
  };

  const reuse = ({ vma, address, flags, pmd, orig_pmd }: VmFault): number => {
    if ((flags & FAULT_FLAG_UNSHARE) !== 0) return 0;
    const entry = maybeWritable(vma, arch.pmd_mkdirty(arch.pmd_mkyoung(orig_pmd)));
    if (entry === orig_pmd) return 0;
    pt.setProt(PGTABLE_LEVEL_PMD, pmd, arch.update.setAccessFlags(orig_pmd, entry, true));
    if (arch.update.setAccessFlagsFlushes) {
      const { pageShift } = arch.geometry;
      const start = alignDown(address, size);
      const bytes = gates.accessFlushesLeaf ? size : pageSize;
      flush_tlb_mm_range(kernel, vma.vm_mm, start, start + bytes, pageShift);
    }
    return 0;
  };

  return {
    /**
     * A fault on an empty PMD of private anonymous memory: the huge page of zeroes for a read, else a huge page of its own,
     * and a table put aside for the day of its split.
     *
     * @returns 0; VM_FAULT_FALLBACK when the VMA does not hold the whole PMD or memory is short; VM_FAULT_RETRY.
     * @fidelity partial memory is never too fragmented for a huge page, only exhausted
     * @patch none
     */
    do_huge_pmd_anonymous_page(vmf) {
      const { vma, flags } = vmf;
      const start = alignDown(vmf.address, size);
      if (start < vma.vm_start || start + size > vma.vm_end) return VM_FAULT_FALLBACK;
      if ((vma.vm_flags & VM_SHARED) !== 0) return VM_FAULT_FALLBACK;
      if (!vma.anon_vma && (flags & FAULT_FLAG_VMA_LOCK) !== 0) return VM_FAULT_RETRY;
      anon_vma_prepare(vma, pageSize);
      if ((flags & FAULT_FLAG_WRITE) === 0) return mapZeroPage(vmf);
      const folio = anon.large.alloc(vma.vm_mm.id);
      if (folio < 0) return VM_FAULT_FALLBACK;
      if (!depositTable(kernel, vma.vm_mm)) {
        anon.large.put(folio, vma.vm_mm.id);
        return VM_FAULT_FALLBACK;
      }
      mapFolio(vma, vmf.pmd, folio);
      return 0;
    },
    /**
     * A write, or a pin that must not share, met a PMD of anonymous memory that is not writable: a folio of one's own is
     * made writable in place; one that is shared, and until 6.12 the huge page of zeroes, is split, and one page copied.
     *
     * @returns 0, or VM_FAULT_FALLBACK after the split.
     * @fidelity exact
     * @patch none
     */
    do_huge_pmd_wp_page(vmf) {
      const folio = pt.pfnAt(PGTABLE_LEVEL_PMD, vmf.pmd);
      if (anon.large.isHugeZero(folio)) {
        if (gates.zeroBecomesHuge && replaceZeroPage(vmf) === 0) return 0;
      } else if (anon.isExclusive(folio) || anon.large.reuse(folio)) return reuse(vmf);
      splitter.split_huge_pmd(vmf.vma, vmf.pmd, vmf.address);
      return VM_FAULT_FALLBACK;
    },
  };
}
