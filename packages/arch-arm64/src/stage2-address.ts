import type { EntryCodec, Pfn, PgtableLevel, Prot, Slot } from '@pfnmap/pgtable-core';
import { createAddressCodec } from './address.ts';
import type { PageShift } from './geometry.ts';

/**
 * Addresses of stage 2. With LPA2 they lie as in stage 1. Without, only bits 47:PAGE_SHIFT are in place, and with 64K
 * pages bits 15:12 are always PA[51:48]; bits 49:48 then are no address, and bits 16 and 17 of a protection word.
 */
export function createStage2Codec(pageShift: PageShift, lpa2: boolean): EntryCodec {
  if (lpa2) return createAddressCodec(pageShift, 'split-9-8');
  const is64K = pageShift === 16;
  const keeps = is64K ? 0xfff : 2 ** pageShift - 1;
  const highUnit = 2 ** (32 - pageShift);
  const highScale = 1 / highUnit;
  const moved = is64K ? 0xf000 : 0;
  const lo = (_level: PgtableLevel, pfn: Pfn, prot: Prot): number =>
    (pfn << pageShift) | (((pfn * highScale) >> 4) & moved) | (prot & 0xffff);
  const hi = (_level: PgtableLevel, pfn: Pfn, prot: Prot): number =>
    ((pfn * highScale) & 0xffff) | (prot & ~0xffff);
  return Object.freeze({
    lo,
    hi,
    pfn: (_level: PgtableLevel, low: number, high: number): Pfn =>
      (low >>> pageShift) + ((high & 0xffff) | ((low & moved) << 4)) * highUnit,
    prot: (_level: PgtableLevel, low: number, high: number): Prot =>
      (low & keeps) | (high & ~0xffff),
    write: (lanes: Int32Array, slot: Slot, level: PgtableLevel, pfn: Pfn, prot: Prot): void => {
      lanes[slot] = lo(level, pfn, prot);
      lanes[slot + 1] = hi(level, pfn, prot);
    },
  });
}
