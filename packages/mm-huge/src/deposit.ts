import type { Kernel, MmStruct } from '@pfnmap/mm-core';
import { KernelBug, type Pfn } from '@pfnmap/pgtable-core';

/**
 * Puts a PTE table aside for a PMD leaf of anonymous memory, so that its split cannot fail for want of memory:
 * pte_alloc_one() and pgtable_trans_huge_deposit(). Such tables are alike, so the address space keeps them in one list.
 *
 * @returns false when memory ran out.
 * @context takes the PMD lock.
 * @fidelity exact
 * @patch none
 */
export function depositTable({ pt }: Kernel, mm: MmStruct): boolean {
  const table = pt.pte_alloc_one(mm);
  if (table < 0) return false;
  mm.deposited.push(table);
  return true;
}

/**
 * Takes a table back that was put aside: pgtable_trans_huge_withdraw().
 *
 * @throws KernelBug when there is none: a leaf came without one.
 * @context PMD lock held.
 * @fidelity exact
 * @patch none
 */
export function withdrawTable(mm: MmStruct): Pfn {
  const table = mm.deposited.pop();
  if (table !== undefined) return table;
  throw new KernelBug(
    'a PMD leaf has no table to be split into',
    'pgtable_trans_huge_withdraw',
    {},
  );
}

/**
 * Frees the table of a leaf that goes away: zap_deposited_table().
 *
 * @context PMD lock held.
 * @fidelity exact
 * @patch none
 */
export function zapDepositedTable({ pt }: Kernel, mm: MmStruct): void {
  pt.pte_free(mm, withdrawTable(mm));
}
