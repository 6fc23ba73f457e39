import {
  EINVAL,
  is_cow_mapping,
  type Kernel,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_IO,
  VM_PFNMAP,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import {
  alignUp,
  isAligned,
  KernelBug,
  type Pfn,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';
import { createRemapFill } from './remap-fill.ts';

/** What remap_pfn_range() needs from the rest of memory.c. */
export interface RemapServices {
  zap_page_range_single(vma: VmAreaStruct, address: number, size: number): void;
}

/** The gates of remapping, read once. */
export interface RemapGates {
  /** From Linux 6.16 on the COW rule and the flags come before the memory types. */
  readonly rulesBeforeTracking: boolean;
  /** Experiment: the levels above the PTE that shared mappings may use, the largest first; none today. */
  readonly leafLevels: readonly PgtableLevel[];
}

/** Makes remap_pfn_range() for a kernel. */
export function createRemapPfnRange(
  kernel: Kernel,
  gates: RemapGates,
  services: RemapServices,
): (vma: VmAreaStruct, address: number, pfn: Pfn, size: number, prot: Prot) => number {
  const { arch, tracking } = kernel;
  const { pageSize } = arch.geometry;
  const fill = createRemapFill(kernel, gates.leafLevels);

  const applyCowRule = (vma: VmAreaStruct, address: number, end: number, pfn: Pfn): number => {
    if (is_cow_mapping(vma.vm_flags)) {
      if (address !== vma.vm_start || end !== vma.vm_end) return -EINVAL;
      vma.vm_pgoff = pfn;
    }
    vma.vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
    return 0;
  };

  /**
   * Maps a physical range at once, in every kernel up to 7.3 by PTEs alone. With EXPERIMENT_REMAP_PFN_HUGE by leaves as
   * large as address, PFN and length allow.
   *
   * @param size bytes, rounded up to pages.
   * @returns 0; -EINVAL for a misaligned address, part of a private mapping, or a memory type that cannot be had;
   * -ENOMEM; -EACCES when L1TF forbids the frame.
   * @throws KernelBug for an empty range or an occupied PTE.
   * @context mmap_lock held for writing; called from ->mmap.
   * @fidelity exact
   * @patch none
   */
  return function remap_pfn_range(vma, address, pfn, size, prot) {
    const end = address + alignUp(size, pageSize);
    const bytes = end - address;
    if (gates.rulesBeforeTracking) {
      const refused = applyCowRule(vma, address, end, pfn);
      if (refused !== 0) return refused;
    }
    const tracked = tracking.remap(vma, pfn, address, bytes, prot);
    if (tracked.error !== 0) return gates.rulesBeforeTracking ? tracked.error : -EINVAL;
    if (!isAligned(address, pageSize)) {
      kernel.events.record({ kind: 'warn', where: 'remap_pfn_range', what: 'misaligned address' });
      return -EINVAL;
    }
    if (!gates.rulesBeforeTracking) {
      const refused = applyCowRule(vma, address, end, pfn);
      if (refused !== 0) {
        tracking.untrack(vma, pfn, bytes);
        return refused;
      }
    }
    if (address >= end) throw new KernelBug('the range is empty', 'remap_pfn_range');
    const error = fill(vma, address, end, pfn, tracked.prot);
    if (error !== 0) {
      services.zap_page_range_single(vma, address, bytes);
      tracking.untrack(vma, pfn, bytes);
    }
    return error;
  };
}
