import { type Kernel, pageTableLock } from '@pfnmap/mm-core';
import {
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
  type Prot,
  type Slot,
} from '@pfnmap/pgtable-core';

/** A level at which a walk may end at a leaf: what is asked of its entries. */
export interface LeafLevel {
  readonly level: PgtableLevel;
  /** Bytes that a leaf spans. */
  readonly size: number;
  /** Pages that a leaf spans. */
  readonly pages: number;
  /** Name of the lock that guards the entries. */
  readonly lockName: string;
  readonly none: (slot: Slot) => boolean;
  readonly get: (slot: Slot) => Prot;
  readonly present: (prot: Prot) => boolean;
  readonly leaf: (prot: Prot) => boolean;
  readonly write: (prot: Prot) => boolean;
  readonly special: (prot: Prot) => boolean;
  readonly pgprot: (prot: Prot) => Prot;
}

/** The levels of leaves, from the PTE up. */
export function leafLevels({ arch, pt }: Kernel): readonly LeafLevel[] {
  const geometryOf = (level: PgtableLevel) => {
    const { size, order } = arch.geometry.levels[level];
    return { level, size, pages: 2 ** order, lockName: pageTableLock(level) };
  };
  return [
    {
      ...geometryOf(PGTABLE_LEVEL_PTE),
      none: pt.pte_none,
      get: pt.ptep_get,
      present: arch.pte_present,
      leaf: () => true,
      write: arch.pte_write,
      special: arch.pte_special,
      pgprot: arch.pte_pgprot,
    },
    {
      ...geometryOf(PGTABLE_LEVEL_PMD),
      none: pt.pmd_none,
      get: pt.pmdp_get,
      present: arch.pmd_present,
      leaf: arch.pmd_leaf,
      write: arch.pmd_write,
      special: arch.pmd_special,
      pgprot: arch.pmd_pgprot,
    },
    {
      ...geometryOf(PGTABLE_LEVEL_PUD),
      none: pt.pud_none,
      get: pt.pudp_get,
      present: arch.pud_present,
      leaf: arch.pud_leaf,
      write: arch.pud_write,
      special: arch.pud_special,
      pgprot: arch.pud_pgprot,
    },
  ];
}
