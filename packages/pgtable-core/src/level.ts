/**
 * The levels of a page table, numbered from the bottom as `enum pgtable_level` of Linux 6.18 does.
 * Folded levels keep their number: code that names a level runs unchanged on every geometry.
 */
export const PGTABLE_LEVEL_PTE = 0;
export const PGTABLE_LEVEL_PMD = 1;
export const PGTABLE_LEVEL_PUD = 2;
export const PGTABLE_LEVEL_P4D = 3;
export const PGTABLE_LEVEL_PGD = 4;

/** A page-table level, {@link PGTABLE_LEVEL_PTE} (0) to {@link PGTABLE_LEVEL_PGD} (4). */
export type PgtableLevel = 0 | 1 | 2 | 3 | 4;

/** The names that Linux prints, indexed by level. */
export const LEVEL_NAMES: readonly string[] = ['pte', 'pmd', 'pud', 'p4d', 'pgd'];
