import type { ArchPgtable, Pfn } from './arch-pgtable.ts';
import { indexRules } from './index-rule.ts';
import { type LeafFrames, NOT_MAPPED } from './leaf-frames.ts';
import type { PgtableRoot } from './pgtable-root.ts';
import type { PhysMem } from './phys-mem.ts';
import type { Tables } from './tables.ts';

/** Translation of an address as the hardware does it, without its effect on accessed and dirty bits. */
export interface Translation {
  /**
   * The frame that an address is mapped to, the page within a larger leaf counted in; NOT_MAPPED (-1) where no leaf is
   * that the CPU could use. Permissions are not looked at.
   */
  translate(root: PgtableRoot, address: number): Pfn;
}

/** Makes the translation of an architecture in a memory. */
export function createTranslation(
  arch: ArchPgtable,
  mem: PhysMem,
  { leads, follow }: Tables,
  { pteFrame, pmdFrame, pudFrame }: LeafFrames,
): Translation {
  const { lanes } = mem;
  const [pte, pmd, pud, p4d, pgd] = indexRules(arch.geometry);
  const { scale: pteScale, mask: pteMask } = pte;
  const { scale: pmdScale, mask: pmdMask, exists: hasPmd } = pmd;
  const { scale: pudScale, mask: pudMask, exists: hasPud } = pud;
  const { scale: p4dScale, mask: p4dMask, exists: hasP4d } = p4d;
  const { scale: pgdScale, mask: pgdMask } = pgd;
  const notMapped = NOT_MAPPED;
  return {
    translate(root, address) {
      let slot = (root.pgd + ((address * pgdScale) & pgdMask)) | 0;
      let lo = lanes[slot] as number;
      if (hasP4d) {
        if (!leads(lo)) return notMapped;
        slot = (follow(lo) + ((address * p4dScale) & p4dMask)) | 0;
        lo = lanes[slot] as number;
      }
      if (hasPud) {
        if (!leads(lo)) return notMapped;
        slot = (follow(lo) + ((address * pudScale) & pudMask)) | 0;
        lo = lanes[slot] as number;
      }
      if (hasPmd) {
        if (!leads(lo)) return pudFrame(slot, address);
        slot = (follow(lo) + ((address * pmdScale) & pmdMask)) | 0;
        lo = lanes[slot] as number;
      }
      if (!leads(lo)) return pmdFrame(slot, address);
      return pteFrame((follow(lo) + ((address * pteScale) & pteMask)) | 0);
    },
  };
}
