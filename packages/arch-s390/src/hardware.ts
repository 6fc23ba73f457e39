import {
  type HardwareWalk,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';
import {
  _PAGE_INVALID,
  _PAGE_NOEXEC,
  _PAGE_PROTECT,
  _SEGMENT_ENTRY_INVALID,
  _SEGMENT_ENTRY_LARGE,
} from './bits.ts';

/**
 * What the CPU does on a user access. It notes nothing in an entry (storage keys of frames have that), so Linux makes
 * old entries invalid and clean ones protected, and notes the fault. NOEXEC and PROTECT are alike at all levels.
 */
export const hardware: HardwareWalk = Object.freeze({
  permits(level: PgtableLevel, prot: Prot, write: boolean, exec: boolean): boolean {
    const isUsable =
      level === PGTABLE_LEVEL_PTE
        ? (prot & _PAGE_INVALID) === 0
        : (prot & (_SEGMENT_ENTRY_INVALID | _SEGMENT_ENTRY_LARGE)) === _SEGMENT_ENTRY_LARGE;
    if (!isUsable || (exec && (prot & _PAGE_NOEXEC) !== 0)) return false;
    return !write || (prot & _PAGE_PROTECT) === 0;
  },
  accessed: (_level: PgtableLevel, prot: Prot): Prot => prot,
  refused: (_level: PgtableLevel, prot: Prot): Prot => prot,
});
