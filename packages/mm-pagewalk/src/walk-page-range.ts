import { type Kernel, type MmStruct, VM_PFNMAP, type VmAreaStruct } from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import { endOfEntry } from '@pfnmap/mm-memory';
import { KernelBug, type Slot } from '@pfnmap/pgtable-core';

/** What a walker wants to see: struct mm_walk_ops. A result other than 0 ends the walk and is its answer. */
export interface MmWalkOps {
  readonly pud_entry?: (pudp: Slot, address: number, next: number) => number;
  /** Sees PMD leaves, and PMDs with a table below. Without pte_entry below it the leaf stays whole. */
  readonly pmd_entry?: (pmdp: Slot, address: number, next: number, vma: VmAreaStruct) => number;
  readonly pte_entry?: (ptep: Slot, address: number, next: number, vma: VmAreaStruct) => number;
  /** Nothing is mapped there. `vma` is null outside of VMAs. */
  readonly pte_hole?: (address: number, next: number, vma: VmAreaStruct | null) => number;
  /** 0 walks the VMA, 1 skips it, a negative error number ends the walk. Without it PFNMAP VMAs count as holes. */
  readonly test_walk?: (vma: VmAreaStruct) => number;
}

/** Page walks of one kernel. */
export interface PageWalker {
  walk_page_range(mm: MmStruct, start: number, end: number, ops: MmWalkOps): number;
  walk_page_vma(vma: VmAreaStruct, ops: MmWalkOps): number;
}

/** The gates of the walks, read once. */
export interface PageWalkGates {
  /** A PUD leaf that came back after the split is split again (fix of 2026); before, it was taken for a table. */
  readonly splitsAgain: boolean;
}

/** Makes the walks for a kernel. */
export function createPageWalker(kernel: Kernel, gates: PageWalkGates, huge: MmHuge): PageWalker {
  const { arch, pt, events } = kernel;
  const [pteLevel, pmdLevel, pudLevel, p4dLevel, pgdLevel] = arch.geometry.levels;

  const hole = (vma: VmAreaStruct | null, ops: MmWalkOps, from: number, to: number): number =>
    ops.pte_hole === undefined ? 0 : ops.pte_hole(from, to, vma);

  const walkPtes = (
    vma: VmAreaStruct,
    ops: MmWalkOps,
    pmdp: Slot,
    start: number,
    end: number,
  ): number => {
    const visit = ops.pte_entry;
    if (visit === undefined || !pt.isTable(pmdp)) return 0;
    for (let address = start; address < end; address += pteLevel.size) {
      const ret = visit(pt.pte_offset(pmdp, address), address, address + pteLevel.size, vma);
      if (ret !== 0) return ret;
    }
    return 0;
  };

  const walkPmds = (
    vma: VmAreaStruct,
    ops: MmWalkOps,
    pudp: Slot,
    start: number,
    end: number,
  ): number => {
    for (let address = start; address < end; ) {
      const next = endOfEntry(pmdLevel, address, end);
      const pmdp = pt.pmd_offset(pudp, address);
      let ret = 0;
      if (pt.pmd_none(pmdp)) {
        ret = hole(vma, ops, address, next);
      } else {
        if (ops.pmd_entry !== undefined) ret = ops.pmd_entry(pmdp, address, next, vma);
        if (ret === 0 && ops.pte_entry !== undefined) {
          huge.split_huge_pmd(vma, pmdp, address);
          events.race?.('walk_pmd_range');
          if (pt.pmd_none(pmdp)) ret = hole(vma, ops, address, next);
          else ret = walkPtes(vma, ops, pmdp, address, next);
        }
      }
      if (ret !== 0) return ret;
      address = next;
    }
    return 0;
  };

  /** One PUD: a leaf is cleared where the walker looks below, and it may be back before that look. */
  const walkPud = (
    vma: VmAreaStruct,
    ops: MmWalkOps,
    pudp: Slot,
    address: number,
    next: number,
  ): number => {
    const looksBelow = ops.pmd_entry !== undefined || ops.pte_entry !== undefined;
    for (;;) {
      if (pt.pud_none(pudp)) return hole(vma, ops, address, next);
      const ret = ops.pud_entry === undefined ? 0 : ops.pud_entry(pudp, address, next);
      if (ret !== 0 || !looksBelow) return ret;
      huge.split_huge_pud(vma, pudp, address);
      events.race?.('walk_pud_range');
      if (pt.pud_none(pudp)) continue;
      if (pt.isTable(pudp) || pmdLevel.folded) return walkPmds(vma, ops, pudp, address, next);
      if (!arch.pud_trans_huge(pt.pudp_get(pudp))) return 0;
      if (!gates.splitsAgain) {
        const at = { address: `0x${address.toString(16)}` };
        throw new KernelBug('a PUD leaf is read as a PMD table', 'walk_pmd_range', at);
      }
    }
  };

  const walkPuds = (
    vma: VmAreaStruct,
    ops: MmWalkOps,
    p4dp: Slot,
    start: number,
    end: number,
  ): number => {
    for (let address = start; address < end; ) {
      const next = endOfEntry(pudLevel, address, end);
      const ret = walkPud(vma, ops, pt.pud_offset(p4dp, address), address, next);
      if (ret !== 0) return ret;
      address = next;
    }
    return 0;
  };

  const walkVma = (vma: VmAreaStruct, ops: MmWalkOps, start: number, end: number): number => {
    for (let address = start; address < end; ) {
      const pgdEnd = endOfEntry(pgdLevel, address, end);
      const pgdp = pt.pgd_offset(vma.vm_mm, address);
      while (address < pgdEnd) {
        const empty = pt.pgd_none(pgdp);
        const next = empty ? pgdEnd : endOfEntry(p4dLevel, address, pgdEnd);
        const p4dp = empty ? -1 : pt.p4d_offset(pgdp, address);
        const ret =
          empty || pt.p4d_none(p4dp)
            ? hole(vma, ops, address, next)
            : walkPuds(vma, ops, p4dp, address, next);
        if (ret !== 0) return ret;
        address = next;
      }
    }
    return 0;
  };

  const test = (vma: VmAreaStruct, ops: MmWalkOps, start: number, end: number): number => {
    if (ops.test_walk !== undefined) return ops.test_walk(vma);
    if ((vma.vm_flags & VM_PFNMAP) === 0) return 0;
    const ret = hole(vma, ops, start, end);
    return ret === 0 ? 1 : ret;
  };

  return {
    /**
     * Walks a range across VMAs. A PFNMAP VMA is a hole unless test_walk says otherwise. A PUD leaf is cleared where the
     * walker looks below PUDs; a PMD leaf only where it looks at PTEs.
     *
     * @returns 0, or the first other answer of a callback.
     * @throws KernelBug without the fix of 2026 where a PUD leaf was faulted in again before the walk went down.
     * @context mmap_lock held.
     * @fidelity exact for PFN mappings
     * @patch none
     */
    walk_page_range(mm, start, end, ops) {
      for (let address = start; address < end; ) {
        const vma = mm.find_vma(address);
        if (vma === null || vma.vm_start >= end) return hole(null, ops, address, end);
        if (address < vma.vm_start) {
          const ret = hole(null, ops, address, vma.vm_start);
          if (ret !== 0) return ret;
          address = vma.vm_start;
        }
        const next = Math.min(end, vma.vm_end);
        const skip = test(vma, ops, address, next);
        const ret = skip === 0 ? walkVma(vma, ops, address, next) : Math.min(skip, 0);
        if (ret !== 0) return ret;
        address = next;
      }
      return 0;
    },
    /**
     * Walks one VMA whole, without the test that leaves PFNMAP VMAs out.
     *
     * @context mmap_lock held.
     * @fidelity exact for PFN mappings
     * @patch none
     */
    walk_page_vma: (vma, ops) => walkVma(vma, ops, vma.vm_start, vma.vm_end),
  };
}
