import type { Kernel, MmStruct } from '@pfnmap/mm-core';
import {
  KernelBug,
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
  type Slot,
} from '@pfnmap/pgtable-core';

/** The gates of gup-fast, read once. */
export interface GupFastGates {
  /** Patch 05: special PMDs and PUDs are refused. */
  readonly refusesSpecialLeaves: boolean;
}

/** Takes a page without locks, by the entry alone. -1 stands for "not here": the slow path decides. */
export type GupFast = (mm: MmStruct, address: number, write: boolean, pin: boolean) => Pfn;

/** Makes the lockless walk for a kernel. */
export function createGupFast(kernel: Kernel, gates: GupFastGates): GupFast {
  const { arch, pt, mem, anon, events } = kernel;
  const { levels, pageSize } = arch.geometry;

  /** The struct page of a leaf. Without patch 5 a frame of device memory has none, and the kernel reads beyond it. */
  const pageOfLeaf = (level: PgtableLevel, slot: Slot, address: number): Pfn => {
    const pfn = pt.pfnAt(level, slot) + (address % levels[level].size) / pageSize;
    if (!mem.isRam(pfn)) {
      throw new KernelBug(
        'a struct page is taken for a frame of device memory',
        level === PGTABLE_LEVEL_PUD ? 'gup_fast_pud_leaf' : 'gup_fast_pmd_leaf',
        { pfn },
      );
    }
    return pfn;
  };

  const pudLeaf = (slot: Slot, address: number, write: boolean): Pfn => {
    if (pt.pud_none(slot)) return -1;
    const pud = pt.pudp_get(slot);
    if (!arch.pud_present(pud)) return -1;
    if (!arch.pud_access_permitted(pud, write)) return -1;
    if (gates.refusesSpecialLeaves && arch.pud_special(pud)) return -1;
    return pageOfLeaf(PGTABLE_LEVEL_PUD, slot, address);
  };
  /** gup_must_unshare(): a pin must not see a page that a later write would replace. */
  const mustUnshare = (page: Pfn, write: boolean, pin: boolean): boolean =>
    pin && !write && !anon.isExclusive(page);

  const pmdLeaf = (slot: Slot, address: number, write: boolean, pin: boolean): Pfn => {
    if (pt.pmd_none(slot)) return -1;
    const pmd = pt.pmdp_get(slot);
    if (!arch.pmd_present(pmd) || arch.pmd_protnone(pmd)) return -1;
    if (!arch.pmd_access_permitted(pmd, write)) return -1;
    if (gates.refusesSpecialLeaves && arch.pmd_special(pmd)) return -1;
    if (mustUnshare(pt.pfnAt(PGTABLE_LEVEL_PMD, slot), write, pin)) return -1;
    return pageOfLeaf(PGTABLE_LEVEL_PMD, slot, address);
  };
  const ptePage = (slot: Slot, write: boolean, pin: boolean): Pfn => {
    if (pt.pte_none(slot)) return -1;
    const pte = pt.ptep_get(slot);
    if (!arch.pte_present(pte) || arch.pte_protnone(pte)) return -1;
    if (!arch.pte_access_permitted(pte, write) || arch.pte_special(pte)) return -1;
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, slot);
    return mustUnshare(pfn, write, pin) ? -1 : pfn;
  };

  /**
   * The lockless walk for one page: permission first, then the special bit, then the page.
   *
   * @returns the frame, or -1 when the fast path stops here.
   * @throws KernelBug without patch 5 where a leaf of device memory would be taken for a page.
   * @context interrupts off; no locks, no VMA.
   * @fidelity partial reference counts are not modelled
   * @patch 05/19
   */
  return function gup_fast(mm, address, write, pin) {
    events.race?.('gup_fast');
    const slot = pt.walk(mm, address);
    switch (pt.walked.level) {
      case PGTABLE_LEVEL_PUD:
        return pudLeaf(slot, address, write);
      case PGTABLE_LEVEL_PMD:
        return pmdLeaf(slot, address, write, pin);
      case PGTABLE_LEVEL_PTE:
        return ptePage(slot, write, pin);
      default:
        return -1;
    }
  };
}
