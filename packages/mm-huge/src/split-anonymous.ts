import { createContPte, type Kernel, type VmAreaStruct } from '@pfnmap/mm-core';
import {
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type Prot,
  type Slot,
} from '@pfnmap/pgtable-core';
import { withdrawTable } from './deposit.ts';

/** Fills the table that takes the place of an anonymous leaf; the leaf itself is cleared and flushed by the caller. */
export type SplitAnonymous = (
  vma: VmAreaStruct,
  pmdp: Slot,
  start: number,
  old: Prot,
  folio: Pfn,
) => void;

/** Makes the split of anonymous leaves for a kernel. */
export function createSplitAnonymous(kernel: Kernel): SplitAnonymous {
  const { arch, pt, anon } = kernel;
  const contpte = createContPte(kernel);
  const pages = 2 ** arch.geometry.levels[PGTABLE_LEVEL_PMD].order;

  /** The PTE of each page: the VMA's protection, and the state that the leaf had. */
  const pteOf = (vma: VmAreaStruct, old: Prot): Prot => {
    let entry = arch.protOfNewPte(vma.vm_page_prot);
    if (arch.pmd_write(old)) entry = arch.pte_mkwrite(entry);
    if (!arch.pmd_young(old)) entry = arch.pte_mkold(entry);
    if (arch.pmd_dirty(old)) entry = arch.pte_mkdirty(entry);
    return arch.pmd_soft_dirty(old) ? arch.pte_mksoft_dirty(entry) : entry;
  };

  return (vma, pmdp, start, old, folio) => {
    pt.pmd_populate(pmdp, withdrawTable(vma.vm_mm));
    const first = pt.pte_offset(pmdp, start);
    if (anon.large.isHugeZero(folio)) {
      const entry = arch.pte_mkspecial(arch.protOfNewPte(vma.vm_page_prot));
      for (let page = 0; page < pages; page++) {
        pt.set(PGTABLE_LEVEL_PTE, first + page * 2, anon.zeroPage, entry);
      }
      return;
    }
    contpte.setRun(start, first, folio, pteOf(vma, old), pages);
    anon.large.split(folio, vma.vm_mm.id);
  };
}
