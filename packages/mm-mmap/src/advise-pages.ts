import {
  flush_tlb_batched_pending,
  folio_pte_batch,
  type Kernel,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import type { MmPagewalk } from '@pfnmap/mm-pagewalk';
import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE, type Slot } from '@pfnmap/pgtable-core';

/** What an advice does with pages of a range. */
export interface PageAdvice {
  /** A PMD that maps a huge page of this process alone, all of it in the range. */
  pmd(pmdp: Slot, address: number): void;
  /** PTEs of one page, or of all pages of a huge one. */
  ptes(ptep: Slot, address: number, count: number): void;
  /** A PMD that maps no page. */
  devicePmd(pmdp: Slot, address: number): void;
  /** All of a table, or a PMD, was looked at. */
  done(): void;
}

/** Walks the pages of a range of a VMA for an advice; huge ones that the range covers in part are split. */
export type AdvisePages = (
  vma: VmAreaStruct,
  start: number,
  end: number,
  advice: PageAdvice,
) => void;

/** Makes it for a kernel. */
export function createAdvisePages(
  kernel: Kernel,
  huge: MmHuge,
  memory: MmMemory,
  pagewalk: MmPagewalk,
): AdvisePages {
  const { arch, pt, anon } = kernel;
  const { pageSize } = arch.geometry;
  const { size, order } = arch.geometry.levels[PGTABLE_LEVEL_PMD];

  /** True when the PMD has a table now, whose entries are to be looked at. */
  const adviseLeaf = (
    vma: VmAreaStruct,
    pmdp: Slot,
    address: number,
    next: number,
    advice: PageAdvice,
  ): boolean => {
    const folio = pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp);
    if (anon.large.folioOf(folio) === undefined) {
      if (!anon.large.isHugeZero(folio)) advice.devicePmd(pmdp, address);
      return false;
    }
    if (!anon.isAloneIn(folio, vma.vm_mm.id)) return false;
    if (next - address === size) {
      advice.pmd(pmdp, address);
      return false;
    }
    return huge.split_folio(vma, address, folio + (address % size) / pageSize);
  };

  /** How many pages from a PTE on are done; 0 when a huge page was split and they are to be looked at again. */
  const advisePte = (
    vma: VmAreaStruct,
    ptep: Slot,
    address: number,
    end: number,
    advice: PageAdvice,
  ): number => {
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, ptep);
    const pte = pt.ptep_get(ptep);
    if (pt.pte_none(ptep) || !arch.pte_present(pte)) return 1;
    if (memory.vm_normal_page(vma, address, pte, pfn) < 0) return 1;
    const { count } = folio_pte_batch(kernel, ptep, (end - address) / pageSize);
    if (anon.isLarge(pfn) && count < 2 ** order) {
      const isSplit = anon.isAloneIn(pfn, vma.vm_mm.id) && huge.split_folio(vma, address, pfn);
      return isSplit ? 0 : count;
    }
    advice.ptes(ptep, address, count);
    return count;
  };

  return (vma, start, end, advice) => {
    pagewalk.walk_page_range(vma.vm_mm, start, end, {
      pmd_entry(pmdp, from, next) {
        const isLeaf = arch.pmd_trans_huge(pt.pmdp_get(pmdp));
        if (!isLeaf || adviseLeaf(vma, pmdp, from, next, advice)) {
          flush_tlb_batched_pending(kernel, vma.vm_mm);
          for (let address = from; address < next; ) {
            const ptep = pt.pte_offset(pmdp, address);
            address += advisePte(vma, ptep, address, next, advice) * pageSize;
          }
        }
        advice.done();
        return 0;
      },
    });
  };
}
