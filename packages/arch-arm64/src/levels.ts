import type { Prot } from '@pfnmap/pgtable-core';
import {
  PMD_TYPE_SECT,
  PTE_PRESENT_INVALID,
  PTE_TABLE_BIT,
  PTE_TYPE_MASK,
  PTE_TYPE_PAGE,
  PTE_VALID,
} from './bits.ts';
import { pte_present, pte_user, pte_user_exec, pte_valid } from './predicates.ts';

/** True when the entry points to a table of PTEs. @fidelity exact @patch none */
export const pmd_table = (pmd: Prot): boolean => (pmd & PTE_TYPE_MASK) === PTE_TYPE_PAGE;

/** True when the entry is a valid block. 6.12. @fidelity exact @patch none */
export const pmd_sect = (pmd: Prot): boolean => (pmd & PTE_TYPE_MASK) === PMD_TYPE_SECT;

/** True when the entry is no table: a leaf is "bad" too. @fidelity exact @patch none */
export const pmd_bad = (pmd: Prot): boolean => (pmd & PTE_TYPE_MASK) !== PTE_TYPE_PAGE;

/** True when bit 1 is clear: the looser test of the upper levels in 6.12. */
export const lacksTableBit = (entry: Prot): boolean => (entry & PTE_TABLE_BIT) === 0;

/**
 * True when the entry is present and no table. An invalidated entry that still has bit 1 is a leaf here, but not for
 * {@link pmd_trans_huge}. @fidelity exact @patch none
 */
export const pmd_leaf = (pmd: Prot): boolean =>
  (pmd & (PTE_VALID | PTE_PRESENT_INVALID)) !== 0 && (pmd & PTE_TYPE_MASK) !== PTE_TYPE_PAGE;

/**
 * True when the entry maps a block, also while it is invalidated: bit 1 alone decides. @fidelity exact @patch none
 */
export const pmd_trans_huge = (pmd: Prot): boolean =>
  (pmd & (PTE_VALID | PTE_PRESENT_INVALID)) !== 0 && (pmd & PTE_TABLE_BIT) === 0;

/** True when user space can reach the block, for the page-table check. @fidelity exact @patch none */
export const pmd_user_accessible_page = (pmd: Prot): boolean =>
  pte_valid(pmd) && !pmd_table(pmd) && (pte_user(pmd) || pte_user_exec(pmd));

/** The protection of a block, for kernel mappings. @fidelity exact @patch none */
export const mk_pmd_sect_prot = (prot: Prot): Prot => (prot & ~PTE_TYPE_MASK) | PMD_TYPE_SECT;

/** What is known of an entry one level up, where that level may be missing. */
export interface PudPredicates {
  pud_present(pud: Prot): boolean;
  pud_table(pud: Prot): boolean;
  pud_sect(pud: Prot): boolean;
  pud_bad(pud: Prot): boolean;
  pud_leaf(pud: Prot): boolean;
  pud_valid(pud: Prot): boolean;
  pud_user(pud: Prot): boolean;
  pud_user_exec(pud: Prot): boolean;
  /** True when user space can reach the block, for the page-table check. */
  pud_user_accessible_page(pud: Prot): boolean;
}

const never = (_entry: Prot): boolean => false;
const always = (_entry: Prot): boolean => true;

/**
 * The PUD's predicates. With two levels the PUD is the PGD entry and always a good table; with 64K pages it is never a
 * leaf, although {@link pmd_bad} still looks at its type.
 */
export function createPudPredicates(levels: number, has64K: boolean): PudPredicates {
  if (levels < 3) {
    return {
      ...{ pud_present: always, pud_table: always, pud_sect: never, pud_bad: never },
      ...{ pud_leaf: never, pud_valid: never, pud_user: never, pud_user_exec: never },
      pud_user_accessible_page: never,
    };
  }
  const real = {
    ...{ pud_present: pte_present, pud_bad: pmd_bad, pud_valid: pte_valid },
    ...{ pud_user: pte_user, pud_user_exec: pte_user_exec },
  };
  return has64K
    ? {
        ...real,
        ...{ pud_table: always, pud_sect: never, pud_leaf: never, pud_user_accessible_page: never },
      }
    : {
        ...real,
        ...{ pud_table: pmd_table, pud_sect: pmd_sect, pud_leaf: pmd_leaf },
        pud_user_accessible_page: pmd_user_accessible_page,
      };
}

/** The test of a P4D or PGD entry: `exists` false where the level is folded, when built or at run time. */
export const createUpperBad = (exists: boolean, wholeType: boolean): ((entry: Prot) => boolean) =>
  exists ? (wholeType ? pmd_bad : lacksTableBit) : never;
