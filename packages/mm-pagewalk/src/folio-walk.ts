import type { Kernel, VmAreaStruct } from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import {
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type Slot,
  wordAt,
} from '@pfnmap/pgtable-core';

/** Flag of folio_walk_start(): pages under migration are found as well. */
export const FW_MIGRATION = 1;
/** Flag of folio_walk_start(): the page of zeroes is found as well. */
export const FW_ZEROPAGE = 2;

/** The gates of folio_walk_start(), read once. */
export interface FolioWalkGates {
  /** Patch 06: special PUDs are not found. */
  readonly knowsSpecial: boolean;
  /** Patch 06 as posted: special PMDs are not found either, whatever vm_normal_page_pmd() says of them. */
  readonly passesOverSpecialPmds: boolean;
  /** From Linux 6.18 on PUDs go through vm_normal_page_pud(). */
  readonly usesNormalPud: boolean;
  /** Up to then, pages under migration are found when asked for. */
  readonly findsMigration: boolean;
}

/** Finds the page that is mapped at an address. */
export type FolioWalkStart = (vma: VmAreaStruct, address: number, flags?: number) => Pfn;

/** Makes folio_walk_start() for a kernel. */
export function createFolioWalkStart(
  kernel: Kernel,
  gates: FolioWalkGates,
  memory: MmMemory,
): FolioWalkStart {
  const { arch, pt, events, mem, anon } = kernel;

  const pudPage = (vma: VmAreaStruct, address: number, slot: number): Pfn => {
    const pud = pt.pudp_get(slot);
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PUD, slot);
    if (!arch.pud_present(pud)) return -1;
    if (gates.usesNormalPud) return memory.vm_normal_page_pud(vma, address, pud, pfn);
    if (arch.pud_devmap(pud) || (gates.knowsSpecial && arch.pud_special(pud))) return -1;
    return pfn;
  };

  const migrating = (slot: Slot, flags: number): Pfn =>
    gates.findsMigration && (flags & FW_MIGRATION) !== 0
      ? (arch.migrationPfn?.(wordAt(mem.lanes, slot)) ?? -1)
      : -1;

  /**
   * The page behind the entry of an address, or -1 when there is none that has a struct page.
   *
   * @param flags FW_MIGRATION, FW_ZEROPAGE.
   * @returns the frame of the leaf's first page; without patch 6 a PUD of device memory gives a frame that has no
   * struct page.
   * @context mmap_lock held; Linux keeps the page-table lock until folio_walk_end().
   * @fidelity partial pages under migration at PMD level only
   * @patch 06/19
   */
  return function folio_walk_start(vma, address, flags = 0) {
    if (address < vma.vm_start || address >= vma.vm_end) {
      events.record({
        kind: 'warn',
        where: 'folio_walk_start',
        what: 'the address is not in the VMA',
      });
      return -1;
    }
    const slot = pt.walk(vma.vm_mm, address);
    const { level } = pt.walked;
    if (level === PGTABLE_LEVEL_PUD) return pt.pud_none(slot) ? -1 : pudPage(vma, address, slot);
    if (level === PGTABLE_LEVEL_PMD) {
      const pmd = pt.pmdp_get(slot);
      if (pt.pmd_none(slot)) return -1;
      if (gates.passesOverSpecialPmds && arch.pmd_special(pmd)) return -1;
      if (!arch.pmd_present(pmd)) return migrating(slot, flags);
      const pfn = pt.pfnAt(level, slot);
      const page = memory.vm_normal_page_pmd(vma, address, pmd, pfn);
      return page < 0 && (flags & FW_ZEROPAGE) !== 0 && anon.large.isHugeZero(pfn) ? pfn : page;
    }
    if (level !== PGTABLE_LEVEL_PTE || pt.pte_none(slot)) return -1;
    const pte = pt.ptep_get(slot);
    if (!arch.pte_present(pte)) return -1;
    const pfn = pt.pfnAt(level, slot);
    const page = memory.vm_normal_page(vma, address, pte, pfn);
    return page < 0 && (flags & FW_ZEROPAGE) !== 0 && pfn === anon.zeroPage ? pfn : page;
  };
}
