import { type Kernel, printk } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PMD, type Slot, wordAt } from '@pfnmap/pgtable-core';

/** The tests that also destroy what they cannot read as a table. */
export interface BadEntries {
  pud_none_or_clear_bad(pudp: Slot): boolean;
  pmd_none_or_clear_bad(pmdp: Slot): boolean;
}

/** Lines of mm/pgtable-generic.c from which the messages come. */
export interface BadEntryLines {
  readonly pud: number;
  readonly pmd: number;
}

/** Makes the tests for a kernel. */
export function createBadEntries(kernel: Kernel, lines: BadEntryLines): BadEntries {
  const { arch, pt, mem } = kernel;
  const complain = (what: string, line: number, slot: Slot): void => {
    const word = wordAt(mem.lanes, slot).toString(16).padStart(16, '0');
    printk(kernel, `mm/pgtable-generic.c:${line}: bad ${what}(${word})`);
    pt.clear(slot);
  };
  const pmdFolded = arch.geometry.levels[PGTABLE_LEVEL_PMD].folded;
  return {
    /**
     * True for an empty entry. An entry that is no table, a leaf among them, is reported, cleared, and then empty too.
     *
     * @fidelity exact
     * @patch none
     */
    pud_none_or_clear_bad(pudp) {
      if (pmdFolded) return false;
      if (pt.pud_none(pudp)) return true;
      if (pt.isTable(pudp) && !arch.pud_bad(pt.pudp_get(pudp))) return false;
      complain('pud', lines.pud, pudp);
      return true;
    },
    /**
     * The same for a PMD.
     *
     * @fidelity exact
     * @patch none
     */
    pmd_none_or_clear_bad(pmdp) {
      if (pt.pmd_none(pmdp)) return true;
      if (pt.isTable(pmdp) && !arch.pmd_bad(pt.pmdp_get(pmdp))) return false;
      complain('pmd', lines.pmd, pmdp);
      return true;
    },
  };
}
