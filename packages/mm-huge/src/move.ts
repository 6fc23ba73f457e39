import { flushHugeTlbRange, type Kernel, type VmAreaStruct } from '@pfnmap/mm-core';
import {
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
  type Prot,
  type Slot,
} from '@pfnmap/pgtable-core';

/** Moves of leaves of one kernel. */
export interface HugeMover {
  move_huge_pmd(vma: VmAreaStruct, oldAddress: number, oldPmd: Slot, newPmd: Slot): boolean;
  move_huge_pud(vma: VmAreaStruct, oldAddress: number, oldPud: Slot, newPud: Slot): boolean;
}

/** Makes the mover for a kernel. */
export function createHugeMover(kernel: Kernel): HugeMover {
  const { arch, pt, events } = kernel;
  const { levels } = arch.geometry;

  const refuseMove = (where: string, what: string): boolean => {
    events.record({ kind: 'warn', where, what });
    return false;
  };
  const moveLeaf = (
    level: PgtableLevel,
    vma: VmAreaStruct,
    oldAddress: number,
    leaf: {
      readonly from: Slot;
      readonly to: Slot;
      readonly entry: Prot;
      readonly isPresent: boolean;
    },
  ): void => {
    const pfn = pt.pfnAt(level, leaf.from);
    pt.clear(leaf.from);
    pt.set(level, leaf.to, pfn, leaf.entry);
    if (!leaf.isPresent) return;
    const end = oldAddress + levels[level].size;
    flushHugeTlbRange(kernel, vma.vm_mm, level, oldAddress, end);
  };

  return {
    /**
     * Moves a PMD leaf to an empty slot, marked soft-dirty where the architecture can.
     *
     * @returns false when the new slot is occupied; nothing is moved then.
     * @context mmap_lock held for writing; takes both PMD locks.
     * @fidelity exact for PFN mappings and anonymous memory
     * @patch none
     */
    move_huge_pmd(vma, oldAddress, oldPmd, newPmd) {
      if (!pt.pmd_none(newPmd)) return refuseMove('move_huge_pmd', 'the new PMD is not empty');
      const old = pt.pmdp_get(oldPmd);
      if (!arch.pmd_trans_huge(old)) return false;
      const isPresent = arch.pmd_present(old);
      const entry = isPresent ? arch.pmd_mksoft_dirty(old) : old;
      moveLeaf(PGTABLE_LEVEL_PMD, vma, oldAddress, { from: oldPmd, to: newPmd, entry, isPresent });
      return true;
    },
    /**
     * The same for a PUD leaf. No kernel up to 7.3 gets here on the architectures modelled: mremap() takes the leaf for a
     * bad table first, unless EXPERIMENT_SPLIT_LEAVES is on.
     *
     * @returns false when the new slot is occupied; nothing is moved then.
     * @context mmap_lock held for writing; takes page_table_lock.
     * @fidelity partial no kernel was seen to do it
     * @patch none
     */
    move_huge_pud(vma, oldAddress, oldPud, newPud) {
      if (!pt.pud_none(newPud)) return refuseMove('move_huge_pud', 'the new PUD is not empty');
      const old = pt.pudp_get(oldPud);
      if (!arch.pud_trans_huge(old)) return false;
      const isPresent = arch.pud_present(old);
      const entry = isPresent ? arch.pud_mksoft_dirty(old) : old;
      moveLeaf(PGTABLE_LEVEL_PUD, vma, oldAddress, { from: oldPud, to: newPud, entry, isPresent });
      return true;
    },
  };
}
