import {
  type AddressSpace,
  createContPte,
  flush_tlb_batched_pending,
  is_cow_mapping,
  type Kernel,
  lock,
  type MmuGather,
  NO_MM,
  pageTableLock,
  printk,
  unlock,
  VM_MIXEDMAP,
  VM_PFNMAP,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import { isAligned, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE, type Slot } from '@pfnmap/pgtable-core';
import type { BadEntries } from './bad-entries.ts';
import { createPtReclaim } from './pt-reclaim.ts';
import { endOfEntry } from './range.ts';
import type { NormalPages } from './vm-normal-page.ts';
import { createZapSingle, type ZapDetails, type ZapSingle } from './zap-single.ts';

/** The gates of zapping, read once. */
export interface ZapGates {
  /** zap_pud_range() asserts mmap_lock where it must split a leaf (until 7.x): a WARNING for every zap through a file. */
  readonly assertsMmapLock: boolean;
  /** zap_special_vma_range(): MIXEDMAP VMAs are accepted as well. */
  readonly zapsMixedmap: boolean;
  /** PT_RECLAIM: tables that MADV_DONTNEED empties go away. */
  readonly reclaimsTables: boolean;
  /** untrack_pfn() runs when a PFNMAP VMA is unmapped, not when it is closed. */
  readonly untracksOnUnmap: boolean;
}

/** Removal of entries, for one kernel. */
export interface Zapper extends ZapSingle {
  unmap_page_range(
    tlb: MmuGather,
    vma: VmAreaStruct,
    start: number,
    end: number,
    details?: ZapDetails,
  ): void;
  unmap_single_vma(tlb: MmuGather, vma: VmAreaStruct, start: number, end: number): void;
  zap_vma_ptes(vma: VmAreaStruct, address: number, size: number): void;
  unmap_mapping_range(
    mapping: AddressSpace,
    holebegin: number,
    holelen: number,
    even_cows: boolean,
  ): void;
}

/** Makes the zapper for a kernel. */
export function createZapper(
  kernel: Kernel,
  gates: ZapGates,
  huge: MmHuge,
  normal: NormalPages,
  bad: BadEntries,
): Zapper {
  const { arch, pt, anon, events, tracking } = kernel;
  const [pteLevel, pmdLevel, pudLevel, p4dLevel, pgdLevel] = arch.geometry.levels;
  const { pageSize } = arch.geometry;
  const contpte = createContPte(kernel);
  const try_to_free_pte = createPtReclaim(kernel, gates.reclaimsTables);

  /** One by one, since a private mapping may hold pages of its own. */
  const zapPrivatePtes = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    slot: Slot,
    start: number,
    end: number,
    evenCows: boolean,
  ): void => {
    contpte.unfoldEdges(vma.vm_mm, start, end, slot);
    for (let address = start, at = slot; address < end; address += pageSize, at += 2) {
      if (pt.pte_none(at)) continue;
      const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, at);
      const page = normal.vm_normal_page(vma, address, pt.ptep_get(at), pfn);
      if (page >= 0 && !evenCows) continue;
      pt.clear(at);
      tlb.cleared(PGTABLE_LEVEL_PTE, address);
      if (page < 0) continue;
      vma.vm_mm.rss.anon--;
      anon.put(page, vma.vm_mm.id);
    }
  };

  /** Notes which entries of a run are there, for the flush. */
  const noteUsed = (tlb: MmuGather, slot: Slot, start: number, end: number): void => {
    for (let address = start, at = slot; address < end; address += pageSize, at += 2) {
      if (!pt.pte_none(at)) tlb.cleared(PGTABLE_LEVEL_PTE, address);
    }
  };
  const zap_pte_range = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    pmdp: Slot,
    start: number,
    end: number,
    evenCows: boolean,
  ): void => {
    const slot = pt.pte_offset(pmdp, start);
    const count = (end - start) / pageSize;
    flush_tlb_batched_pending(kernel, vma.vm_mm);
    if (vma.vm_ops === null || is_cow_mapping(vma.vm_flags)) {
      zapPrivatePtes(tlb, vma, slot, start, end, evenCows);
      return;
    }
    if (events.recording) noteUsed(tlb, slot, start, end);
    pt.clearRun(slot, count);
  };

  /** Clears a run of whole leaves of one protection, or passes over empty entries: how many PMDs that settles. */
  const zapPmdRun = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    pmdp: Slot,
    address: number,
    end: number,
  ): number => {
    const whole = isAligned(address, pmdLevel.size)
      ? Math.floor((end - address) / pmdLevel.size)
      : 0;
    if (whole === 0 || pt.isTable(pmdp)) return 0;
    if (!arch.pmd_trans_huge(pt.pmdp_get(pmdp))) return pt.emptyRun(pmdp, whole);
    const leaves = pt.alikeRun(PGTABLE_LEVEL_PMD, pmdp, whole);
    huge.zap_huge_pmds(tlb, vma, pmdp, address, leaves);
    return leaves;
  };
  const zap_pmd_range = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    pudp: Slot,
    start: number,
    end: number,
    details: ZapDetails,
  ): void => {
    for (let address = start; address < end; ) {
      const pmdp = pt.pmd_offset(pudp, address);
      const settled = zapPmdRun(tlb, vma, pmdp, address, end);
      if (settled > 0) {
        address += settled * pmdLevel.size;
        continue;
      }
      const next = endOfEntry(pmdLevel, address, end);
      if (!pt.pmd_none(pmdp)) {
        // What was no run is cut by an end of the range.
        if (arch.pmd_trans_huge(pt.pmdp_get(pmdp))) huge.split_huge_pmd(vma, pmdp, address);
        if (!pt.pmd_none(pmdp)) {
          lock(events, vma.vm_mm, pageTableLock(pteLevel.level));
          zap_pte_range(tlb, vma, pmdp, address, next, details.evenCows);
          unlock(events, vma.vm_mm, pageTableLock(pteLevel.level));
          if (details.reclaimTables) try_to_free_pte(tlb, vma, pmdp, address, next);
        }
      }
      address = next;
    }
  };

  const splitPud = (vma: VmAreaStruct, pudp: Slot, address: number): void => {
    if (gates.assertsMmapLock && vma.vm_mm.mmap_lock === 'free') {
      printk(kernel, 'WARNING: at include/linux/rwsem.h:80 unmap_page_range');
    }
    huge.split_huge_pud(vma, pudp, address);
  };
  const zap_pud_range = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    p4dp: Slot,
    start: number,
    end: number,
    details: ZapDetails,
  ): void => {
    for (let address = start; address < end; ) {
      const next = endOfEntry(pudLevel, address, end);
      const pudp = pt.pud_offset(p4dp, address);
      events.race?.('zap_pud_range');
      if (arch.hasPudThp && !pt.pud_none(pudp) && arch.pud_trans_huge(pt.pudp_get(pudp))) {
        if (next - address === pudLevel.size) huge.zap_huge_pud(tlb, pudp, address);
        else splitPud(vma, pudp, address);
      }
      if (!bad.pud_none_or_clear_bad(pudp)) {
        zap_pmd_range(tlb, vma, pudp, address, next, details);
      }
      address = next;
    }
  };

  const unmap_page_range = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    start: number,
    end: number,
    details: ZapDetails = { evenCows: true },
  ): void => {
    for (let address = start; address < end; ) {
      const pgdEnd = endOfEntry(pgdLevel, address, end);
      const pgdp = pt.pgd_offset(vma.vm_mm, address);
      if (pt.pgd_none(pgdp)) {
        address = pgdEnd;
        continue;
      }
      while (address < pgdEnd) {
        const next = endOfEntry(p4dLevel, address, pgdEnd);
        const p4dp = pt.p4d_offset(pgdp, address);
        if (!pt.p4d_none(p4dp)) zap_pud_range(tlb, vma, p4dp, address, next, details);
        address = next;
      }
    }
    tlb.endVma(vma);
  };

  const unmap_single_vma = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    start: number,
    end: number,
    details?: ZapDetails,
  ): void => {
    const from = Math.max(start, vma.vm_start);
    const to = Math.min(end, vma.vm_end);
    if (from >= to) return;
    if (gates.untracksOnUnmap && (vma.vm_flags & VM_PFNMAP) !== 0) tracking.untrack(vma, 0, 0);
    unmap_page_range(tlb, vma, from, to, details);
  };

  const single = createZapSingle(kernel, unmap_single_vma);
  const { zap_page_range_single } = single;

  return {
    /**
     * Empties every entry of a range of one VMA. A leaf that the range covers in part goes away whole. Tables stay.
     *
     * @context mmap_lock held, or the mapping's i_mmap_rwsem.
     * @fidelity exact for PFN mappings and anonymous pages
     * @patch none
     */
    unmap_page_range,
    /**
     * The part of [start, end) in a VMA that is being unmapped.
     *
     * @fidelity exact
     * @patch none
     */
    unmap_single_vma,
    ...single,
    /**
     * Empties a range of a PFN mapping for its driver; does nothing for any other VMA or a range outside it. From 7.x on
     * its name is zap_special_vma_range.
     *
     * @context mmap_lock held for reading.
     * @fidelity exact
     * @patch none
     */
    zap_vma_ptes(vma, address, size) {
      const accepted = gates.zapsMixedmap ? VM_PFNMAP | VM_MIXEDMAP : VM_PFNMAP;
      const inside = address >= vma.vm_start && address + size <= vma.vm_end && size > 0;
      if (inside && (vma.vm_flags & accepted) !== 0) zap_page_range_single(vma, address, size);
    },
    /**
     * Empties a range of a file in every mapping of every process.
     *
     * @param holebegin byte offset in the file; its page is the first.
     * @param holelen bytes; 0 reaches to the end of the file.
     * @param even_cows private copies go away too.
     * @context the mapping's i_mmap_rwsem held for reading; no mmap_lock.
     * @fidelity exact
     * @patch none
     */
    unmap_mapping_range(mapping, holebegin, holelen, even_cows) {
      const first = Math.floor(holebegin / pageSize);
      const pages = Math.ceil(holelen / pageSize);
      const last = holelen === 0 ? Number.POSITIVE_INFINITY : first + pages - 1;
      lock(events, NO_MM, 'i_mmap_rwsem (read)');
      for (const vma of [...mapping.i_mmap]) {
        const vmaPages = (vma.vm_end - vma.vm_start) / pageSize;
        const from = Math.max(first, vma.vm_pgoff);
        const to = Math.min(last, vma.vm_pgoff + vmaPages - 1);
        if (from > to) continue;
        const address = vma.vm_start + (from - vma.vm_pgoff) * pageSize;
        zap_page_range_single(vma, address, (to - from + 1) * pageSize, { evenCows: even_cows });
      }
      unlock(events, NO_MM, 'i_mmap_rwsem (read)');
    },
  };
}
