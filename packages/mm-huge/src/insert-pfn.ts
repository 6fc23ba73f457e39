import {
  is_cow_mapping,
  type Kernel,
  lock,
  pageTableLock,
  unlock,
  VM_FAULT_NOPAGE,
  VM_FAULT_SIGBUS,
  VM_MIXEDMAP,
  VM_PFNMAP,
  VM_WRITE,
  type VmAreaStruct,
  type VmFault,
} from '@pfnmap/mm-core';
import {
  alignDown,
  KernelBug,
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PUD,
  type Prot,
} from '@pfnmap/pgtable-core';

/** The gates of insertion, read once. */
export interface InsertGates {
  /** Patch 03: what is inserted for a PFN is marked special. */
  readonly marksSpecial: boolean;
  /** A PUD takes the memory type that was looked up, as a PMD does; before, it was thrown away. */
  readonly pudTakesCachemode: boolean;
}

function checkVma(vma: VmAreaStruct, where: string): void {
  const { vm_flags } = vma;
  const kind = vm_flags & (VM_PFNMAP | VM_MIXEDMAP);
  if (kind === 0) throw new KernelBug('the VMA is neither PFNMAP nor MIXEDMAP', where);
  if (kind === (VM_PFNMAP | VM_MIXEDMAP)) {
    throw new KernelBug('the VMA is both PFNMAP and MIXEDMAP', where);
  }
  if ((vm_flags & VM_PFNMAP) !== 0 && is_cow_mapping(vm_flags)) {
    throw new KernelBug('a PFN is inserted into a copy-on-write mapping', where);
  }
}

/** The two insertion helpers of one kernel. */
export interface PfnInserter {
  vmf_insert_pfn_pmd(vmf: VmFault, pfn: Pfn, write: boolean): number;
  vmf_insert_pfn_pud(vmf: VmFault, pfn: Pfn, write: boolean): number;
}

/** Makes the insertion helpers for a kernel. */
export function createPfnInserter(kernel: Kernel, gates: InsertGates): PfnInserter {
  const { arch, pt, events, tracking } = kernel;
  const [, pmdLevel, pudLevel] = arch.geometry.levels;

  /** Over an occupied slot: only a writer may change it, and only when the frame is the same. */
  const upgradePmd = (vma: VmAreaStruct, slot: number, pfn: Pfn): void => {
    if (pt.pfnAt(PGTABLE_LEVEL_PMD, slot) !== pfn) {
      events.record({ kind: 'warn', where: 'insert_pfn_pmd', what: 'occupied by another PFN' });
      return;
    }
    const old = pt.pmdp_get(slot);
    let entry = arch.pmd_mkdirty(arch.pmd_mkyoung(old));
    if ((vma.vm_flags & VM_WRITE) !== 0) entry = arch.pmd_mkwrite(entry);
    pt.setProt(PGTABLE_LEVEL_PMD, slot, arch.update.setAccessFlags(old, entry, true));
  };
  const upgradePud = (vma: VmAreaStruct, slot: number, pfn: Pfn): void => {
    if (pt.pfnAt(PGTABLE_LEVEL_PUD, slot) !== pfn) {
      events.record({ kind: 'warn', where: 'insert_pfn_pud', what: 'occupied by another PFN' });
      return;
    }
    const old = pt.pudp_get(slot);
    let entry = arch.pud_mkdirty(arch.pud_mkyoung(old));
    if ((vma.vm_flags & VM_WRITE) !== 0) entry = arch.pud_mkwrite(entry);
    pt.setProt(PGTABLE_LEVEL_PUD, slot, arch.update.setAccessFlags(old, entry, true));
  };

  const insertPfnPmd = (vmf: VmFault, pfn: Pfn, prot: Prot, write: boolean): void => {
    const { vma, pmd: slot } = vmf;
    if (!pt.pmd_none(slot)) {
      if (write) upgradePmd(vma, slot, pfn);
      return;
    }
    let entry = arch.pmd_mkhuge(prot);
    if (gates.marksSpecial) entry = arch.pmd_mkspecial(entry);
    if (write) {
      entry = arch.pmd_mkdirty(arch.pmd_mkyoung(entry));
      if ((vma.vm_flags & VM_WRITE) !== 0) entry = arch.pmd_mkwrite(entry);
    }
    pt.set(PGTABLE_LEVEL_PMD, slot, arch.pfn_leaf(PGTABLE_LEVEL_PMD, pfn), entry);
  };
  const insertPfnPud = (vmf: VmFault, pfn: Pfn, prot: Prot, write: boolean): void => {
    const { vma, pud: slot } = vmf;
    if (!pt.pud_none(slot)) {
      if (write) upgradePud(vma, slot, pfn);
      return;
    }
    let entry = arch.pud_mkhuge(prot);
    if (gates.marksSpecial) entry = arch.pud_mkspecial(entry);
    if (write) {
      entry = arch.pud_mkdirty(arch.pud_mkyoung(entry));
      if ((vma.vm_flags & VM_WRITE) !== 0) entry = arch.pud_mkwrite(entry);
    }
    pt.set(PGTABLE_LEVEL_PUD, slot, arch.pfn_leaf(PGTABLE_LEVEL_PUD, pfn), entry);
  };

  return {
    /**
     * Maps the PMD-sized range around the fault with one entry. Does not check that the range lies in the VMA, nor that
     * the PFN is aligned: the driver must.
     *
     * @returns VM_FAULT_NOPAGE, also when the slot was occupied; VM_FAULT_SIGBUS when the range starts outside the VMA.
     * @throws KernelBug for a VMA that cannot hold PFNs.
     * @context mmap_lock or the per-VMA lock held; takes the PMD lock.
     * @fidelity partial powerpc's table deposit is not modelled.
     * @patch 03/19
     */
    vmf_insert_pfn_pmd(vmf, pfn, write) {
      const { vma } = vmf;
      checkVma(vma, 'vmf_insert_pfn_pmd');
      const start = alignDown(vmf.address, pmdLevel.size);
      if (start < vma.vm_start || start >= vma.vm_end) return VM_FAULT_SIGBUS;
      const prot = tracking.insert(pfn, vma.vm_page_prot);
      lock(events, vma.vm_mm, pageTableLock(PGTABLE_LEVEL_PMD));
      insertPfnPmd(vmf, pfn, prot, write);
      unlock(events, vma.vm_mm, pageTableLock(PGTABLE_LEVEL_PMD));
      return VM_FAULT_NOPAGE;
    },
    /**
     * The same for a PUD.
     *
     * @returns VM_FAULT_NOPAGE or VM_FAULT_SIGBUS.
     * @throws KernelBug for a VMA that cannot hold PFNs.
     * @context as {@link vmf_insert_pfn_pmd}; takes page_table_lock.
     * @fidelity exact
     * @patch 03/19
     */
    vmf_insert_pfn_pud(vmf, pfn, write) {
      const { vma } = vmf;
      checkVma(vma, 'vmf_insert_pfn_pud');
      const start = alignDown(vmf.address, pudLevel.size);
      if (start < vma.vm_start || start >= vma.vm_end) return VM_FAULT_SIGBUS;
      const looked = tracking.insert(pfn, vma.vm_page_prot);
      const prot = gates.pudTakesCachemode ? looked : vma.vm_page_prot;
      lock(events, vma.vm_mm, pageTableLock(PGTABLE_LEVEL_PUD));
      insertPfnPud(vmf, pfn, prot, write);
      unlock(events, vma.vm_mm, pageTableLock(PGTABLE_LEVEL_PUD));
      return VM_FAULT_NOPAGE;
    },
  };
}
