import { type ContPte, flush_tlb_mm_range, type Kernel, type VmFault } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PTE, type Prot } from '@pfnmap/pgtable-core';

/** Makes the entry of a fault younger, dirtier or writable. */
export type SetAccessFlags = (vmf: VmFault, old: Prot, entry: Prot, dirty: boolean) => void;

/** Makes ptep_set_access_flags() for a kernel. */
export function createSetAccessFlags(kernel: Kernel, contpte: ContPte): SetAccessFlags {
  const { arch, pt } = kernel;
  const { update, geometry } = arch;
  const store = (slot: number, old: Prot, entry: Prot, dirty: boolean): void => {
    const stored = update.setAccessFlags(old, entry, dirty);
    if (stored !== old) pt.setProt(PGTABLE_LEVEL_PTE, slot, stored);
  };

  /**
   * Makes the entry of a fault younger, dirtier or writable, as its architecture stores such a change. Of a contiguous
   * block all entries get younger or dirtier; it is unfolded for one that gets writable.
   *
   * @param old what the entry holds. @param entry what it shall allow.
   * @param dirty the access was a write; on arm64 the old entry is then flushed.
   * @context the page-table lock is held.
   * @fidelity exact
   * @patch none
   */
  return function ptep_set_access_flags(vmf, old, entry, dirty) {
    if (old === entry) return;
    const { vma, address, pte } = vmf;
    if (arch.pte_cont(old) && arch.pte_write(old) === arch.pte_write(entry)) {
      contpte.eachOfBlock(address, pte, (slot) => store(slot, pt.ptep_get(slot), entry, dirty));
    } else {
      contpte.unfold(vma.vm_mm, address, pte);
      store(pte, pt.ptep_get(pte), arch.pte_mknoncont(entry), dirty);
    }
    if (!dirty || !update.setAccessFlagsFlushes) return;
    const end = address + geometry.pageSize;
    flush_tlb_mm_range(kernel, vma.vm_mm, address, end, geometry.pageShift);
  };
}
