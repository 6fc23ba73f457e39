import type { Slot } from './arch-pgtable.ts';

/** The top table of an address space and the bytes of the tables below it. An mm_struct is one. */
export interface PgtableRoot {
  /** First slot of the PGD table. */
  readonly pgd: Slot;
  /** Bytes of PUD, PMD and PTE tables: mm_pgtables_bytes(). PGD and P4D tables do not count. */
  pgtables_bytes: number;
}
