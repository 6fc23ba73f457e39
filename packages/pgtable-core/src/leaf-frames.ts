import type { ArchPgtable, Pfn, Slot } from './arch-pgtable.ts';
import type { Geometry } from './geometry.ts';
import { indexRules } from './index-rule.ts';
import type { PgtableLevel } from './level.ts';
import type { PhysMem } from './phys-mem.ts';

/** Stands for the frame of an address that is not mapped. */
export const NOT_MAPPED = -1;

/** The frame that a leaf gives to an address, the page within a larger leaf counted in; NOT_MAPPED when unusable. */
export interface LeafFrames {
  pteFrame(slot: Slot): Pfn;
  pmdFrame(slot: Slot, address: number): Pfn;
  pudFrame(slot: Slot, address: number): Pfn;
}

/** What of a leaf's lanes is address: hardware does not look at the bits below the leaf's size. */
function addressMasks(geometry: Geometry, level: PgtableLevel): { lo: number; hi: number } {
  const { shift } = geometry.levels[level];
  let offset = 0n;
  for (let bit = geometry.pageShift; bit < shift; bit++) offset |= 1n << BigInt(bit);
  return { lo: ~Number(offset & 0xffffffffn), hi: ~Number(offset >> 32n) };
}

/** Makes the lookups for an architecture in a memory. */
export function createLeafFrames(arch: ArchPgtable, mem: PhysMem): LeafFrames {
  const { lanes } = mem;
  const { codec, format, geometry } = arch;
  const { pfn: pfnOf } = codec;
  const { validMask } = format;
  const [{ level: pteLevel }, { level: pmdLevel }, { level: pudLevel }] = indexRules(geometry);
  const { lo: pmdLo, hi: pmdHi } = addressMasks(geometry, pmdLevel);
  const { lo: pudLo, hi: pudHi } = addressMasks(geometry, pudLevel);
  const pageScale = 1 / geometry.pageSize;
  const pagesMaskOfPmd = 2 ** geometry.levels[pmdLevel].order - 1;
  const pagesMaskOfPud = 2 ** geometry.levels[pudLevel].order - 1;
  const notMapped = NOT_MAPPED;
  return {
    pteFrame(slot) {
      const lo = lanes[slot] as number;
      if ((lo & validMask) === 0) return notMapped;
      return pfnOf(pteLevel, lo, lanes[slot + 1] as number);
    },
    pmdFrame(slot, address) {
      const lo = lanes[slot] as number;
      if ((lo & validMask) === 0) return notMapped;
      const first = pfnOf(pmdLevel, lo & pmdLo, (lanes[slot + 1] as number) & pmdHi);
      return first + ((address * pageScale) & pagesMaskOfPmd);
    },
    pudFrame(slot, address) {
      const lo = lanes[slot] as number;
      if ((lo & validMask) === 0) return notMapped;
      const first = pfnOf(pudLevel, lo & pudLo, (lanes[slot + 1] as number) & pudHi);
      return first + ((address * pageScale) & pagesMaskOfPud);
    },
  };
}
