import {
  createContPte,
  EAGAIN,
  ENOMEM,
  is_cow_mapping,
  type Kernel,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  VM_PFNMAP,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import { endOfEntry, type MmMemory } from '@pfnmap/mm-memory';
import {
  alignDown,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type Prot,
  type Slot,
} from '@pfnmap/pgtable-core';
import type { AnonymousCopier } from './copy-anonymous.ts';
import type { HugeCopier } from './copy-huge.ts';

/** The gates of the copy, read once. */
export interface CopyGates {
  /** track_pfn_copy() runs here and may make fork fail (until 6.15). */
  readonly tracksCopies: boolean;
}

/** Copies the entries of a VMA into the child's: 0, or a negative error number. */
export type CopyPageRange = (child: VmAreaStruct, parent: VmAreaStruct) => number;

/** Makes copy_page_range() for a kernel. */
export function createCopyPageRange(
  kernel: Kernel,
  gates: CopyGates,
  memory: MmMemory,
  huge: HugeCopier,
  anonymous: AnonymousCopier,
): CopyPageRange {
  const { arch, pt, anon, events, tracking } = kernel;
  const [pteLevel, pmdLevel, pudLevel, p4dLevel, pgdLevel] = arch.geometry.levels;
  const contpte = createContPte(kernel);
  /** A PTE of a shared mapping loses its dirty state in the child, and is not accessed yet. */
  const cleanAndOld = (pte: Prot): Prot =>
    arch.pte_clear_uffd_wp(arch.pte_mkold(arch.pte_mkclean(pte)));

  const copyPrivatePte = (
    child: VmAreaStruct,
    parent: VmAreaStruct,
    address: number,
    from: Slot,
    to: Slot,
    range: { readonly start: number; readonly end: number },
  ): number => {
    let pte = pt.ptep_get(from);
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, from);
    if (!arch.pte_present(pte)) return 0;
    const page = memory.vm_normal_page(parent, address, pte, pfn);
    if (page >= 0) {
      const own = anonymous.copyOfPinned(page, child);
      if (own !== undefined && own.pfn < 0) return -ENOMEM;
      child.vm_mm.rss.anon++;
      if (own !== undefined) {
        pt.set(PGTABLE_LEVEL_PTE, to, own.pfn, own.entry);
        return 0;
      }
      anon.share(page, child.vm_mm.id);
    }
    if (is_cow_mapping(parent.vm_flags) && arch.pte_write(pte)) {
      contpte.unfoldIfCut(parent.vm_mm, address, from, range.start, range.end);
      pte = arch.pte_wrprotect(pt.ptep_get(from));
      pt.setProt(PGTABLE_LEVEL_PTE, from, pte);
    }
    const copy = arch.pte_mknoncont(arch.pte_clear_uffd_wp(arch.pte_mkold(pte)));
    pt.set(PGTABLE_LEVEL_PTE, to, pfn, copy);
    return 0;
  };
  const copyPtes = (
    child: VmAreaStruct,
    parent: VmAreaStruct,
    childPmd: Slot,
    parentPmd: Slot,
    start: number,
    end: number,
  ): number => {
    const to = pt.pte_alloc(child.vm_mm, childPmd, start);
    if (to < 0) return -ENOMEM;
    const from = pt.pte_offset(parentPmd, start);
    const count = (end - start) / pteLevel.size;
    if (parent.vm_ops !== null && !is_cow_mapping(parent.vm_flags)) {
      pt.copyRun(PGTABLE_LEVEL_PTE, from, to, count, cleanAndOld);
      return 0;
    }
    const range = { start, end };
    for (let index = 0; index < count; index++) {
      if (pt.pte_none(from + index * 2)) continue;
      const address = start + index * pteLevel.size;
      const at = index * 2;
      const error = copyPrivatePte(child, parent, address, from + at, to + at, range);
      if (error !== 0) return error;
    }
    contpte.markBlocks(start, end, to);
    // The last entry of a block, if it is set alone, completes the block that a neighbouring VMA began.
    if (count === 1 && !pt.pte_none(to)) contpte.fold(child.vm_mm, start, to);
    return 0;
  };

  /** PMDs from the one of an address up to the end of a range. */
  const entriesUpTo = (end: number, address: number): number =>
    Math.ceil((end - alignDown(address, pmdLevel.size)) / pmdLevel.size);
  const isPresentLeaf = (slot: Slot): boolean => {
    const pmd = pt.pmdp_get(slot);
    return !pt.isTable(slot) && arch.pmd_trans_huge(pmd) && arch.pmd_present(pmd);
  };
  const copyPmds = (
    child: VmAreaStruct,
    parent: VmAreaStruct,
    childPud: Slot,
    parentPud: Slot,
    start: number,
    end: number,
  ): number => {
    if (pt.pmd_alloc(child.vm_mm, childPud, start) < 0) return -ENOMEM;
    for (let address = start; address < end; ) {
      const next = endOfEntry(pmdLevel, address, end);
      const from = pt.pmd_offset(parentPud, address);
      const to = pt.pmd_offset(childPud, address);
      if (vma_is_anonymous(parent) && isPresentLeaf(from)) {
        const error = anonymous.copyLeaf(to, from, child, parent, address);
        if (error !== -EAGAIN) {
          if (error !== 0) return error;
          address = next;
          continue;
        }
      }
      if (pt.isTable(from)) {
        const error = copyPtes(child, parent, to, from, address, next);
        if (error !== 0) return error;
        address = next;
        continue;
      }
      const atMost = entriesUpTo(end, address);
      const empty = pt.emptyRun(from, atMost);
      const run = empty > 0 ? empty : pt.alikeRun(PGTABLE_LEVEL_PMD, from, atMost);
      if (!pt.pmd_none(from)) huge.copy_huge_pmds(to, from, run, child, parent);
      address = Math.min(end, alignDown(address, pmdLevel.size) + run * pmdLevel.size);
    }
    return 0;
  };

  const isPudLeaf = (slot: Slot): boolean =>
    arch.hasPudThp && !pt.pud_none(slot) && arch.pud_trans_huge(pt.pudp_get(slot));
  /** False when the leaf was gone by the time its locks were had. */
  const copyPudLeaf = (
    to: Slot,
    from: Slot,
    child: VmAreaStruct,
    parent: VmAreaStruct,
  ): boolean => {
    events.race?.('copy_pud_range');
    return huge.copy_huge_pud(to, from, child, parent) === 0;
  };
  const copyPuds = (
    child: VmAreaStruct,
    parent: VmAreaStruct,
    childP4d: Slot,
    parentP4d: Slot,
    start: number,
    end: number,
  ): number => {
    if (pt.pud_alloc(child.vm_mm, childP4d, start) < 0) return -ENOMEM;
    for (let address = start; address < end; ) {
      const next = endOfEntry(pudLevel, address, end);
      const from = pt.pud_offset(parentP4d, address);
      const to = pt.pud_offset(childP4d, address);
      const done = isPudLeaf(from) && copyPudLeaf(to, from, child, parent);
      if (!done && !memory.pud_none_or_clear_bad(from)) {
        const error = copyPmds(child, parent, to, from, address, next);
        if (error !== 0) return error;
      }
      address = next;
    }
    return 0;
  };

  const copyP4ds = (
    child: VmAreaStruct,
    parent: VmAreaStruct,
    start: number,
    end: number,
  ): number => {
    for (let address = start; address < end; ) {
      const pgdEnd = endOfEntry(pgdLevel, address, end);
      const from = pt.pgd_offset(parent.vm_mm, address);
      if (pt.pgd_none(from)) {
        address = pgdEnd;
        continue;
      }
      const to = pt.pgd_offset(child.vm_mm, address);
      if (pt.p4d_alloc(child.vm_mm, to, address) < 0) return -ENOMEM;
      while (address < pgdEnd) {
        const next = endOfEntry(p4dLevel, address, pgdEnd);
        const parentP4d = pt.p4d_offset(from, address);
        if (!pt.p4d_none(parentP4d)) {
          const childP4d = pt.p4d_offset(to, address);
          const error = copyPuds(child, parent, childP4d, parentP4d, address, next);
          if (error !== 0) return error;
        }
        address = next;
      }
    }
    return 0;
  };

  /**
   * Copies the entries of one VMA. A private mapping's writable entries lose their write permission on both sides, under a
   * notifier pair; a shared one is copied as it is.
   *
   * @returns 0; -ENOMEM; or the error of x86's memory types (until 6.15).
   * @context both mmap_locks held for writing.
   * @fidelity exact for PFN mappings and anonymous pages
   * @patch none
   */
  return function copy_page_range(child, parent) {
    if (gates.tracksCopies && (parent.vm_flags & VM_PFNMAP) !== 0) {
      const refused = tracking.copy(child, parent);
      if (refused !== 0) return refused;
    }
    const isCow = is_cow_mapping(parent.vm_flags);
    const mm = parent.vm_mm;
    const range = {
      mm,
      reason: 'PROTECTION_PAGE',
      start: parent.vm_start,
      end: parent.vm_end,
    } as const;
    if (isCow) {
      mmu_notifier_invalidate_range_start(events, range);
      mm.write_protect_seq++;
    }
    const error = copyP4ds(child, parent, parent.vm_start, parent.vm_end);
    if (isCow) {
      mm.write_protect_seq++;
      mmu_notifier_invalidate_range_end(events, range);
    }
    if (error !== 0 && gates.tracksCopies && (parent.vm_flags & VM_PFNMAP) !== 0) {
      tracking.uncopy(child);
    }
    return error;
  };
}
