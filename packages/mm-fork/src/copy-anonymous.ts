import { EAGAIN, ENOMEM, type Kernel, VM_WRITE, type VmAreaStruct } from '@pfnmap/mm-core';
import { depositTable, type MmHuge } from '@pfnmap/mm-huge';
import { type Pfn, PGTABLE_LEVEL_PMD, type Prot, type Slot } from '@pfnmap/pgtable-core';

/** What fork does with anonymous pages: 0, or a negative error number. */
export interface AnonymousCopier {
  /** The leaf of a PMD. -EAGAIN when it was split, since a page of it is pinned: the PTEs are to be copied. */
  copyLeaf(
    childPmd: Slot,
    parentPmd: Slot,
    child: VmAreaStruct,
    parent: VmAreaStruct,
    address: number,
  ): number;
  /**
   * copy_present_page(): the entry of a page of the child's own, where the parent's is pinned for DMA and must stay
   * where it is. Undefined when the page may be shared; -1 in `pfn` when memory ran out.
   */
  copyOfPinned(page: Pfn, child: VmAreaStruct): { pfn: Pfn; entry: Prot } | undefined;
}

/** Makes the copies for a kernel. */
export function createAnonymousCopier(kernel: Kernel, huge: MmHuge): AnonymousCopier {
  const { arch, pt, anon } = kernel;
  const pages = 2 ** arch.geometry.levels[PGTABLE_LEVEL_PMD].order;
  /** folio_needs_cow_for_dma(). */
  const mustStay = (page: Pfn): boolean => anon.isExclusive(page) && anon.isPinned(page);

  return {
    copyLeaf(childPmd, parentPmd, child, parent, address) {
      const folio = pt.pfnAt(PGTABLE_LEVEL_PMD, parentPmd);
      if (mustStay(folio)) {
        huge.split_huge_pmd(parent, parentPmd, address);
        return -EAGAIN;
      }
      if (!depositTable(kernel, child.vm_mm)) return -ENOMEM;
      if (!anon.large.isHugeZero(folio)) {
        anon.large.share(folio, child.vm_mm.id);
        child.vm_mm.rss.anon += pages;
      }
      const pmd = arch.pmd_wrprotect(pt.pmdp_get(parentPmd));
      pt.setProt(PGTABLE_LEVEL_PMD, parentPmd, pmd);
      pt.set(PGTABLE_LEVEL_PMD, childPmd, folio, arch.pmd_clear_uffd_wp(arch.pmd_mkold(pmd)));
      return 0;
    },
    copyOfPinned(page, child) {
      if (!mustStay(page)) return undefined;
      const entry = arch.pte_mkdirty(arch.protOfNewPte(child.vm_page_prot));
      const writable = (child.vm_flags & VM_WRITE) !== 0;
      const pfn = anon.alloc();
      if (pfn >= 0) anon.copyContent(pfn, page);
      return { pfn, entry: writable ? arch.pte_mkwrite(entry) : entry };
    },
  };
}
