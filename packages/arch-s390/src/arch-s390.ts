import type { ArchPgtable, Prot } from '@pfnmap/pgtable-core';

/**
 * s390 in one configuration: everything that generic code asks, and the protections and swap helpers that only s390 has.
 * Huge pfn mappings do not exist: pmd_special() and pud_special() are constantly false.
 */
export interface ArchS390 extends ArchPgtable {
  readonly name: 's390x';
  readonly PAGE_NONE: Prot;
  readonly PAGE_RO: Prot;
  readonly PAGE_RX: Prot;
  readonly PAGE_RW: Prot;
  readonly PAGE_RWX: Prot;
  pte_swp_exclusive(pte: Prot): boolean;
  pte_swp_mkexclusive(pte: Prot): Prot;
  pte_swp_clear_exclusive(pte: Prot): Prot;
}
