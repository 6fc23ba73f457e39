import {
  EINVAL,
  type Kernel,
  type MmStruct,
  MmuGather,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  unlink_file_vma,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import { alignUp, isAligned } from '@pfnmap/pgtable-core';
import type { SplitVma } from './split-vma.ts';

/** munmap and exit, for one kernel. */
export interface Unmapper {
  munmap(mm: MmStruct, start: number, length: number): number;
  exit_mmap(mm: MmStruct): void;
}

/** Makes them for a kernel. */
export function createUnmapper(kernel: Kernel, memory: MmMemory, splitVma: SplitVma): Unmapper {
  const { events, tracking, pt, arch, taskSize } = kernel;
  const { pageSize } = arch.geometry;

  const removeVma = (vma: VmAreaStruct): void => {
    vma.vm_mm.unlink(vma);
    unlink_file_vma(events, vma);
    vma.vm_mm.total_vm -= (vma.vm_end - vma.vm_start) / pageSize;
    vma.vm_ops?.close?.(vma);
    tracking.close(vma);
  };

  /** Empties and forgets VMAs that lie side by side, then frees the tables that only they needed. */
  const unmapRegion = (mm: MmStruct, vmas: VmAreaStruct[], start: number, end: number): void => {
    const first = vmas[0] as VmAreaStruct;
    const last = vmas[vmas.length - 1] as VmAreaStruct;
    const floor = mm.neighbours(first).previous?.vm_end ?? 0;
    const ceiling = mm.neighbours(last).next?.vm_start ?? Number.POSITIVE_INFINITY;
    const range = { mm, reason: 'UNMAP', start, end } as const;
    const tlb = new MmuGather(kernel, mm);
    mmu_notifier_invalidate_range_start(events, range);
    for (const vma of vmas) memory.unmap_single_vma(tlb, vma, start, end);
    mmu_notifier_invalidate_range_end(events, range);
    memory.free_pgtables(tlb, mm, first.vm_start, last.vm_end, floor, ceiling);
    tlb.finish();
    for (const vma of vmas) removeVma(vma);
  };

  return {
    /**
     * munmap(): takes a range out of the address space. VMAs across its ends are split first.
     *
     * @returns 0; -EINVAL for a misaligned or empty range; -ENOMEM at the limit of mappings.
     * @throws KernelBug when a boundary lies inside a PUD leaf and is not PMD-aligned.
     * @context takes mmap_lock for writing.
     * @fidelity exact
     * @patch none
     */
    munmap(mm, start, length) {
      const bytes = alignUp(length, pageSize);
      if (!isAligned(start, pageSize) || bytes <= 0 || start + bytes > taskSize) return -EINVAL;
      const end = start + bytes;
      const [first] = mm.overlapping(start, end);
      if (first === undefined) return 0;
      if (first.vm_start < start) {
        const error = splitVma(first, start);
        if (error !== 0) return error;
      }
      const last = mm.vma_lookup(end);
      if (last !== null && last.vm_start < end) {
        const error = splitVma(last, end);
        if (error !== 0) return error;
      }
      unmapRegion(mm, mm.overlapping(start, end), start, end);
      return 0;
    },
    /**
     * The address space goes away with its process.
     *
     * @fidelity exact
     * @patch none
     */
    exit_mmap(mm) {
      for (const notifier of [...mm.notifiers]) notifier.release?.(mm);
      const vmas = [...mm.vmas];
      const tlb = new MmuGather(kernel, mm, true);
      for (const vma of vmas) memory.unmap_single_vma(tlb, vma, vma.vm_start, vma.vm_end);
      const [first] = vmas;
      const last = vmas[vmas.length - 1];
      if (first !== undefined && last !== undefined) {
        memory.free_pgtables(tlb, mm, first.vm_start, last.vm_end, 0, Number.POSITIVE_INFINITY);
      }
      tlb.finish();
      for (const vma of vmas) removeVma(vma);
      pt.pgd_free(mm);
    },
  };
}
