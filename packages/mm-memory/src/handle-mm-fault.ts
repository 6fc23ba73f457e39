import {
  createContPte,
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_WRITE,
  is_cow_mapping,
  type Kernel,
  VM_FAULT_ERROR,
  VM_FAULT_FALLBACK,
  VM_FAULT_MAJOR,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGSEGV,
  VM_MAYWRITE,
  VM_WRITE,
  type VmAreaStruct,
  type VmFault,
} from '@pfnmap/mm-core';
import { alignDown, type Slot } from '@pfnmap/pgtable-core';
import type { MissingPteFaults } from './do-fault.ts';
import type { HugeSteps } from './huge-steps.ts';
import { createSetAccessFlags } from './set-access-flags.ts';

// A constant of this module costs nothing where it is used, an imported one is looked up.
const WRITE = FAULT_FLAG_WRITE;
const WRITABLE = VM_WRITE;
const MAY_BE_WRITTEN = VM_MAYWRITE;
const FALLBACK = VM_FAULT_FALLBACK;
const OUT_OF_MEMORY = VM_FAULT_OOM;
const RETRY = VM_FAULT_RETRY;
const MAJOR = VM_FAULT_MAJOR;
const MAJOR_OR_ERROR = VM_FAULT_MAJOR | VM_FAULT_ERROR;

/** Page faults of one kernel: results are VM_FAULT_* bits. */
export interface FaultHandler {
  handle_mm_fault(vma: VmAreaStruct, address: number, flags: number): number;
  /**
   * The same for a fault whose walk ended at a PTE: the tables above it are there, so the steps from the top down, which
   * would find them, are left out.
   */
  handleFaultAtPte(vma: VmAreaStruct, address: number, flags: number, pte: Slot): number;
}

/** What is wrong with a request that makes no sense, or undefined: sanitize_fault_flags(). */
function whyRefused({ vm_flags }: VmAreaStruct, flags: number): string | undefined {
  if ((flags & WRITE) === 0) return undefined;
  if ((vm_flags & MAY_BE_WRITTEN) === 0) return 'a write to a mapping that may not be written';
  if ((vm_flags & WRITABLE) === 0 && !is_cow_mapping(vm_flags)) {
    return 'a write to a shared mapping without VM_WRITE';
  }
  return undefined;
}

/** Makes handle_mm_fault() for a kernel. `inFlight` is the one fault that runs; its `pte` is -1 while none does. */
export function createHandleMmFault(
  kernel: Kernel,
  inFlight: VmFault,
  { pudStep, pmdStep }: HugeSteps,
  missing: MissingPteFaults,
  do_wp_page: (vmf: VmFault) => number,
): FaultHandler {
  const { arch, pt, events } = kernel;
  const { pageSize } = arch.geometry;
  const { pte_none } = pt;
  const { do_anonymous_page, do_fault } = missing;
  const { counts } = events;
  const ptep_set_access_flags = createSetAccessFlags(kernel, createContPte(kernel));

  /** An entry is there: a write that it forbids, or nothing to do but to mark it. */
  const onPresentPte = (vmf: VmFault): number => {
    const old = pt.ptep_get(vmf.pte);
    const write = (vmf.flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE)) !== 0;
    if (write && !arch.pte_write(old)) return do_wp_page(vmf);
    let entry = arch.pte_mkyoung(old);
    if (write) entry = arch.pte_mkdirty(entry);
    ptep_set_access_flags(vmf, old, entry, write);
    return 0;
  };
  /** The entry at vmf.pte, -1 while there is no table. */
  const handle_pte_fault = (vmf: VmFault, pte: Slot): number => {
    if (pte >= 0 && !pte_none(pte)) return onPresentPte(vmf);
    return vmf.vma.vm_ops === null ? do_anonymous_page(vmf) : do_fault(vmf);
  };

  const handleFromTop = (vmf: VmFault): number => {
    const { vma, address } = vmf;
    const mm = vma.vm_mm;
    const p4dp = pt.p4d_alloc(mm, pt.pgd_offset(mm, address), address);
    if (p4dp < 0) return OUT_OF_MEMORY;
    vmf.pud = pt.pud_alloc(mm, p4dp, address);
    if (vmf.pud < 0) return OUT_OF_MEMORY;
    const atPud = pudStep(vmf);
    if ((atPud & FALLBACK) === 0) return atPud;
    // A 1G entry that has come meanwhile: the CPU looks again.
    if (arch.hasPudThp && !pt.isTable(vmf.pud) && !pt.pud_none(vmf.pud)) return 0;
    vmf.pmd = pt.pmd_alloc(mm, vmf.pud, address);
    if (vmf.pmd < 0) return OUT_OF_MEMORY;
    const atPmd = pmdStep(vmf);
    if ((atPmd & FALLBACK) === 0) return atPmd;
    // What is no table now is a leaf that just came, or nothing.
    if (pt.isTable(vmf.pmd)) vmf.pte = pt.pte_offset(vmf.pmd, address);
    else if (!pt.pmd_none(vmf.pmd)) return 0;
    return handle_pte_fault(vmf, vmf.pte);
  };

  const begin = (vma: VmAreaStruct, address: number, flags: number): VmFault => {
    const vmf = inFlight;
    vmf.vma = vma;
    vmf.address = alignDown(address, pageSize);
    vmf.flags = flags;
    return vmf;
  };
  const end = (ret: number): number => {
    inFlight.pte = -1;
    if ((ret & RETRY) === 0) {
      counts.pgfault++;
      if ((ret & MAJOR_OR_ERROR) === MAJOR) counts.pgmajfault++;
    }
    return ret;
  };
  const refuse = (what: string): number => {
    events.record({ kind: 'warn', where: 'sanitize_fault_flags', what });
    return VM_FAULT_SIGSEGV;
  };

  return {
    /**
     * One page fault: PUD, then PMD, then PTE. A huge_fault answer without FALLBACK is the result; FALLBACK is
     * consumed here.
     *
     * @param address byte address inside the VMA.
     * @param flags FAULT_FLAG_* bits. With FAULT_FLAG_VMA_LOCK the answer may be VM_FAULT_RETRY.
     * @returns VM_FAULT_* bits; 0 and NOPAGE mean that the access is tried again.
     * @context mmap_lock held for reading, or the per-VMA lock with FAULT_FLAG_VMA_LOCK.
     * @fidelity partial NUMA hinting, userfaultfd and migration entries do not occur on PFN mappings
     * @patch none
     */
    handle_mm_fault(vma, address, flags) {
      const why = whyRefused(vma, flags);
      return why === undefined ? end(handleFromTop(begin(vma, address, flags))) : refuse(why);
    },
    handleFaultAtPte(vma, address, flags, pte) {
      const why = whyRefused(vma, flags);
      if (why !== undefined) return refuse(why);
      const vmf = begin(vma, address, flags);
      vmf.pte = pte;
      vmf.pmd = -1;
      vmf.pud = -1;
      return end(handle_pte_fault(vmf, pte));
    },
  };
}
