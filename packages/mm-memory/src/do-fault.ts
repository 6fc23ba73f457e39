import {
  anon_vma_prepare,
  FAULT_FLAG_VMA_LOCK,
  FAULT_FLAG_WRITE,
  type Kernel,
  VM_FAULT_NOPAGE,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGBUS,
  VM_SHARED,
  type VmAreaStruct,
  type VmFault,
} from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';

// A constant of this module costs nothing where it is used, an imported one is looked up.
const UNDER_VMA_LOCK = FAULT_FLAG_VMA_LOCK;
const WRITE = FAULT_FLAG_WRITE;
const SHARED = VM_SHARED;
const RETRY = VM_FAULT_RETRY;

/** Faults on an empty PTE, for one kernel. */
export interface MissingPteFaults {
  do_fault(vmf: VmFault): number;
  do_anonymous_page(vmf: VmFault): number;
}

/**
 * True when a file mapping's empty PTE cannot be filled under the per-VMA lock: the driver's ->fault may not be asked
 * there, unless it has map_pages.
 */
export const faultNeedsMmapLock = ({ vm_ops }: VmAreaStruct): boolean =>
  vm_ops?.fault !== undefined && vm_ops.map_pages === undefined;

/** Makes them for a kernel. */
export function createMissingPteFaults(kernel: Kernel): MissingPteFaults {
  const { arch, pt, anon } = kernel;
  const { pageSize } = arch.geometry;
  const whenThereIsNoHandler = ({ pte }: VmFault): number =>
    pte >= 0 && !pt.pte_none(pte) ? VM_FAULT_NOPAGE : VM_FAULT_SIGBUS;
  /** A write to a private mapping has its page ready, even if the driver then inserts a PFN. */
  const do_cow_fault = (vmf: VmFault, fault: (vmf: VmFault) => number): number => {
    const page = anon.alloc();
    if (page < 0) return VM_FAULT_OOM;
    const ret = fault(vmf);
    anon.put(page, vmf.vma.vm_mm.id);
    return ret;
  };

  const mapZeroPage = ({ vma, address }: VmFault): number => {
    const slot = pt.walkAlloc(PGTABLE_LEVEL_PTE, vma.vm_mm, address);
    if (slot < 0) return VM_FAULT_OOM;
    const entry = arch.pte_mkspecial(arch.protOfNewPte(vma.vm_page_prot));
    pt.set(PGTABLE_LEVEL_PTE, slot, anon.zeroPage, entry);
    return 0;
  };

  return {
    /**
     * A file mapping's empty PTE: asks the driver's ->fault, which inserts the PFN itself. Under the per-VMA lock alone
     * it may not be asked (without map_pages), so the fault starts over with mmap_lock.
     *
     * @returns what the driver answered; VM_FAULT_RETRY; VM_FAULT_SIGBUS when it has no handler; VM_FAULT_OOM.
     * @fidelity partial handlers that return a struct page are not modelled
     * @patch none
     */
    do_fault(vmf) {
      const { vma, flags } = vmf;
      const fault = vma.vm_ops?.fault;
      if (fault === undefined) return whenThereIsNoHandler(vmf);
      if ((flags & UNDER_VMA_LOCK) !== 0 && faultNeedsMmapLock(vma)) return RETRY;
      const copies = (flags & WRITE) !== 0 && (vma.vm_flags & SHARED) === 0;
      return copies ? do_cow_fault(vmf, fault) : fault(vmf);
    },
    /**
     * Anonymous memory: the page of zeroes for a read of private memory, else a page of its own.
     *
     * @returns 0, VM_FAULT_OOM or VM_FAULT_RETRY.
     * @fidelity exact
     * @patch none
     */
    do_anonymous_page(vmf) {
      const { vma } = vmf;
      const isRead = (vmf.flags & FAULT_FLAG_WRITE) === 0;
      if (isRead && (vma.vm_flags & VM_SHARED) === 0) return mapZeroPage(vmf);
      if (!vma.anon_vma && (vmf.flags & FAULT_FLAG_VMA_LOCK) !== 0) return VM_FAULT_RETRY;
      const slot = pt.walkAlloc(PGTABLE_LEVEL_PTE, vma.vm_mm, vmf.address);
      const page = slot < 0 ? -1 : anon.alloc();
      if (page < 0) return VM_FAULT_OOM;
      anon_vma_prepare(vma, pageSize);
      let entry = arch.pte_mkyoung(vma.vm_page_prot);
      if (!isRead) entry = arch.pte_mkwrite(arch.pte_mkdirty(entry));
      pt.set(PGTABLE_LEVEL_PTE, slot, page, entry);
      vma.vm_mm.rss.anon++;
      return 0;
    },
  };
}
