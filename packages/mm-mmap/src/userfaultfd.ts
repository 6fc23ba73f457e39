import {
  EINVAL,
  type Kernel,
  type MmStruct,
  MmuGather,
  VM_SPECIAL,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import { alignUp } from '@pfnmap/pgtable-core';
import type { ChangeProtection } from './change-protection.ts';
import type { MergeVma } from './merge-vma.ts';
import type { SplitVma } from './split-vma.ts';

/** What a userfaultfd is registered for. */
export type UserfaultMode = 'missing' | 'wp' | 'minor';

/** Registers a range of a process with a userfaultfd, and lets it go. */
export type UserfaultfdRegister = (
  mm: MmStruct,
  start: number,
  length: number,
  mode: UserfaultMode,
) => number;

/** Makes userfaultfd_register() for a kernel. */
export function createUserfaultfdRegister(
  kernel: Kernel,
  splitVma: SplitVma,
  mergeVma: MergeVma,
  changeProtection: ChangeProtection,
): UserfaultfdRegister {
  const { pageSize } = kernel.arch.geometry;
  const isAligned = (value: number): boolean => alignUp(value, pageSize) === value;

  /** Cuts the VMA at the ends of the range. */
  const cut = (vma: VmAreaStruct, start: number, end: number): number => {
    const error = vma.vm_start < start ? splitVma(vma, start) : 0;
    if (error !== 0) return error;
    const middle = vma.vm_mm.vma_lookup(Math.max(start, vma.vm_start)) as VmAreaStruct;
    return end < middle.vm_end ? splitVma(middle, end) : 0;
  };

  /** uffd_wp_range(): when write protection ends, entries are made what the VMA says. */
  const resetEntries = (vma: VmAreaStruct): void => {
    const tlb = new MmuGather(kernel, vma.vm_mm);
    changeProtection(tlb, vma, vma.vm_start, vma.vm_end);
    tlb.finish();
  };

  /**
   * UFFDIO_REGISTER, after which the userfaultfd is closed: what stays is that VMAs were cut at the ends of the range,
   * which splits huge PMDs there, and that entries were gone over. Special VMAs are refused. Minor faults are those of pages that a file has in memory
   * already: hugetlb and shmem know them, no VMA of the model does.
   *
   * @param start byte address. @param length bytes.
   * @returns 0; -EINVAL for an odd range, one without a VMA, or a VMA that cannot be registered; -ENOMEM.
   * @context mmap_lock held for writing.
   * @fidelity partial nothing faults to a userfaultfd
   * @patch none
   */
  return function userfaultfd_register(mm, start, length, mode) {
    if (!isAligned(start) || !isAligned(length) || length === 0) return -EINVAL;
    const end = start + length;
    const vmas = mm.overlapping(start, end);
    const isSpecial = vmas.some(({ vm_flags }) => (vm_flags & VM_SPECIAL) !== 0);
    if (vmas.length === 0 || isSpecial || mode === 'minor') return -EINVAL;
    for (const vma of vmas) {
      const error = cut(vma, start, end);
      if (error !== 0) return error;
    }
    for (const vma of mm.overlapping(start, end)) {
      if (mode === 'wp') resetEntries(vma);
      mergeVma(vma);
    }
    return 0;
  };
}
