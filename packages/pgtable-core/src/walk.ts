import type { ArchPgtable, Slot } from './arch-pgtable.ts';
import { indexRules } from './index-rule.ts';
import type { PgtableLevel } from './level.ts';
import type { PgtableRoot } from './pgtable-root.ts';
import type { PhysMem } from './phys-mem.ts';
import type { Tables } from './tables.ts';

/** The walk of the hardware: it makes nothing and changes nothing. */
export interface Walk {
  /**
   * Where the walk of an address ends: a leaf, an entry that is none or not present, or the PTE. The level is left in
   * `walked.level`.
   */
  walk(root: PgtableRoot, address: number): Slot;
  readonly walked: { level: PgtableLevel };
}

/** Makes the walk of an architecture in a memory. */
export function createWalk(arch: ArchPgtable, mem: PhysMem, tables: Tables): Walk {
  const { lanes } = mem;
  const { leads, follow } = tables;
  const [pte, pmd, pud, p4d, pgd] = indexRules(arch.geometry);
  const { level: pteLevel, scale: pteScale, mask: pteMask } = pte;
  const { level: pmdLevel, scale: pmdScale, mask: pmdMask, exists: hasPmd } = pmd;
  const { level: pudLevel, scale: pudScale, mask: pudMask, exists: hasPud } = pud;
  const { level: p4dLevel, scale: p4dScale, mask: p4dMask, exists: hasP4d } = p4d;
  const { level: pgdLevel, scale: pgdScale, mask: pgdMask } = pgd;

  const walked: Walk['walked'] = { level: pgdLevel };
  const endsAt = (level: PgtableLevel, slot: Slot): Slot => {
    walked.level = level;
    return slot;
  };
  const walkFromPud = (slot: Slot, address: number): Slot => {
    let pmdp = slot;
    let lo = lanes[slot] as number;
    if (hasPmd) {
      if (!leads(lo)) return endsAt(pudLevel, slot);
      pmdp = (follow(lo) + ((address * pmdScale) & pmdMask)) | 0;
      lo = lanes[pmdp] as number;
    }
    if (!leads(lo)) return endsAt(pmdLevel, pmdp);
    return endsAt(pteLevel, (follow(lo) + ((address * pteScale) & pteMask)) | 0);
  };
  const walkFromP4d = hasPud
    ? (slot: Slot, address: number): Slot => {
        const lo = lanes[slot] as number;
        return leads(lo)
          ? walkFromPud((follow(lo) + ((address * pudScale) & pudMask)) | 0, address)
          : endsAt(p4dLevel, slot);
      }
    : walkFromPud;
  const walk = hasP4d
    ? (root: PgtableRoot, address: number): Slot => {
        const slot = (root.pgd + ((address * pgdScale) & pgdMask)) | 0;
        const lo = lanes[slot] as number;
        return leads(lo)
          ? walkFromP4d((follow(lo) + ((address * p4dScale) & p4dMask)) | 0, address)
          : endsAt(pgdLevel, slot);
      }
    : (root: PgtableRoot, address: number): Slot =>
        walkFromP4d((root.pgd + ((address * pgdScale) & pgdMask)) | 0, address);
  return { walk, walked };
}
