import type { EntryCodec, Pfn, PgtableLevel, Prot, Slot } from '@pfnmap/pgtable-core';
import type { PageShift } from './geometry.ts';

/**
 * Where the upper bits of a physical address lie in an entry of stage 1.
 *
 * - `flat`: bits 49:PAGE_SHIFT, as they are. Every kernel built for 48-bit physical addresses.
 * - `split-9-8`: PA[51:50] in bits 9:8, where SH was. LPA2, 4K and 16K pages.
 * - `split-9-8-unused`: a kernel built for LPA2 on a CPU without it: encodes likewise, reads bits 9:8 as SH.
 * - `split-15-12`: PA[51:48] in bits 15:12. 64K pages. PA[49:48] stay in place as well, as Linux leaves them there.
 */
export type AddressLayout = 'flat' | 'split-9-8' | 'split-9-8-unused' | 'split-15-12';

/** Bits 49:32 of an entry, in the high lane: address at every page size. */
const ADDRESS_HIGH = 0x3ffff;
/** Bits 63:50 of an entry, in the high lane and in a protection word alike. */
const PROT_HIGH = ~ADDRESS_HIGH;
const PROT_LOW = 0xffff;

/** Bits 15:0 of an entry that are no address in a layout. */
export const protLowMask = (pageShift: PageShift, layout: AddressLayout): number => {
  const belowAddress = 2 ** pageShift - 1;
  if (layout === 'split-9-8') return belowAddress & ~0x300;
  return layout === 'split-15-12' ? 0xfff : belowAddress;
};

function flat(pageShift: PageShift, keeps: number, encodesSplit: boolean): EntryCodec {
  const highUnit = 2 ** (32 - pageShift);
  const highScale = 1 / highUnit;
  const hi = (_level: PgtableLevel, pfn: Pfn, prot: Prot): number =>
    (pfn * highScale) | (prot & PROT_HIGH);
  const lo = (_level: PgtableLevel, pfn: Pfn, prot: Prot): number =>
    (pfn << pageShift) | (prot & PROT_LOW);
  return Object.freeze({
    ...(encodesSplit ? splitEncoder(pageShift) : { lo, hi }),
    pfn: (_level: PgtableLevel, low: number, high: number): Pfn =>
      (low >>> pageShift) + (high & ADDRESS_HIGH) * highUnit,
    prot: (_level: PgtableLevel, low: number, high: number): Prot =>
      (low & keeps) | (high & PROT_HIGH),
    write: encodesSplit
      ? splitWriter(pageShift)
      : (lanes: Int32Array, slot: Slot, _level: PgtableLevel, pfn: Pfn, prot: Prot): void => {
          lanes[slot] = (pfn << pageShift) | (prot & PROT_LOW);
          lanes[slot + 1] = (pfn * highScale) | (prot & PROT_HIGH);
        },
  });
}

/** lo and hi with PA[51:50] in bits 9:8: bits 19:18 of the address's high lane move down by 10. */
function splitEncoder(pageShift: PageShift): Pick<EntryCodec, 'lo' | 'hi'> {
  const highScale = 2 ** (pageShift - 32);
  return {
    lo: (_level: PgtableLevel, pfn: Pfn, prot: Prot): number =>
      (pfn << pageShift) | (((pfn * highScale) >> 10) & 0x300) | (prot & PROT_LOW),
    hi: (_level: PgtableLevel, pfn: Pfn, prot: Prot): number =>
      ((pfn * highScale) & ADDRESS_HIGH) | (prot & PROT_HIGH),
  };
}

function splitWriter(pageShift: PageShift): EntryCodec['write'] {
  const highScale = 2 ** (pageShift - 32);
  return (lanes, slot, _level, pfn, prot) => {
    const high = (pfn * highScale) | 0;
    lanes[slot] = (pfn << pageShift) | ((high >> 10) & 0x300) | (prot & PROT_LOW);
    lanes[slot + 1] = (high & ADDRESS_HIGH) | (prot & PROT_HIGH);
  };
}

function split98(pageShift: PageShift, keeps: number): EntryCodec {
  const highUnit = 2 ** (32 - pageShift);
  return Object.freeze({
    ...splitEncoder(pageShift),
    pfn: (_level: PgtableLevel, low: number, high: number): Pfn =>
      (low >>> pageShift) + ((high & ADDRESS_HIGH) | ((low & 0x300) << 10)) * highUnit,
    prot: (_level: PgtableLevel, low: number, high: number): Prot =>
      (low & keeps) | (high & PROT_HIGH),
    write: splitWriter(pageShift),
  });
}

/**
 * PA[49:48] lie in an entry twice. A word in which the copies differ cannot come from a physical address, yet nothing of
 * it may get lost: as in Linux's pte_pgprot(), the protection word is the word with the encoded address XORed away. Its
 * bits 12, 13, 16 and 17 hold what differs.
 */
function split1512(): EntryCodec {
  const highBits = (low: number, high: number): number =>
    (high & ADDRESS_HIGH) | ((low & 0xf000) << 4);
  const residue = (high: number, bits: number): number => (high ^ (bits & ADDRESS_HIGH)) & ~0xffff;
  const lo = (_level: PgtableLevel, pfn: Pfn, prot: Prot): number =>
    (pfn << 16) | ((((pfn / 65536) >> 4) & 0xf000) ^ (prot & PROT_LOW));
  const hi = (_level: PgtableLevel, pfn: Pfn, prot: Prot): number =>
    ((pfn / 65536) & ADDRESS_HIGH) ^ (prot & ~0xffff);
  return Object.freeze({
    lo,
    hi,
    pfn: (_level: PgtableLevel, low: number, high: number): Pfn =>
      (low >>> 16) + highBits(low, high) * 65536,
    prot: (_level: PgtableLevel, low: number, high: number): Prot => {
      const bits = highBits(low, high);
      return ((low ^ ((bits >> 4) & 0xf000)) & PROT_LOW) | residue(high, bits);
    },
    write: (lanes: Int32Array, slot: Slot, level: PgtableLevel, pfn: Pfn, prot: Prot): void => {
      lanes[slot] = lo(level, pfn, prot);
      lanes[slot + 1] = hi(level, pfn, prot);
    },
  });
}

/** The codec of a page size and an address layout. Addresses are never inverted on arm64. */
export function createAddressCodec(pageShift: PageShift, layout: AddressLayout): EntryCodec {
  const keeps = protLowMask(pageShift, layout);
  if (layout === 'split-15-12') return split1512();
  if (layout === 'split-9-8') return split98(pageShift, keeps);
  return flat(pageShift, keeps, layout === 'split-9-8-unused');
}
