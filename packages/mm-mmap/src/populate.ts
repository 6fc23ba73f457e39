import { FAULT_FLAG_WRITE, type Kernel, type VmAreaStruct } from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import { alignDown, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';

/** Faults the pages of a range in that are not there, or not writable where they are wanted so. */
export type Populate = (vma: VmAreaStruct, start: number, end: number, write: boolean) => void;

/** Makes it for a kernel. */
export function createPopulate(kernel: Kernel, memory: MmMemory): Populate {
  const { arch, pt } = kernel;
  const { pageSize } = arch.geometry;
  const pmdSize = arch.geometry.levels[PGTABLE_LEVEL_PMD].size;

  /** Where the leaf ends that already allows the access at an address, or the address itself. */
  const mappedUpTo = (vma: VmAreaStruct, address: number, write: boolean): number => {
    const slot = pt.walk(vma.vm_mm, address);
    const { level } = pt.walked;
    if (level > PGTABLE_LEVEL_PMD || pt.pte_none(slot)) return address;
    if (level === PGTABLE_LEVEL_PTE) {
      const pte = pt.ptep_get(slot);
      return arch.pte_present(pte) && (!write || arch.pte_write(pte))
        ? address + pageSize
        : address;
    }
    const pmd = pt.pmdp_get(slot);
    const allows = arch.pmd_present(pmd) && (!write || arch.pmd_write(pmd));
    return allows ? alignDown(address, pmdSize) + pmdSize : address;
  };

  /**
   * populate_vma_page_range(), for mlock() and MADV_POPULATE_*.
   *
   * @context mmap_lock held.
   * @fidelity partial it does not stop where memory runs out
   * @patch none
   */
  return function populate_vma_page_range(vma, start, end, write) {
    for (let address = start; address < end; ) {
      const next = mappedUpTo(vma, address, write);
      if (next === address) {
        memory.handle_mm_fault(vma, address, write ? FAULT_FLAG_WRITE : 0);
        address += pageSize;
      } else address = next;
    }
  };
}
