import { ENOMEM, type File, type Kernel, type MmStruct } from '@pfnmap/mm-core';
import { alignDown, alignUp, isAligned } from '@pfnmap/pgtable-core';

/** The gates of address choice, read once. */
export interface PlacementGates {
  /** A file without a method of its own is placed for THP, if its length is one of whole PMDs (6.7 to before 7.x). */
  readonly thpPlacesFiles: boolean;
  /** Anonymous memory is. */
  readonly transparentHugepage: boolean;
  /** Experiment: the driver says which order it could map. */
  readonly asksDriver: boolean;
}

/** What shall be mapped where the kernel likes. Bytes. */
export interface Placement {
  readonly length: number;
  /** In the file. */
  readonly offset: number;
  readonly file: File | null;
}

/** Chooses an address: of the pages asked for, or -ENOMEM. */
export type GetUnmappedArea = (mm: MmStruct, placement: Placement) => number;

/** Addresses below this one are not given out: mmap_min_addr. */
const LOWEST = 0x10000;

/** Makes get_unmapped_area() for a kernel. */
export function createGetUnmappedArea(kernel: Kernel, gates: PlacementGates): GetUnmappedArea {
  const { pageSize, levels } = kernel.arch.geometry;
  const pmdSize = levels[1].size;

  /** The highest free address below mmap_base that agrees with `offset` modulo `align`, or -ENOMEM. */
  const highest = (mm: MmStruct, length: number, align: number, offset: number): number => {
    let end = mm.mmap_base;
    for (const vma of [...mm.vmas].reverse()) {
      if (vma.vm_start >= end) continue;
      const at = alignDown(end - length - (offset % align), align) + (offset % align);
      if (at >= vma.vm_end) return at;
      end = vma.vm_start;
    }
    const at = alignDown(end - length - (offset % align), align) + (offset % align);
    return at >= LOWEST ? at : -ENOMEM;
  };

  /** The size of entry that the mapping is placed for; a page where nobody minds. */
  const goal = ({ file, length, offset }: Placement): number => {
    const asked = gates.asksDriver ? file?.f_op.get_mapping_order : undefined;
    if (file !== null && asked !== undefined) {
      return pageSize * 2 ** asked(file, offset / pageSize, length / pageSize);
    }
    const forThp = file === null ? gates.transparentHugepage : gates.thpPlacesFiles;
    return forThp && isAligned(length, pmdSize) ? pmdSize : pageSize;
  };

  /**
   * An address for a mapping that names none: the highest that is free, aligned for huge entries where the kernel has such a
   * rule, and without it where no aligned one is free.
   *
   * @returns a byte address, or -ENOMEM.
   * @context mmap_lock held for writing.
   * @fidelity partial top down only; guard gaps of stacks and addresses that a program hints at are not modelled
   * @patch none
   */
  return function get_unmapped_area(mm, placement) {
    const length = alignUp(placement.length, pageSize);
    const aligned = highest(mm, length, goal({ ...placement, length }), placement.offset);
    return aligned >= 0 ? aligned : highest(mm, length, pageSize, 0);
  };
}
