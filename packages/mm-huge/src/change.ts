import {
  flushHugeTlbRange,
  type Kernel,
  lock,
  type MmuGather,
  pageTableLock,
  unlock,
  VM_SOFTDIRTY,
  VM_WRITE,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PUD, type Prot, type Slot } from '@pfnmap/pgtable-core';

/** Changes of leaves of one kernel. */
export interface HugeChanger {
  change_huge_pmd(
    tlb: MmuGather,
    vma: VmAreaStruct,
    pmdp: Slot,
    address: number,
    newprot: Prot,
    upgrade: boolean,
  ): number;
  change_huge_pud(
    tlb: MmuGather,
    vma: VmAreaStruct,
    pudp: Slot,
    address: number,
    newprot: Prot,
  ): number;
  huge_pmd_set_accessed(pmdp: Slot, write: boolean): void;
  huge_pud_set_accessed(pudp: Slot, write: boolean): void;
}

/** Makes the changer for a kernel. */
export function createHugeChanger(kernel: Kernel): HugeChanger {
  const { arch, pt, anon, events } = kernel;
  const [, pmdLevel, pudLevel] = arch.geometry.levels;
  const pmdLock = pageTableLock(PGTABLE_LEVEL_PMD);
  const pudLock = pageTableLock(PGTABLE_LEVEL_PUD);

  /** can_change_pmd_writable(): a write would find the folio exclusive, and nobody wants to hear of it. */
  const canUpgrade = (vma: VmAreaStruct, pmdp: Slot, pmd: Prot): boolean => {
    if (!vma_is_anonymous(vma) || (vma.vm_flags & VM_WRITE) === 0) return false;
    if (arch.pmd_write(pmd) || arch.pmd_protnone(pmd)) return false;
    const tracked = arch.update.hasSoftDirty && (vma.vm_flags & VM_SOFTDIRTY) === 0;
    if (tracked && !arch.pmd_soft_dirty(pmd)) return false;
    return anon.isExclusive(pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp));
  };
  return {
    /**
     * Gives a PMD leaf another protection in place.
     *
     * @param upgrade an anonymous leaf may become writable here, without a fault.
     * @returns pages changed, or 0 when there is no leaf any more.
     * @context mmap_lock held for writing; takes the PMD lock.
     * @fidelity exact for PFN mappings and anonymous memory
     * @patch none
     */
    change_huge_pmd(tlb, vma, pmdp, address, newprot, upgrade) {
      const old = pt.pmdp_get(pmdp);
      if (!arch.pmd_trans_huge(old)) return 0;
      lock(events, vma.vm_mm, pmdLock);
      if (arch.update.invalidateAdFlushes) {
        flushHugeTlbRange(kernel, vma.vm_mm, PGTABLE_LEVEL_PMD, address, address + pmdLevel.size);
      }
      let entry = arch.pmd_modify(old, newprot);
      if (upgrade && canUpgrade(vma, pmdp, entry)) entry = arch.pmd_mkwrite(entry);
      pt.setProt(PGTABLE_LEVEL_PMD, pmdp, entry);
      if (arch.huge_pmd_needs_flush(old, entry)) tlb.cleared(PGTABLE_LEVEL_PMD, address);
      unlock(events, vma.vm_mm, pmdLock);
      return 2 ** pmdLevel.order;
    },
    /**
     * Gives a PUD leaf another protection in place; flushes at once, and again at the end.
     *
     * @returns pages changed, or 0 when there is no leaf any more.
     * @context mmap_lock held for writing; takes page_table_lock.
     * @fidelity exact
     * @patch none
     */
    change_huge_pud(tlb, vma, pudp, address, newprot) {
      const old = pt.pudp_get(pudp);
      if (!arch.pud_trans_huge(old)) return 0;
      lock(events, vma.vm_mm, pudLock);
      flushHugeTlbRange(kernel, vma.vm_mm, PGTABLE_LEVEL_PUD, address, address + pudLevel.size);
      pt.setProt(PGTABLE_LEVEL_PUD, pudp, arch.pud_modify(old, newprot));
      tlb.cleared(PGTABLE_LEVEL_PUD, address);
      unlock(events, vma.vm_mm, pudLock);
      return 2 ** pudLevel.order;
    },
    /**
     * A fault met a leaf that allows the access: marks it young, and dirty for a write, as far as the architecture
     * stores that.
     *
     * @fidelity exact
     * @patch none
     */
    huge_pmd_set_accessed(pmdp, write) {
      const old = pt.pmdp_get(pmdp);
      let entry = arch.pmd_mkyoung(old);
      if (write) entry = arch.pmd_mkdirty(entry);
      const stored = arch.update.setAccessFlags(old, entry, write);
      if (stored !== old) pt.setProt(PGTABLE_LEVEL_PMD, pmdp, stored);
    },
    /**
     * The same for a PUD leaf.
     *
     * @fidelity exact
     * @patch none
     */
    huge_pud_set_accessed(pudp, write) {
      const old = pt.pudp_get(pudp);
      let entry = arch.pud_mkyoung(old);
      if (write) entry = arch.pud_mkdirty(entry);
      const stored = arch.update.setAccessFlags(old, entry, write);
      if (stored !== old) pt.setProt(PGTABLE_LEVEL_PUD, pudp, stored);
    },
  };
}
