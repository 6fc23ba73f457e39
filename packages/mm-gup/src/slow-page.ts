import {
  EFAULT,
  ENOMEM,
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_WRITE,
  is_cow_mapping,
  type Kernel,
  type MmStruct,
  VM_FAULT_ERROR,
  VM_FAULT_OOM,
  VM_IO,
  VM_MAYREAD,
  VM_PFNMAP,
  VM_READ,
  VM_WRITE,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import { type Pfn, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE, type Slot } from '@pfnmap/pgtable-core';

/** How the slow path wants one page: writable, and to keep. */
export interface Wanted {
  readonly write: boolean;
  /** FOLL_PIN: what the page holds is read through it later. */
  readonly pin: boolean;
  /** FOLL_LONGTERM: for longer than the call. */
  readonly longterm: boolean;
  /** FOLL_FORCE: a read asks for VM_MAYREAD only. */
  readonly force: boolean;
}

/** Takes one page with faults. */
export type SlowPage = (mm: MmStruct, address: number, wanted: Wanted) => number;

/** Makes the slow path for a kernel. */
export function createSlowPage(kernel: Kernel, huge: MmHuge, memory: MmMemory): SlowPage {
  const { arch, pt, anon } = kernel;
  const { pageSize } = arch.geometry;

  /** gup_must_unshare(): a pin must not see a page that a later write would replace. */
  const mustUnshare = (vma: VmAreaStruct, page: Pfn, { write, pin, longterm }: Wanted): boolean => {
    if (!pin || write) return false;
    const isZero = page === anon.zeroPage || anon.large.isHugeZero(page);
    return isZero ? longterm && is_cow_mapping(vma.vm_flags) : !anon.isExclusive(page);
  };

  /** The page of an entry that allows the access: the frame, -EFAULT for none, undefined where a fault must help. */
  const pageOfPte = (
    vma: VmAreaStruct,
    address: number,
    slot: Slot,
    wanted: Wanted,
  ): number | undefined => {
    const pte = pt.ptep_get(slot);
    if (!arch.pte_present(pte) || (wanted.write && !arch.pte_write(pte))) return undefined;
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, slot);
    if (!arch.pte_write(pte) && mustUnshare(vma, pfn, wanted)) return undefined;
    const hasPage = memory.vm_normal_page(vma, address, pte, pfn) >= 0;
    return hasPage || pfn === anon.zeroPage ? pfn : -EFAULT;
  };
  /** The same for the leaf of a PMD, which is marked young, and dirty for a write: follow_trans_huge_pmd(). */
  const pageOfPmd = (
    vma: VmAreaStruct,
    address: number,
    slot: Slot,
    wanted: Wanted,
  ): number | undefined => {
    const pmd = pt.pmdp_get(slot);
    if (!vma_is_anonymous(vma) || !arch.pmd_trans_huge(pmd) || !arch.pmd_present(pmd))
      return undefined;
    if (wanted.write && !arch.pmd_write(pmd)) return undefined;
    const head = pt.pfnAt(PGTABLE_LEVEL_PMD, slot);
    if (!arch.pmd_write(pmd) && mustUnshare(vma, head, wanted)) return undefined;
    huge.huge_pmd_set_accessed(slot, wanted.write);
    return head + (address % arch.geometry.levels[PGTABLE_LEVEL_PMD].size) / pageSize;
  };

  /**
   * The frame of one page with mmap_lock held, faulted in where the entry does not allow the access, or a negative error
   * number: follow_page_mask() and faultin_page() in turn.
   *
   * @fidelity partial MIXEDMAP leaves without VM_IO are refused, where Linux takes a page that is none
   * @patch none
   */
  return function slowPage(mm, address, wanted) {
    const { write, pin, force } = wanted;
    const needed = write ? VM_WRITE : force ? VM_MAYREAD : VM_READ;
    const vma = mm.vma_lookup(address);
    if (vma === null || (vma.vm_flags & (VM_IO | VM_PFNMAP)) !== 0) return -EFAULT;
    if ((vma.vm_flags & needed) === 0) return -EFAULT;
    for (;;) {
      const slot = pt.walk(mm, address);
      const { level } = pt.walked;
      if (level <= PGTABLE_LEVEL_PMD && !pt.pte_none(slot)) {
        const pageOf = level === PGTABLE_LEVEL_PTE ? pageOfPte : pageOfPmd;
        const page = pageOf(vma, address, slot, wanted);
        if (page !== undefined) return page;
      }
      // An entry that only must not be shared any more is faulted as such: -EMLINK of follow_page_mask().
      const unshares = pin && !write && level <= PGTABLE_LEVEL_PMD && !pt.pte_none(slot);
      const flags = write ? FAULT_FLAG_WRITE : unshares ? FAULT_FLAG_UNSHARE : 0;
      const fault = memory.handle_mm_fault(vma, address, flags);
      if ((fault & VM_FAULT_ERROR) !== 0) return (fault & VM_FAULT_OOM) !== 0 ? -ENOMEM : -EFAULT;
    }
  };
}
