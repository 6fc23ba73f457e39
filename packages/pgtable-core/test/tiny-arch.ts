import {
  type ArchPgtable,
  createGeometry,
  type EntryCodec,
  type PgtableLevel,
} from '@pfnmap/pgtable-core';

/** Bits of an entry of the tiny architecture: pages have 32 bytes, so bits 5 and up are the address. */
export const VALID = 1;
export const TABLE = 2;
/** Any leaf. */
export const LEAF = VALID | 4;

const FLAG_BITS = 5;
const FLAGS = 2 ** FLAG_BITS - 1;

const codec: EntryCodec = {
  pfn: (_level, lo) => lo >>> FLAG_BITS,
  prot: (_level, lo) => lo & FLAGS,
  lo: (_level, pfn, prot) => (pfn << FLAG_BITS) | prot,
  hi: () => 0,
  write(lanes, slot, level: PgtableLevel, pfn, prot) {
    lanes[slot] = codec.lo(level, pfn, prot);
    lanes[slot + 1] = 0;
  },
};

/** An architecture with tables of four entries, so that all of an address space can be looked at. */
export const tinyArch = (levels: 2 | 3 | 4 | 5): ArchPgtable =>
  ({
    name: 'tiny',
    geometry: createGeometry({ pageShift: 5, vaBits: 5 + 2 * levels, levels }),
    codec,
    format: {
      mask: VALID | TABLE,
      value: VALID | TABLE,
      noneMask: -1,
      pgdNoneMask: -1,
      validMask: VALID,
      tableProt: VALID | TABLE,
    },
  }) as Pick<ArchPgtable, 'name' | 'geometry' | 'codec' | 'format'> as ArchPgtable;
