import {
  ENOMEM,
  type Kernel,
  type VmAreaStruct,
  vm_area_dup,
  vma_link_file,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';

/** /proc/sys/vm/max_map_count by default. */
const MAX_MAP_COUNT = 65530;

/** Splits a VMA at an address, the lower half keeping its identity. */
export type SplitVma = (vma: VmAreaStruct, address: number) => number;

/** Makes __split_vma() for a kernel. */
export function createSplitVma(kernel: Kernel, huge: MmHuge): SplitVma {
  const { pageSize } = kernel.arch.geometry;
  /** A VMA whose ends change leaves the file's list, and comes back behind those that begin at the same page. */
  const relink = (vma: VmAreaStruct): void => {
    if (vma.vm_file === null) return;
    const { f_mapping } = vma.vm_file;
    f_mapping.remove(vma);
    f_mapping.insert(vma);
  };

  /**
   * Splits a VMA in two: what is below `address` stays, a new VMA holds the rest. A PMD leaf across the address goes away;
   * a PUD leaf is not looked at.
   *
   * @returns 0, -ENOMEM at the limit of mappings, or what the driver's may_split answered.
   * @throws KernelBug when the address lies inside a PUD leaf and is not PMD-aligned.
   * @context mmap_lock held for writing.
   * @fidelity exact
   * @patch none
   */
  return function __split_vma(vma, address) {
    const refused = vma.vm_ops?.may_split?.(vma, address) ?? 0;
    if (refused !== 0) return refused;
    const mm = vma.vm_mm;
    if (mm.map_count >= MAX_MAP_COUNT) return -ENOMEM;
    const upper = vm_area_dup(vma);
    upper.vm_start = address;
    upper.vm_pgoff = vma.vm_pgoff + (address - vma.vm_start) / pageSize;
    vma.vm_ops?.open?.(upper);
    kernel.tracking.share(upper, vma);
    huge.vma_adjust_trans_huge(vma, address);
    vma.vm_end = address;
    mm.link(upper);
    vma_link_file(kernel.events, upper);
    relink(vma);
    return 0;
  };
}
