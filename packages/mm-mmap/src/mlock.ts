import {
  EINVAL,
  ENOMEM,
  type Kernel,
  type MmStruct,
  VM_EXEC,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_WRITE,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import { alignDown, alignUp } from '@pfnmap/pgtable-core';
import type { MergeVma } from './merge-vma.ts';
import type { Populate } from './populate.ts';
import type { SplitVma } from './split-vma.ts';

/** Makes mlock() for a kernel. `populate` faults pages of a locked range in. */
export function createMlock(
  kernel: Kernel,
  splitVma: SplitVma,
  mergeVma: MergeVma,
  populate: Populate,
): (mm: MmStruct, start: number, length: number) => number {
  const { pageSize } = kernel.arch.geometry;

  /** mlock_fixup(): special VMAs are passed over without a split. */
  const lockVma = (vma: VmAreaStruct, start: number, end: number): number => {
    if ((vma.vm_flags & (VM_SPECIAL | VM_LOCKED | VM_HUGETLB)) !== 0) return 0;
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
    middle.vm_flags |= VM_LOCKED;
    vma.vm_mm.locked_vm += (end - start) / pageSize;
    mergeVma(middle);
    return 0;
  };

  /** __mm_populate(): faults in what may be accessed, up to the first VMA that nobody may access. */
  const populateRange = (mm: MmStruct, start: number, end: number): number => {
    for (const vma of mm.overlapping(start, end)) {
      const { vm_flags, vm_start, vm_end } = vma;
      if ((vm_flags & (VM_IO | VM_PFNMAP)) !== 0) continue;
      if ((vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) === 0) return -ENOMEM;
      const writes = (vm_flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
      populate(vma, Math.max(start, vm_start), Math.min(end, vm_end), writes);
    }
    return 0;
  };

  /**
   * mlock(), as root calls it: PFN mappings are neither locked nor counted nor split.
   *
   * @returns 0; -ENOMEM when the range has a hole, or memory that nobody may access; -EINVAL when it wraps. Pages are only
   * faulted in once all of the range is locked.
   * @context takes mmap_lock for writing.
   * @fidelity partial RLIMIT_MEMLOCK is not modelled
   * @patch none
   */
  return function mlock(mm, start, length) {
    const from = alignDown(start, pageSize);
    const end = from + alignUp(length + (start - from), pageSize);
    if (end < from) return -EINVAL;
    for (let address = from; address < end; ) {
      const vma = mm.vma_lookup(address);
      if (vma === null) return -ENOMEM;
      const next = Math.min(end, vma.vm_end);
      const error = lockVma(vma, address, next);
      if (error !== 0) return error;
      address = next;
    }
    return populateRange(mm, from, end);
  };
}
