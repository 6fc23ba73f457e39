import {
  EACCES,
  EINVAL,
  ENODEV,
  ENOMEM,
  type Kernel,
  type MmStruct,
  MmuGather,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_MAYWRITE,
  VM_NOHUGEPAGE,
  VM_PFNMAP,
  VM_RAND_READ,
  VM_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_WIPEONFORK,
  VM_WRITE,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import { alignUp, isAligned } from '@pfnmap/pgtable-core';
import type { MadviseCold } from './madvise-cold.ts';
import type { MadviseFree } from './madvise-free.ts';
import type { MergeVma } from './merge-vma.ts';
import type { Populate } from './populate.ts';
import type { SplitVma } from './split-vma.ts';

/** MADV_* advices, by number. */
export const MADV = Object.freeze({
  NORMAL: 0,
  RANDOM: 1,
  SEQUENTIAL: 2,
  WILLNEED: 3,
  DONTNEED: 4,
  FREE: 8,
  REMOVE: 9,
  DONTFORK: 10,
  DOFORK: 11,
  MERGEABLE: 12,
  UNMERGEABLE: 13,
  HUGEPAGE: 14,
  NOHUGEPAGE: 15,
  DONTDUMP: 16,
  DODUMP: 17,
  WIPEONFORK: 18,
  KEEPONFORK: 19,
  COLD: 20,
  PAGEOUT: 21,
  POPULATE_READ: 22,
  POPULATE_WRITE: 23,
  DONTNEED_LOCKED: 24,
  COLLAPSE: 25,
  GUARD_INSTALL: 102,
  GUARD_REMOVE: 103,
});

/** The gates of madvise, read once. */
export interface MadviseGates {
  readonly transparentHugepage: boolean;
  /** Guard regions exist (from Linux 6.13 on). */
  readonly guardRegions: boolean;
  /** What DONTNEED clears in several VMAs is flushed at once (7.x). */
  readonly batchesFlushes: boolean;
}

/** Makes madvise() for a kernel. */
export function createMadvise(
  kernel: Kernel,
  gates: MadviseGates,
  huge: MmHuge,
  memory: MmMemory,
  pageAdvices: { readonly cold: MadviseCold; readonly free: MadviseFree },
  splitVma: SplitVma,
  mergeVma: MergeVma,
  populate: Populate,
): (mm: MmStruct, start: number, length: number, advice: number) => number {
  const { pageSize } = kernel.arch.geometry;

  const known = (advice: number): boolean => {
    if (advice === MADV.HUGEPAGE || advice === MADV.NOHUGEPAGE || advice === MADV.COLLAPSE) {
      return gates.transparentHugepage;
    }
    if (advice === MADV.GUARD_INSTALL || advice === MADV.GUARD_REMOVE) return gates.guardRegions;
    return (Object.values(MADV) as number[]).includes(advice);
  };

  /** The VMA's flags after an advice that only changes flags, or a negative error number; undefined for the others. */
  const newFlags = (vma: VmAreaStruct, advice: number): { flags: number } | number | undefined => {
    const { vm_flags } = vma;
    switch (advice) {
      case MADV.NORMAL:
        return { flags: vm_flags & ~(VM_RAND_READ | VM_SEQ_READ) };
      case MADV.RANDOM:
        return { flags: (vm_flags & ~VM_SEQ_READ) | VM_RAND_READ };
      case MADV.SEQUENTIAL:
        return { flags: (vm_flags & ~VM_RAND_READ) | VM_SEQ_READ };
      case MADV.DONTFORK:
        return { flags: vm_flags | VM_DONTCOPY };
      case MADV.DOFORK:
        return (vm_flags & VM_IO) !== 0 ? -EINVAL : { flags: vm_flags & ~VM_DONTCOPY };
      case MADV.WIPEONFORK:
        if (vma.vm_file !== null || (vm_flags & VM_SHARED) !== 0) return -EINVAL;
        return { flags: vm_flags | VM_WIPEONFORK };
      case MADV.KEEPONFORK:
        return { flags: vm_flags & ~VM_WIPEONFORK };
      case MADV.DONTDUMP:
        return { flags: vm_flags | VM_DONTDUMP };
      case MADV.DODUMP:
        return (vm_flags & VM_SPECIAL) !== 0 ? -EINVAL : { flags: vm_flags & ~VM_DONTDUMP };
      case MADV.MERGEABLE:
      case MADV.UNMERGEABLE:
        return { flags: vm_flags };
      case MADV.HUGEPAGE:
        return { flags: (vm_flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE };
      case MADV.NOHUGEPAGE:
        return { flags: (vm_flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE };
      default:
        return undefined;
    }
  };
  const updateFlags = (vma: VmAreaStruct, start: number, end: number, flags: number): number => {
    if (flags === vma.vm_flags) return 0;
    let middle = vma;
    if (vma.vm_start < start) {
      const error = splitVma(vma, start);
      if (error !== 0) return error;
      middle = vma.vm_mm.vma_lookup(start) as VmAreaStruct;
    }
    if (end < middle.vm_end) {
      const error = splitVma(middle, end);
      if (error !== 0) return error;
    }
    middle.vm_flags = flags;
    mergeVma(middle);
    return 0;
  };

  const dontneed = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    start: number,
    end: number,
    locked: boolean,
  ): number => {
    const refused = VM_PFNMAP | VM_HUGETLB | (locked ? 0 : VM_LOCKED);
    if ((vma.vm_flags & refused) !== 0) return -EINVAL;
    const details = { evenCows: true, reclaimTables: true };
    memory.zap_page_range_single_batched(tlb, vma, start, end - start, details);
    if (!gates.batchesFlushes) tlb.finish();
    return 0;
  };
  /** Shared memory is a file's, and reclaim of files is not modelled. */
  const isUnshared = (vma: VmAreaStruct): boolean =>
    vma.vm_file !== null || (vma.vm_flags & VM_SHARED) === 0;
  const free = (tlb: MmuGather, vma: VmAreaStruct, start: number, end: number): number => {
    const isPrivateMemory = vma_is_anonymous(vma) && (vma.vm_flags & VM_SHARED) === 0;
    if (!isPrivateMemory || (vma.vm_flags & VM_LOCKED) !== 0) return -EINVAL;
    pageAdvices.free(tlb, vma, start, end);
    if (!gates.batchesFlushes) tlb.finish();
    return 0;
  };
  const madvise_populate = (
    vma: VmAreaStruct,
    start: number,
    end: number,
    write: boolean,
  ): number => {
    const { vm_flags } = vma;
    if ((vm_flags & (VM_IO | VM_PFNMAP)) !== 0) return -EINVAL;
    if ((vm_flags & (write ? VM_WRITE : VM_READ)) === 0) return -EINVAL;
    if (vma_is_anonymous(vma)) populate(vma, start, end, write);
    return 0;
  };
  const remove = (vma: VmAreaStruct): number => {
    if ((vma.vm_flags & VM_LOCKED) !== 0 || vma.vm_file === null) return -EINVAL;
    const isSharedMaywrite =
      (vma.vm_flags & (VM_SHARED | VM_MAYWRITE)) === (VM_SHARED | VM_MAYWRITE);
    if (!isSharedMaywrite) return -EACCES;
    return -ENODEV;
  };

  const adviseVma = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    start: number,
    end: number,
    advice: number,
  ): number => {
    const changed = newFlags(vma, advice);
    if (typeof changed === 'number') return changed;
    if (changed !== undefined) return updateFlags(vma, start, end, changed.flags);
    switch (advice) {
      case MADV.WILLNEED:
        return 0;
      case MADV.DONTNEED:
        return dontneed(tlb, vma, start, end, false);
      case MADV.DONTNEED_LOCKED:
        return dontneed(tlb, vma, start, end, true);
      case MADV.FREE:
        return free(tlb, vma, start, end);
      case MADV.REMOVE:
        return remove(vma);
      case MADV.COLD:
      case MADV.PAGEOUT:
        if ((vma.vm_flags & (VM_LOCKED | VM_PFNMAP | VM_HUGETLB)) !== 0) return -EINVAL;
        if (isUnshared(vma)) pageAdvices.cold(vma, start, end, advice === MADV.PAGEOUT);
        return 0;
      case MADV.POPULATE_READ:
      case MADV.POPULATE_WRITE:
        return madvise_populate(vma, start, end, advice === MADV.POPULATE_WRITE);
      case MADV.COLLAPSE:
        return huge.madvise_collapse(vma, start, end);
      default:
        return -EINVAL;
    }
  };

  /** madvise_walk_vmas(). */
  const adviseRange = (
    tlb: MmuGather,
    mm: MmStruct,
    start: number,
    end: number,
    advice: number,
  ): number => {
    let hole = false;
    for (let address = start; address < end; ) {
      const vma = mm.find_vma(address);
      if (vma === null || vma.vm_start >= end) {
        hole = true;
        break;
      }
      if (vma.vm_start > address) {
        hole = true;
        if (advice === MADV.POPULATE_READ || advice === MADV.POPULATE_WRITE) break;
        address = vma.vm_start;
      }
      const next = Math.min(end, vma.vm_end);
      const error = adviseVma(tlb, vma, address, next, advice);
      if (error !== 0) return error;
      address = next;
    }
    return hole ? -ENOMEM : 0;
  };

  /**
   * madvise(): flags of VMAs, and the advices that a PFN mapping refuses.
   *
   * @returns 0; -EINVAL for an unknown advice or one that the mapping refuses; -ENODEV for REMOVE on a device; -EACCES;
   * -ENOMEM when the range has holes.
   * @throws KernelBug when a VMA is split inside a PUD leaf at an address that is not PMD-aligned.
   * @context takes mmap_lock, for writing where flags change.
   * @fidelity partial no swap, no guard regions; of shared memory, COLLAPSE is refused, COLD and PAGEOUT do nothing
   * @patch none
   */
  return function madvise(mm, start, length, advice) {
    if (!known(advice) || !isAligned(start, pageSize)) return -EINVAL;
    if (length === 0) return 0;
    const tlb = new MmuGather(kernel, mm);
    const result = adviseRange(tlb, mm, start, start + alignUp(length, pageSize), advice);
    tlb.finish();
    return result;
  };
}
