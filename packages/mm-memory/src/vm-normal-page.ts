import {
  is_cow_mapping,
  type Kernel,
  linear_page_index,
  VM_MIXEDMAP,
  VM_PFNMAP,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { Pfn, Prot } from '@pfnmap/pgtable-core';

/** Answers whether an entry maps a page that the mm accounts for. -1 stands for NULL: no such page. */
export interface NormalPages {
  vm_normal_page(vma: VmAreaStruct, address: number, pte: Prot, pfn: Pfn): Pfn;
  vm_normal_page_pmd(vma: VmAreaStruct, address: number, pmd: Prot, pfn: Pfn): Pfn;
  vm_normal_page_pud(vma: VmAreaStruct, address: number, pud: Prot, pfn: Pfn): Pfn;
}

/** Makes the lookups for a kernel; `pmdSpecialFirst` is patch 6 as merged. */
export function createNormalPages(
  kernel: Kernel,
  gates: { readonly pmdSpecialFirst: boolean },
): NormalPages {
  const { arch, mem, anon, events } = kernel;

  const bad = (where: string): Pfn => {
    events.record({ kind: 'warn', where, what: 'Bad page map' });
    return -1;
  };
  /** The linear rule of a level without a special bit: what is not linear in a COW mapping is a copied page. */
  const byOffset = (vma: VmAreaStruct, address: number, pfn: Pfn): Pfn => {
    if ((vma.vm_flags & VM_MIXEDMAP) !== 0) return mem.isRam(pfn) ? pfn : -1;
    if ((vma.vm_flags & VM_PFNMAP) !== 0) {
      if (pfn === linear_page_index(vma, address, arch.geometry.pageSize)) return -1;
      if (!is_cow_mapping(vma.vm_flags)) return -1;
    }
    return mem.isRam(pfn) ? pfn : -1;
  };
  const huge = (vma: VmAreaStruct, address: number, special: boolean, pfn: Pfn): Pfn =>
    special || anon.large.isHugeZero(pfn) ? -1 : byOffset(vma, address, pfn);

  return {
    /**
     * The page behind a PTE, or -1 for a special one. A normal PTE in a PFN mapping is a page copied on write.
     *
     * @context page-table lock held.
     * @fidelity exact for PFN mappings and anonymous memory
     * @patch none
     */
    vm_normal_page(vma, _address, pte, pfn) {
      if (arch.pte_special(pte)) {
        if ((vma.vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) !== 0 || pfn === anon.zeroPage) return -1;
        return bad('vm_normal_page');
      }
      return mem.isRam(pfn) ? pfn : bad('vm_normal_page');
    },
    /**
     * The page behind a PMD leaf, or -1, also for the huge page of zeroes.
     *
     * @context page-table lock held.
     * @fidelity exact for PFN mappings and anonymous memory
     * @patch 06/19
     */
    vm_normal_page_pmd: (vma, address, pmd, pfn) =>
      huge(vma, address, gates.pmdSpecialFirst && arch.pmd_special(pmd), pfn),
    /**
     * The page behind a PUD leaf, or -1. Linux has it from 6.18 on.
     *
     * @context page-table lock held.
     * @fidelity exact for PFN mappings
     * @patch none
     */
    vm_normal_page_pud: (vma, address, pud, pfn) => huge(vma, address, arch.pud_special(pud), pfn),
  };
}
