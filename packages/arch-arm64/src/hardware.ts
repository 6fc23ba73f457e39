import {
  type HardwareWalk,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';
import {
  PTE_AF,
  PTE_RDONLY,
  PTE_TABLE_BIT,
  PTE_USER,
  PTE_UXN,
  PTE_VALID,
  PTE_WRITE,
} from './bits.ts';

/** True when bits 1:0 make the entry a leaf of its level: 3 for a page, 1 for a block. */
const isLeafOf = (level: PgtableLevel, prot: Prot): boolean =>
  (prot & PTE_VALID) !== 0 && (level === PGTABLE_LEVEL_PTE) === ((prot & PTE_TABLE_BIT) !== 0);

/**
 * What the CPU does on a user access (EL0). With hardware management of the access flag and dirty state (FEAT_HAFDBS) it
 * sets AF, and clears RDONLY on a store where DBM is set; without, both make the access fault to the kernel.
 */
export function createHardwareWalk(hafdbs: boolean): HardwareWalk {
  const permits = (level: PgtableLevel, prot: Prot, write: boolean, exec: boolean): boolean => {
    if (!isLeafOf(level, prot) || (!hafdbs && (prot & PTE_AF) === 0)) return false;
    if (exec && (prot & PTE_UXN) !== 0) return false;
    // An instruction fetch needs no USER: execute-only mappings are exactly those without it.
    if (exec && !write) return true;
    if ((prot & PTE_USER) === 0) return false;
    return !write || (prot & PTE_RDONLY) === 0 || (hafdbs && (prot & PTE_WRITE) !== 0);
  };
  const accessed = (_level: PgtableLevel, prot: Prot, write: boolean): Prot => {
    const used = prot | PTE_AF;
    return write && (prot & PTE_WRITE) !== 0 ? used & ~PTE_RDONLY : used;
  };
  return Object.freeze({
    permits,
    accessed: hafdbs ? accessed : (_level: PgtableLevel, prot: Prot): Prot => prot,
    refused: (_level: PgtableLevel, prot: Prot): Prot => prot,
  });
}
