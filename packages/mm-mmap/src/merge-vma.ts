import { type Kernel, VM_SOFTDIRTY, type VmAreaStruct, vma_is_anonymous } from '@pfnmap/mm-core';

/** Makes one VMA of neighbours that do not differ any more; the answer is the VMA that holds the given one now. */
export type MergeVma = (vma: VmAreaStruct) => VmAreaStruct;

/** Makes the merge for a kernel. */
export function createMergeVma(kernel: Kernel): MergeVma {
  const { pageSize } = kernel.arch.geometry;

  const alike = (lower: VmAreaStruct, upper: VmAreaStruct): boolean =>
    lower.vm_end === upper.vm_start &&
    vma_is_anonymous(lower) &&
    vma_is_anonymous(upper) &&
    ((lower.vm_flags ^ upper.vm_flags) & ~VM_SOFTDIRTY) === 0 &&
    lower.vm_policy === upper.vm_policy &&
    lower.vm_pgoff + (lower.vm_end - lower.vm_start) / pageSize === upper.vm_pgoff;
  const join = (lower: VmAreaStruct, upper: VmAreaStruct): VmAreaStruct => {
    lower.vm_mm.unlink(upper);
    lower.vm_end = upper.vm_end;
    lower.vm_flags |= upper.vm_flags & VM_SOFTDIRTY;
    lower.anon_vma ||= upper.anon_vma;
    return lower;
  };

  /**
   * Joins a VMA of anonymous memory with the ones before and after it, where nothing tells them apart: what vma_merge()
   * leaves after a change of flags. VMAs of device memory are never joined.
   *
   * @context mmap_lock held for writing.
   * @fidelity exact for changes of flags; a new mapping is not joined with its neighbours
   * @patch none
   */
  return function vma_merge(vma) {
    const { previous, next } = vma.vm_mm.neighbours(vma);
    const lower = previous !== null && alike(previous, vma) ? join(previous, vma) : vma;
    return next !== null && alike(lower, next) ? join(lower, next) : lower;
  };
}
