import type { ArchPgtable, Pfn, Prot, Slot } from './arch-pgtable.ts';
import { indexRules } from './index-rule.ts';
import type { PgtableLevel } from './level.ts';
import type { PgtableRoot } from './pgtable-root.ts';
import type { PhysMem } from './phys-mem.ts';
import type { Tables } from './tables.ts';

/** One walk from the root down that makes what is missing. */
export interface Mapping {
  /**
   * The slot of the entry of `level` for an address, every table above it made when missing. NO_SLOT when RAM is
   * exhausted or a leaf stands in the way.
   */
  walkAlloc(level: PgtableLevel, root: PgtableRoot, address: number): Slot;
  /**
   * Maps one page of a level, PTE, PMD or PUD: the walk, the tables it lacks, and the entry.
   *
   * @returns false when the entry is in use, a leaf stands in the way, or RAM is exhausted. Tables that were made stay.
   */
  mapPage(level: PgtableLevel, root: PgtableRoot, address: number, pfn: Pfn, prot: Prot): boolean;
}

/** Makes the mapping walk of an architecture in a memory. */
export function createMapping(arch: ArchPgtable, mem: PhysMem, tables: Tables): Mapping {
  const { lanes } = mem;
  const { write } = arch.codec;
  const { isNone, tableOrNone } = tables;
  const [pte, pmd, pud, p4d, pgd] = indexRules(arch.geometry);
  const { level: pteLevel, scale: pteScale, mask: pteMask } = pte;
  const { level: pmdLevel, scale: pmdScale, mask: pmdMask, exists: hasPmd } = pmd;
  const { level: pudLevel, scale: pudScale, mask: pudMask, exists: hasPud } = pud;
  const { level: p4dLevel, scale: p4dScale, mask: p4dMask } = p4d;
  const { scale: pgdScale, mask: pgdMask } = pgd;

  const p4dAlloc = p4d.exists
    ? (root: PgtableRoot, address: number): Slot => {
        const table = tableOrNone(root, p4dLevel, root.pgd + ((address * pgdScale) & pgdMask));
        return table < 0 ? table : (table + ((address * p4dScale) & p4dMask)) | 0;
      }
    : (root: PgtableRoot, address: number): Slot =>
        (root.pgd + ((address * pgdScale) & pgdMask)) | 0;
  const walkAlloc = (level: PgtableLevel, root: PgtableRoot, address: number): Slot => {
    let slot = p4dAlloc(root, address);
    if (hasPud) {
      if (slot < 0) return slot;
      slot = tableOrNone(root, pudLevel, slot);
      if (slot < 0) return slot;
      slot = (slot + ((address * pudScale) & pudMask)) | 0;
    }
    if (level >= pudLevel) return slot;
    if (hasPmd) {
      slot = tableOrNone(root, pmdLevel, slot);
      if (slot < 0) return slot;
      slot = (slot + ((address * pmdScale) & pmdMask)) | 0;
    }
    if (level >= pmdLevel) return slot;
    slot = tableOrNone(root, pteLevel, slot);
    return slot < 0 ? slot : (slot + ((address * pteScale) & pteMask)) | 0;
  };

  return {
    walkAlloc,
    mapPage(level, root, address, pfn, prot) {
      const slot = walkAlloc(level, root, address);
      if (slot < 0 || !isNone(slot)) return false;
      write(lanes, slot, level, pfn, prot);
      return true;
    },
  };
}
