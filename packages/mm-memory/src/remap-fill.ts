import { EACCES, ENOMEM, is_cow_mapping, type Kernel, type VmAreaStruct } from '@pfnmap/mm-core';
import {
  alignUp,
  isAligned,
  KernelBug,
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';

/** Fills a range of a VMA with frames in step, from `start` to `end`: 0, or a negative error number. */
export type RemapFill = (
  vma: VmAreaStruct,
  start: number,
  end: number,
  pfn: Pfn,
  prot: Prot,
) => number;

/** Makes the filling for a kernel. `leafLevels` are the levels above the PTE that it may use, the largest first. */
export function createRemapFill(kernel: Kernel, leafLevels: readonly PgtableLevel[]): RemapFill {
  const { arch, pt } = kernel;
  const { pageSize, levels } = arch.geometry;
  const tableSpan = levels[1].size;
  const checksEachPfn = arch.arch_has_pfn_modify_check();

  const forbidden = (first: Pfn, pages: number, prot: Prot): boolean => {
    for (let page = 0; checksEachPfn && page < pages; page++) {
      if (!arch.pfn_modify_allowed(first + page, prot)) return true;
    }
    return false;
  };

  const leafEntry = (level: PgtableLevel, prot: Prot): Prot =>
    level === PGTABLE_LEVEL_PMD
      ? arch.pmd_mkspecial(arch.pmd_mkhuge(arch.leafProtOfPte(prot)))
      : arch.pud_mkspecial(arch.pud_mkhuge(arch.leafProtOfPte(prot)));
  /** The bytes that one leaf maps from an address on, or 0 where none fits; or a negative error number. */
  const fillLeaf = (vma: VmAreaStruct, at: number, end: number, pfn: Pfn, prot: Prot): number => {
    for (const level of is_cow_mapping(vma.vm_flags) ? [] : leafLevels) {
      const { size } = levels[level];
      const pages = size / pageSize;
      if (!isAligned(at, size) || at + size > end || !isAligned(pfn, pages)) continue;
      const slot = pt.walkAlloc(level, vma.vm_mm, at);
      if (slot < 0) return -ENOMEM;
      if (pt.isTable(slot)) continue;
      if (forbidden(pfn, pages, prot)) return -EACCES;
      if (pt.fill(level, slot, 1, pfn, leafEntry(level, prot)) === 0) {
        throw new KernelBug('a leaf is already there', 'remap_pfn_range', { address: at });
      }
      return size;
    }
    return 0;
  };

  return (vma: VmAreaStruct, start: number, end: number, pfn: Pfn, prot: Prot): number => {
    const entry = arch.pte_mkspecial(arch.protOfNewPte(prot));
    for (let at = start; at < end; ) {
      const done = fillLeaf(vma, at, end, pfn + (at - start) / pageSize, prot);
      if (done < 0) return done;
      if (done > 0) {
        at += done;
        continue;
      }
      const slot = pt.walkAlloc(PGTABLE_LEVEL_PTE, vma.vm_mm, at);
      if (slot < 0) return -ENOMEM;
      const chunkEnd = Math.min(end, alignUp(at + 1, tableSpan));
      const pages = (chunkEnd - at) / pageSize;
      const first = pfn + (at - start) / pageSize;
      if (forbidden(first, pages, prot)) return -EACCES;
      if (pt.fill(PGTABLE_LEVEL_PTE, slot, pages, first, entry) < pages) {
        throw new KernelBug('a PTE is already filled', 'remap_pte_range', { address: at });
      }
      at = chunkEnd;
    }
    return 0;
  };
}
