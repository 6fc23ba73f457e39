import type { ArchPgtable, Pfn, Prot, Slot } from './arch-pgtable.ts';
import {
  PGTABLE_LEVEL_P4D,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
} from './level.ts';
import type { PhysMem } from './phys-mem.ts';
import type { Tables } from './tables.ts';

/** Reading and writing of single entries. */
export interface Entries {
  /** True for an empty entry; constantly false at a level whose lower level is folded into it. */
  pgd_none(pgdp: Slot): boolean;
  p4d_none(p4dp: Slot): boolean;
  pud_none(pudp: Slot): boolean;
  pmd_none(pmdp: Slot): boolean;
  pte_none(ptep: Slot): boolean;

  /** The protection word at a slot. */
  p4dp_get(p4dp: Slot): Prot;
  pudp_get(pudp: Slot): Prot;
  pmdp_get(pmdp: Slot): Prot;
  ptep_get(ptep: Slot): Prot;
  /** The page frame number at a slot. */
  pfnAt(level: PgtableLevel, slot: Slot): Pfn;

  /** Stores an entry. */
  set(level: PgtableLevel, slot: Slot, pfn: Pfn, prot: Prot): void;
  /** Replaces the protection word and keeps the address. */
  setProt(level: PgtableLevel, slot: Slot, prot: Prot): void;
  /**
   * Flips bits of the protection word at a slot. The entry must be one that the CPU can use before and after; its address
   * stays, as {@link setProt} keeps it for all entries.
   */
  flipProt(slot: Slot, bits: Prot): void;
  /** Stores zero. */
  clear(slot: Slot): void;
}

/** Makes the access to entries for an architecture in a memory. */
export function createEntries(arch: ArchPgtable, mem: PhysMem, tables: Tables): Entries {
  const { codec, format, geometry } = arch;
  const { lanes } = mem;
  const { pgdNoneMask, validMask } = format;
  const { isNone } = tables;
  const [, pmd, pud, p4d] = geometry.levels;

  const set = (level: PgtableLevel, slot: Slot, pfn: Pfn, prot: Prot): void =>
    codec.write(lanes, slot, level, pfn, prot);
  const pfnAt = (level: PgtableLevel, slot: Slot): Pfn =>
    codec.pfn(level, lanes[slot] as number, lanes[slot + 1] as number);
  const protAt = (level: PgtableLevel, slot: Slot): Prot =>
    codec.prot(level, lanes[slot] as number, lanes[slot + 1] as number);
  const flipProt = (slot: Slot, bits: Prot): void => {
    lanes[slot] = (lanes[slot] as number) ^ (bits & 0xffff);
    lanes[slot + 1] = (lanes[slot + 1] as number) ^ (bits & ~0xffff);
  };
  const setProt = (level: PgtableLevel, slot: Slot, prot: Prot): void => {
    const old = protAt(level, slot);
    if ((old & prot & validMask) !== 0) flipProt(slot, old ^ prot);
    else set(level, slot, pfnAt(level, slot), prot);
  };
  const never = (_slot: Slot): boolean => false;

  return {
    pgd_none: p4d.folded
      ? never
      : (slot) => (((lanes[slot] as number) & pgdNoneMask) | (lanes[slot + 1] as number)) === 0,
    p4d_none: pud.folded ? never : isNone,
    pud_none: pmd.folded ? never : isNone,
    pmd_none: isNone,
    pte_none: isNone,
    p4dp_get: (slot) => protAt(PGTABLE_LEVEL_P4D, slot),
    pudp_get: (slot) => protAt(PGTABLE_LEVEL_PUD, slot),
    pmdp_get: (slot) => protAt(PGTABLE_LEVEL_PMD, slot),
    ptep_get: (slot) => protAt(PGTABLE_LEVEL_PTE, slot),
    pfnAt,
    set,
    setProt,
    flipProt,
    clear(slot) {
      lanes[slot] = 0;
      lanes[slot + 1] = 0;
    },
  };
}
