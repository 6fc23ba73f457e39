import {
  is_cow_mapping,
  type Kernel,
  lock,
  pageTableLock,
  unlock,
  VM_FAULT_NOPAGE,
  VM_FAULT_OOM,
  VM_FAULT_SIGBUS,
  VM_MIXEDMAP,
  VM_PFNMAP,
  type VmAreaStruct,
  type VmFault,
} from '@pfnmap/mm-core';
import { KernelBug, type Pfn, PGTABLE_LEVEL_PTE, type Prot } from '@pfnmap/pgtable-core';
import { raceInFault } from './race-in-fault.ts';

// A constant of this module costs nothing where it is used, an imported one is looked up.
const PFNMAP = VM_PFNMAP;
const KINDS = VM_PFNMAP | VM_MIXEDMAP;
const NOPAGE = VM_FAULT_NOPAGE;
const BUS_ERROR = VM_FAULT_SIGBUS;
const PTE_LEVEL = PGTABLE_LEVEL_PTE;
const PTE_LOCK = pageTableLock(PGTABLE_LEVEL_PTE);

/** Single-page insertion of one kernel. */
export interface PteInserter {
  vmf_insert_pfn(vma: VmAreaStruct, address: number, pfn: Pfn): number;
  vmf_insert_pfn_prot(vma: VmAreaStruct, address: number, pfn: Pfn, pgprot: Prot): number;
}

/** Makes single-page insertion for a kernel. `inFlight` is the fault that runs, with the slot it has already found. */
export function createPteInserter(kernel: Kernel, inFlight: VmFault): PteInserter {
  const { arch, pt, mem, events, tracking } = kernel;
  const { walkAlloc, pte_none, set } = pt;
  const { pte_mkspecial, protOfNewPte, pfn_modify_allowed } = arch;

  const insert_pfn = (vma: VmAreaStruct, address: number, pfn: Pfn, prot: Prot): number => {
    const mm = vma.vm_mm;
    // A handler may do nothing that frees tables, so the slot of its own fault is still good.
    if (events.race !== undefined) raceInFault(events, inFlight, 'insert_pfn');
    const isFault = inFlight.pte >= 0 && inFlight.address === address && inFlight.vma === vma;
    const slot = isFault ? inFlight.pte : walkAlloc(PTE_LEVEL, mm, address);
    if (slot < 0) return VM_FAULT_OOM;
    lock(events, mm, PTE_LOCK);
    if (pte_none(slot)) set(PTE_LEVEL, slot, pfn, pte_mkspecial(protOfNewPte(prot)));
    unlock(events, mm, PTE_LOCK);
    return NOPAGE;
  };

  /** Anything but a shared PFN mapping: only a mixed one may hold PFNs, and of frames without a struct page. */
  const checkVma = (vma: VmAreaStruct, pfn: Pfn): void => {
    const kind = vma.vm_flags & KINDS;
    const where = 'vmf_insert_pfn_prot';
    if (kind === 0) throw new KernelBug('the VMA is neither PFNMAP nor MIXEDMAP', where);
    if (kind === KINDS) throw new KernelBug('the VMA is both PFNMAP and MIXEDMAP', where);
    if (kind === PFNMAP) {
      throw new KernelBug('a PFN is inserted into a copy-on-write mapping', where);
    }
    if (mem.isRam(pfn)) {
      throw new KernelBug('a PFN with a struct page is inserted into a MIXEDMAP VMA', where, {
        pfn,
      });
    }
  };
  const vmf_insert_pfn_prot = (
    vma: VmAreaStruct,
    address: number,
    pfn: Pfn,
    pgprot: Prot,
  ): number => {
    const { vm_flags } = vma;
    if ((vm_flags & KINDS) !== PFNMAP || is_cow_mapping(vm_flags)) checkVma(vma, pfn);
    if (address < vma.vm_start || address >= vma.vm_end) return BUS_ERROR;
    if (!pfn_modify_allowed(pfn, pgprot)) return BUS_ERROR;
    return insert_pfn(vma, address, pfn, tracking.insert(pfn, pgprot));
  };

  return {
    /**
     * Maps one page of a PFN mapping with the VMA's own protection.
     *
     * @returns as {@link vmf_insert_pfn_prot}.
     * @fidelity exact
     * @patch none
     */
    vmf_insert_pfn: (vma, address, pfn) => vmf_insert_pfn_prot(vma, address, pfn, vma.vm_page_prot),
    /**
     * Maps one page of a PFN mapping.
     *
     * @returns VM_FAULT_NOPAGE, also when the slot was occupied; VM_FAULT_SIGBUS outside the VMA or when L1TF forbids it;
     * VM_FAULT_OOM when no table could be had, also because a PMD leaf is there.
     * @throws KernelBug for a VMA that cannot hold PFNs.
     * @context mmap_lock held for reading; takes the PTE lock.
     * @fidelity exact
     * @patch none
     */
    vmf_insert_pfn_prot,
  };
}
