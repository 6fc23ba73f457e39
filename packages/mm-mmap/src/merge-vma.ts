import { type Kernel, VM_SOFTDIRTY, type VmAreaStruct, vma_is_anonymous } from '@pfnmap/mm-core';

/** Makes one VMA of neighbours that do not differ any more; the answer is the VMA that holds the given one now. */
export type MergeVma = (vma: VmAreaStruct) => VmAreaStruct;

/** The gates of merging, read once. */
export interface MergeGates {
  /** A VMA with private pages is joined with one that has none yet (7.x), and not only the other way round. */
  readonly joinsUnfaulted: boolean;
}

/** Makes the merge for a kernel. */
export function createMergeVma(kernel: Kernel, gates: MergeGates): MergeVma {
  const { pageSize } = kernel.arch.geometry;

  /** is_mergeable_anon_vma(): a child's VMA keeps to itself, so that its reverse map stays short. */
  const sharesPages = (vma: VmAreaStruct, neighbour: VmAreaStruct): boolean => {
    if (vma.anon_vma === neighbour.anon_vma) return true;
    if (neighbour.anon_vma === null) return gates.joinsUnfaulted && !vma.anon_vma_inherited;
    return vma.anon_vma === null && !neighbour.anon_vma_inherited;
  };
  const bothShare = (previous: VmAreaStruct, next: VmAreaStruct): boolean =>
    previous.anon_vma === null || next.anon_vma === null || previous.anon_vma === next.anon_vma;

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
    lower.anon_vma ??= upper.anon_vma;
    lower.anon_vma_inherited ||= upper.anon_vma_inherited;
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
    const withPrevious = previous !== null && alike(previous, vma) && sharesPages(vma, previous);
    const withNext =
      next !== null &&
      alike(vma, next) &&
      sharesPages(vma, next) &&
      (!withPrevious || bothShare(previous, next));
    const lower = withPrevious ? join(previous, vma) : vma;
    return withNext ? join(lower, next) : lower;
  };
}
