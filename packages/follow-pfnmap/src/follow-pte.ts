import { EINVAL, type Kernel, VM_IO, VM_PFNMAP, type VmAreaStruct } from '@pfnmap/mm-core';
import { KernelBug, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE, type Slot } from '@pfnmap/pgtable-core';

/** The slot of a PTE, or a negative error number. */
export type FollowPte = (vma: VmAreaStruct, address: number) => Slot;

/** Makes follow_pte() for a kernel that still has it. */
export function createFollowPte(kernel: Kernel, gates: { readonly debugVm: boolean }): FollowPte {
  const { arch, pt } = kernel;
  /**
   * Looks up the PTE of an address. It knows PTEs only: a PMD leaf is an error, and so is a PUD leaf, as a bad entry. Both
   * stay where they are.
   *
   * @returns the slot, with the PTE lock held; -EINVAL.
   * @throws KernelBug with DEBUG_VM on a PMD leaf.
   * @context mmap_lock held.
   * @fidelity exact
   * @patch 16/19
   */
  return function follow_pte(vma, address) {
    if (address < vma.vm_start || address >= vma.vm_end) return -EINVAL;
    if ((vma.vm_flags & (VM_IO | VM_PFNMAP)) === 0) return -EINVAL;
    const slot = pt.walk(vma.vm_mm, address);
    const { level } = pt.walked;
    if (level === PGTABLE_LEVEL_PMD && gates.debugVm && arch.pmd_trans_huge(pt.pmdp_get(slot))) {
      throw new KernelBug('a PMD leaf where only a table may be', 'follow_pte');
    }
    if (level !== PGTABLE_LEVEL_PTE || pt.pte_none(slot)) return -EINVAL;
    return arch.pte_present(pt.ptep_get(slot)) ? slot : -EINVAL;
  };
}
