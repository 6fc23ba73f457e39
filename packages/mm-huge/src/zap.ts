import { type Kernel, type MmuGather, type VmAreaStruct, vma_is_anonymous } from '@pfnmap/mm-core';
import { type Pfn, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PUD, type Slot } from '@pfnmap/pgtable-core';
import { zapDepositedTable } from './deposit.ts';

/** Removal of leaves of one kernel. */
export interface HugeZapper {
  zap_huge_pmd(tlb: MmuGather, vma: VmAreaStruct, pmdp: Slot, address: number): boolean;
  /** {@link zap_huge_pmd} for neighbours of which each is a leaf. */
  zap_huge_pmds(
    tlb: MmuGather,
    vma: VmAreaStruct,
    pmdp: Slot,
    address: number,
    count: number,
  ): void;
  zap_huge_pud(tlb: MmuGather, pudp: Slot, address: number): boolean;
}

/** Makes the zapper of leaves for a kernel. */
export function createHugeZapper(kernel: Kernel): HugeZapper {
  const { arch, pt, anon } = kernel;
  const pmdLevel = arch.geometry.levels[PGTABLE_LEVEL_PMD];

  /** The page and the table of an anonymous leaf that is gone. */
  const zapAnonymous = (vma: VmAreaStruct, pfn: Pfn): void => {
    const mm = vma.vm_mm;
    zapDepositedTable(kernel, mm);
    if (anon.large.isHugeZero(pfn)) return;
    mm.rss.anon -= 2 ** pmdLevel.order;
    anon.large.put(pfn, mm.id);
  };
  const zap_huge_pmd = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    pmdp: Slot,
    address: number,
  ): boolean => {
    if (!arch.pmd_trans_huge(pt.pmdp_get(pmdp))) return false;
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp);
    pt.clear(pmdp);
    tlb.cleared(PGTABLE_LEVEL_PMD, address);
    if (vma_is_anonymous(vma)) zapAnonymous(vma, pfn);
    return true;
  };

  return {
    /**
     * Clears a PMD leaf. That of a PFN mapping has no counters and no pages; that of anonymous memory gives its table back,
     * and its folio if it is the last one.
     *
     * @returns false when there is no leaf.
     * @fidelity exact for PFN mappings and anonymous memory
     * @patch none
     */
    zap_huge_pmd,
    zap_huge_pmds(tlb, vma, pmdp, address, count) {
      if (vma_is_anonymous(vma)) {
        for (let leaf = 0; leaf < count; leaf++) {
          zap_huge_pmd(tlb, vma, pmdp + leaf * 2, address + leaf * pmdLevel.size);
        }
        return;
      }
      pt.clearRun(pmdp, count);
      tlb.clearedRange(PGTABLE_LEVEL_PMD, address, address + count * pmdLevel.size);
    },
    /**
     * Clears a PUD leaf of a PFN mapping.
     *
     * @returns false when there is no leaf.
     * @fidelity exact
     * @patch none
     */
    zap_huge_pud(tlb, pudp, address) {
      if (!arch.pud_trans_huge(pt.pudp_get(pudp))) return false;
      pt.clear(pudp);
      tlb.cleared(PGTABLE_LEVEL_PUD, address);
      return true;
    },
  };
}
