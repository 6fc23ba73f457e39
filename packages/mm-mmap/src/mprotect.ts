import {
  EACCES,
  EINVAL,
  ENOMEM,
  type Kernel,
  type MmStruct,
  MmuGather,
  VM_ACCESS_FLAGS,
  VM_LOCKED,
  VM_MIXEDMAP,
  VM_PFNMAP,
  VM_SHARED,
  VM_WRITE,
  type VmAreaStruct,
  vma_set_page_prot,
} from '@pfnmap/mm-core';
import type { MmPagewalk } from '@pfnmap/mm-pagewalk';
import { alignUp, isAligned, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';
import type { ChangeProtection } from './change-protection.ts';
import type { MergeVma } from './merge-vma.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE, vmFlagsOfProt } from './mmap.ts';
import type { Populate } from './populate.ts';
import type { SplitVma } from './split-vma.ts';

/** Makes mprotect() for a kernel. */
export function createMprotect(
  kernel: Kernel,
  walker: MmPagewalk,
  splitVma: SplitVma,
  mergeVma: MergeVma,
  changeProtection: ChangeProtection,
  populate: Populate,
): (mm: MmStruct, start: number, length: number, prot: number) => number {
  const { arch, pt } = kernel;
  const { pageSize } = arch.geometry;
  const checksPfns = arch.arch_has_pfn_modify_check();

  /** With L1TF: may these frames lose all access? The walk looks at PTEs, and so clears every leaf on its way. */
  const mayTakeAllAccess = (vma: VmAreaStruct, start: number, end: number): number => {
    const prot = arch.vm_get_page_prot(vma.vm_flags & ~VM_ACCESS_FLAGS);
    return walker.walk_page_range(vma.vm_mm, start, end, {
      test_walk: () => 0,
      pte_entry: (ptep) =>
        pt.pte_none(ptep) || arch.pfn_modify_allowed(pt.pfnAt(PGTABLE_LEVEL_PTE, ptep), prot)
          ? 0
          : -EACCES,
    });
  };

  const mprotect_fixup = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    start: number,
    end: number,
    newflags: number,
  ): number => {
    const oldflags = vma.vm_flags;
    if (newflags === oldflags) return 0;
    const holdsPfns = (oldflags & (VM_PFNMAP | VM_MIXEDMAP)) !== 0;
    if (checksPfns && holdsPfns && (newflags & VM_ACCESS_FLAGS) === 0) {
      const refused = mayTakeAllAccess(vma, start, end);
      if (refused !== 0) return refused;
    }
    let middle = vma;
    if (vma.vm_start < start) {
      const error = splitVma(vma, start);
      if (error !== 0) return error;
      middle = vma.vm_mm.vma_lookup(start) as VmAreaStruct;
    }
    if (end < middle.vm_end) {
      const error = splitVma(middle, end);
      if (error !== 0) return error;
    }
    middle.vm_flags = newflags;
    const merged = mergeVma(middle);
    vma_set_page_prot(arch, merged);
    changeProtection(tlb, merged, start, end);
    // Locked private memory takes its pages now, so that no write waits for one later.
    const wasUnwritable = (oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) === VM_LOCKED;
    if (wasUnwritable && (newflags & VM_WRITE) !== 0) populate(merged, start, end, true);
    return 0;
  };

  /**
   * mprotect(): changes the rights of a range, VMA by VMA.
   *
   * @param prot PROT_* bits.
   * @returns 0; -EINVAL for a misaligned start or unknown bits; -ENOMEM for a hole, after what lies before it was
   * changed; -EACCES for rights that the mapping may not have.
   * @throws KernelBug when a boundary lies inside a PUD leaf and is not PMD-aligned.
   * @context takes mmap_lock for writing.
   * @fidelity exact
   * @patch none
   */
  return function mprotect(mm, start, length, prot) {
    if (!isAligned(start, pageSize)) return -EINVAL;
    if (length === 0) return 0;
    const end = start + alignUp(length, pageSize);
    if ((prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) !== 0) return -EINVAL;
    if (mm.vma_lookup(start) === null) return -ENOMEM;
    const tlb = new MmuGather(kernel, mm);
    let error = 0;
    for (let address = start; address < end && error === 0; ) {
      const vma = mm.vma_lookup(address);
      if (vma === null) {
        error = -ENOMEM;
        break;
      }
      const newflags = vmFlagsOfProt(prot) | (vma.vm_flags & ~VM_ACCESS_FLAGS);
      if ((newflags & ~(newflags >> 4) & VM_ACCESS_FLAGS) !== 0) {
        error = -EACCES;
        break;
      }
      const next = Math.min(end, vma.vm_end);
      error = mprotect_fixup(tlb, vma, address, next, newflags);
      address = next;
    }
    tlb.finish();
    return error;
  };
}
