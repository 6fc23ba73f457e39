import { flush_tlb_mm_range, type Kernel, type VmFault } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PTE, type Prot } from '@pfnmap/pgtable-core';

/**
 * Makes the entry of a fault younger, dirtier or writable, as its architecture stores such a change.
 *
 * @param old what the entry holds. @param entry what it shall allow.
 * @param dirty the access was a write; on arm64 the old entry is then flushed.
 * @context the page-table lock is held.
 * @fidelity exact
 * @patch none
 */
export function ptep_set_access_flags(
  kernel: Kernel,
  vmf: VmFault,
  old: Prot,
  entry: Prot,
  dirty: boolean,
): void {
  if (old === entry) return;
  const { update, geometry } = kernel.arch;
  const stored = update.setAccessFlags(old, entry, dirty);
  if (stored !== old) kernel.pt.setProt(PGTABLE_LEVEL_PTE, vmf.pte, stored);
  if (!dirty || !update.setAccessFlagsFlushes) return;
  const { vma, address } = vmf;
  const end = address + geometry.pageSize;
  flush_tlb_mm_range(kernel, vma.vm_mm, address, end, geometry.pageShift);
}
