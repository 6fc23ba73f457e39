import {
  EACCES,
  EINVAL,
  ENOMEM,
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
  PGTABLE_LEVEL_PTE,
  type Prot,
} from '@pfnmap/pgtable-core';

/** What remap_pfn_range() needs from the rest of memory.c. */
export interface RemapServices {
  zap_page_range_single(vma: VmAreaStruct, address: number, size: number): void;
}

/** The gates of remapping, read once. */
export interface RemapGates {
  /** From Linux 6.16 on the COW rule and the flags come before the memory types. */
  readonly rulesBeforeTracking: boolean;
}

/** Makes remap_pfn_range() for a kernel. */
export function createRemapPfnRange(
  kernel: Kernel,
  gates: RemapGates,
  services: RemapServices,
): (vma: VmAreaStruct, address: number, pfn: Pfn, size: number, prot: Prot) => number {
  const { arch, pt, tracking } = kernel;
  const { pageSize, levels } = arch.geometry;
  const tableSpan = levels[1].size;
  const checksEachPfn = arch.arch_has_pfn_modify_check();

  const fill = (vma: VmAreaStruct, start: number, end: number, pfn: Pfn, prot: Prot): number => {
    const entry = arch.pte_mkspecial(arch.protOfNewPte(prot));
    for (let at = start; at < end; ) {
      const slot = pt.walkAlloc(PGTABLE_LEVEL_PTE, vma.vm_mm, at);
      if (slot < 0) return -ENOMEM;
      const chunkEnd = Math.min(end, alignUp(at + 1, tableSpan));
      const pages = (chunkEnd - at) / pageSize;
      const first = pfn + (at - start) / pageSize;
      if (checksEachPfn) {
        for (let page = 0; page < pages; page++) {
          if (!arch.pfn_modify_allowed(first + page, prot)) return -EACCES;
        }
      }
      if (pt.fill(PGTABLE_LEVEL_PTE, slot, pages, first, entry) < pages) {
        throw new KernelBug('a PTE is already filled', 'remap_pte_range', { address: at });
      }
      at = chunkEnd;
    }
    return 0;
  };

  const applyCowRule = (vma: VmAreaStruct, address: number, end: number, pfn: Pfn): number => {
    if (is_cow_mapping(vma.vm_flags)) {
      if (address !== vma.vm_start || end !== vma.vm_end) return -EINVAL;
      vma.vm_pgoff = pfn;
    }
    vma.vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
    return 0;
  };

  /**
   * Maps a physical range with PTEs at once, in every kernel up to 7.3 never with larger entries.
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
