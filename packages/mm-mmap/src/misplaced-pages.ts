import {
  type Kernel,
  type MmStruct,
  VM_SHARED,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import type { MovingPage } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import type { MmPagewalk } from '@pfnmap/mm-pagewalk';
import { alignDown, type Pfn, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';

/** Finds the pages of a range that lie where a policy without nodes does not want them. */
export type MisplacedPages = (mm: MmStruct, start: number, end: number) => MovingPage[];

/** Makes it for a kernel. */
export function createMisplacedPages(
  kernel: Kernel,
  memory: MmMemory,
  walker: MmPagewalk,
): MisplacedPages {
  const { arch, pt, anon } = kernel;
  const { pageSize } = arch.geometry;
  const pmdSize = arch.geometry.levels[PGTABLE_LEVEL_PMD].size;

  return (mm, start, end) => {
    const found: MovingPage[] = [];
    const add = (vma: VmAreaStruct, address: number, pfn: Pfn): void => {
      found.push({ vma, address, pfn });
    };
    walker.walk_page_range(mm, start, end, {
      // Device memory is not migratable, and a walk would take its 1G leaves away.
      test_walk: (vma) => (vma_is_anonymous(vma) && (vma.vm_flags & VM_SHARED) === 0 ? 0 : 1),
      pmd_entry(pmdp, from, next, vma) {
        if (arch.pmd_trans_huge(pt.pmdp_get(pmdp))) {
          const head = pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp);
          if (!anon.large.isHugeZero(head)) add(vma, alignDown(from, pmdSize), head);
          return 0;
        }
        for (let address = from; address < next; address += pageSize) {
          const ptep = pt.pte_offset(pmdp, address);
          const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, ptep);
          const pte = pt.ptep_get(ptep);
          if (pt.pte_none(ptep) || !arch.pte_present(pte)) continue;
          if (memory.vm_normal_page(vma, address, pte, pfn) >= 0) add(vma, address, pfn);
        }
        return 0;
      },
    });
    return found;
  };
}
