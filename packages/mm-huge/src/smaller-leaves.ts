import type { Kernel, MmStruct } from '@pfnmap/mm-core';
import {
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Slot,
} from '@pfnmap/pgtable-core';

/** What becomes of a leaf that is split. `level` is the leaf's, PMD or PUD. */
export type LeafReplacement = (mm: MmStruct, level: PgtableLevel, slot: Slot) => void;

/** Today's kernels: nothing. The next fault maps the range again. */
export const createClearing =
  ({ pt }: Kernel): LeafReplacement =>
  (_mm, _level, slot) =>
    pt.clear(slot);

/**
 * The experiment: a table of entries one level down, which map the same frames with the same rights and marks. Without
 * memory for the table the leaf is cleared, as it is today.
 */
export function createSmallerLeaves({ arch, pt }: Kernel): LeafReplacement {
  const { levels } = arch.geometry;
  return (mm, level, slot) => {
    const isPmd = level === PGTABLE_LEVEL_PMD;
    const prot = isPmd ? pt.pmdp_get(slot) : pt.pudp_get(slot);
    const pfn = pt.pfnAt(level, slot);
    pt.clear(slot);
    const first = isPmd ? pt.pte_alloc(mm, slot, 0) : pt.pmd_alloc(mm, slot, 0);
    if (first < 0) return;
    const below = isPmd ? PGTABLE_LEVEL_PTE : PGTABLE_LEVEL_PMD;
    const lowerProt = isPmd ? arch.pteProtOfLeaf(prot) : prot;
    pt.fill(below, first, levels[below].entries, pfn, lowerProt);
  };
}
