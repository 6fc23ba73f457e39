import {
  flushHugeTlbRange,
  type Kernel,
  lock,
  type MmStruct,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  pageTableLock,
  unlock,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import {
  alignDown,
  KernelBug,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
  type Slot,
} from '@pfnmap/pgtable-core';
import type { LeafReplacement } from './smaller-leaves.ts';
import { createSplitAnonymous } from './split-anonymous.ts';

/** The gates of splitting, read once. */
export interface SplitGates {
  readonly transparentHugepage: boolean;
  readonly debugVm: boolean;
  /** Experiment: a new boundary of a VMA splits the PUD leaf across it, too. */
  readonly boundariesSplitPuds: boolean;
}

/**
 * Splitting of one kernel: for a PFN mapping that is clearing, and waiting for the next fault; anonymous memory gets its
 * PTEs at once.
 */
export interface HugeSplitter {
  split_huge_pmd(vma: VmAreaStruct, pmdp: Slot, address: number): void;
  split_huge_pud(vma: VmAreaStruct, pudp: Slot, address: number): void;
  split_huge_pmd_address(vma: VmAreaStruct, address: number): void;
  split_huge_pmd_locked(vma: VmAreaStruct, pmdp: Slot, address: number): void;
  vma_adjust_trans_huge(vma: VmAreaStruct, boundary: number): void;
}

/** Splits one leaf, if it is there: under a lock, and alone or under its notifier pair as well. */
function createLeafSplit(kernel: Kernel, debugVm: boolean, replaceLeaf: LeafReplacement) {
  const { arch, pt, events } = kernel;
  const { levels } = arch.geometry;
  const splitAnonymous = createSplitAnonymous(kernel);
  const isHuge = (level: PgtableLevel, slot: Slot): boolean =>
    level === PGTABLE_LEVEL_PMD
      ? arch.pmd_trans_huge(pt.pmdp_get(slot))
      : arch.pud_trans_huge(pt.pudp_get(slot));
  const locked = (level: PgtableLevel, vma: VmAreaStruct, slot: Slot, address: number): void => {
    const mm: MmStruct = vma.vm_mm;
    const { size } = levels[level];
    const start = alignDown(address, size);
    lock(events, mm, pageTableLock(level));
    if (isHuge(level, slot)) {
      if (debugVm && (start < vma.vm_start || start + size > vma.vm_end)) {
        throw new KernelBug(
          'the VMA does not hold the whole leaf',
          level === PGTABLE_LEVEL_PMD ? '__split_huge_pmd_locked' : '__split_huge_pud_locked',
          { vm_start: vma.vm_start, vm_end: vma.vm_end, leaf: start },
        );
      }
      if (level === PGTABLE_LEVEL_PMD) events.counts.thp_split_pmd++;
      else events.counts.thp_split_pud++;
      const isAnonymous = vma_is_anonymous(vma);
      const old = pt.pmdp_get(slot);
      const folio = pt.pfnAt(level, slot);
      if (isAnonymous) pt.clear(slot);
      else replaceLeaf(mm, level, slot);
      flushHugeTlbRange(kernel, mm, level, start, start + size);
      if (isAnonymous) splitAnonymous(vma, slot, start, old, folio);
    }
    unlock(events, mm, pageTableLock(level));
  };
  const notified = (level: PgtableLevel, vma: VmAreaStruct, slot: Slot, address: number): void => {
    const { size } = levels[level];
    const start = alignDown(address, size);
    const range = { mm: vma.vm_mm, reason: 'CLEAR', start, end: start + size } as const;
    mmu_notifier_invalidate_range_start(events, range);
    locked(level, vma, slot, address);
    mmu_notifier_invalidate_range_end(events, range);
  };
  return { locked, notified };
}

/** Makes the splitter; without THP all of it does nothing. */
export function createHugeSplitter(
  kernel: Kernel,
  gates: SplitGates,
  replaceLeaf: LeafReplacement,
): HugeSplitter {
  const { arch, pt } = kernel;
  if (!gates.transparentHugepage) {
    const nothing = (): void => {};
    return {
      split_huge_pmd: nothing,
      split_huge_pud: nothing,
      split_huge_pmd_address: nothing,
      split_huge_pmd_locked: nothing,
      vma_adjust_trans_huge: nothing,
    };
  }
  const { levels } = arch.geometry;
  const pmdSize = levels[PGTABLE_LEVEL_PMD].size;
  const pudSize = levels[PGTABLE_LEVEL_PUD].size;
  const { locked, notified: splitLeaf } = createLeafSplit(kernel, gates.debugVm, replaceLeaf);

  const split_huge_pmd = (vma: VmAreaStruct, pmdp: Slot, address: number): void => {
    if (!arch.pmd_trans_huge(pt.pmdp_get(pmdp))) return;
    splitLeaf(PGTABLE_LEVEL_PMD, vma, pmdp, address);
  };
  const split_huge_pud = (vma: VmAreaStruct, pudp: Slot, address: number): void => {
    if (!arch.hasPudThp || !arch.pud_trans_huge(pt.pudp_get(pudp))) return;
    splitLeaf(PGTABLE_LEVEL_PUD, vma, pudp, address);
  };
  /** The PUD leaf across a boundary that a VMA is about to get. */
  const splitPudAcross = (vma: VmAreaStruct, boundary: number): void => {
    const start = alignDown(boundary, pudSize);
    if (start === boundary || start < vma.vm_start || start + pudSize > vma.vm_end) return;
    const slot = pt.walk(vma.vm_mm, boundary);
    if (pt.walked.level === PGTABLE_LEVEL_PUD) split_huge_pud(vma, slot, boundary);
  };

  /** The PMD of an address as mm_find_pmd() finds it: -1 where a table is missing. */
  const findPmd = (mm: MmStruct, address: number): Slot => {
    const pgdp = pt.pgd_offset(mm, address);
    if (pt.pgd_none(pgdp)) return -1;
    const p4dp = pt.p4d_offset(pgdp, address);
    if (pt.p4d_none(p4dp)) return -1;
    const pudp = pt.pud_offset(p4dp, address);
    const pud = pt.pudp_get(pudp);
    if (!levels[PGTABLE_LEVEL_PMD].folded && !arch.pud_present(pud)) return -1;
    if (arch.pud_leaf(pud)) {
      throw new KernelBug(
        'a VMA is split inside a 1G entry at an address that is not 2M-aligned: the leaf is read as a PMD table',
        '__split_huge_pmd',
        { address: `0x${address.toString(16)}` },
      );
    }
    return pt.pmd_offset(pudp, address);
  };
  const split_huge_pmd_address = (vma: VmAreaStruct, address: number): void => {
    const pmdp = findPmd(vma.vm_mm, address);
    if (pmdp >= 0) splitLeaf(PGTABLE_LEVEL_PMD, vma, pmdp, address);
  };

  return {
    /**
     * Clears the PMD leaf around the address, if there is one; anonymous memory has PTEs for the same pages then, and with
     * EXPERIMENT_SPLIT_LEAVES a PFN mapping has. The notifier range is the whole leaf.
     *
     * @context mmap_lock held, or the mapping's i_mmap_rwsem; takes the PMD lock.
     * @fidelity exact for PFN mappings and anonymous memory
     * @patch none
     */
    split_huge_pmd,
    /**
     * The same for a PUD leaf, with PMD leaves in its place.
     *
     * @fidelity exact
     * @patch none
     */
    split_huge_pud,
    /**
     * Looks the PMD of an address up without a look at the PUD's size, and splits it.
     *
     * @throws KernelBug where the PUD is a leaf: Linux reads device memory as a table and dies (mm, all kernels to 7.3).
     * @fidelity exact
     * @patch none
     */
    split_huge_pmd_address,
    /**
     * The leaf of a PMD, by one who has told notifiers.
     *
     * @fidelity exact
     * @patch none
     */
    split_huge_pmd_locked: (vma, pmdp, address) => locked(PGTABLE_LEVEL_PMD, vma, pmdp, address),
    /**
     * A VMA gets a new boundary: a PMD leaf across it is split. There is no such care for PUD leaves, except with
     * EXPERIMENT_SPLIT_LEAVES.
     *
     * @context mmap_lock held for writing.
     * @throws KernelBug as {@link split_huge_pmd_address}.
     * @fidelity exact
     * @patch none
     */
    vma_adjust_trans_huge(vma, boundary) {
      if (gates.boundariesSplitPuds) splitPudAcross(vma, boundary);
      const start = alignDown(boundary, pmdSize);
      if (start === boundary || start < vma.vm_start || start + pmdSize > vma.vm_end) return;
      split_huge_pmd_address(vma, boundary);
    },
  };
}
