import type { DecodedEntry } from '@pfnmap/pgtable-core';
import type { AccessKind } from '../exits.ts';
import type { Gfn } from '../memory-slot.ts';
import type { PgLevel } from './pg-level.ts';

/** Bit 11 of every shadow entry that KVM has made present, in both formats. */
export const SPTE_MMU_PRESENT_MASK = 1 << 11;
/** Bit 7: the entry is a leaf above the page level. */
export const PT_PAGE_SIZE_MASK = 1 << 7;
/** Bit 1 allows writes, in both formats. */
export const PT_WRITABLE_MASK = 1 << 1;

/** High lane of an entry that maps nothing: bit 63, so that a guest with virtualisation exceptions gets none. */
export const SHADOW_NONPRESENT_HI = 0x80000000 | 0;
/** Low lane of an entry of a table that is being torn down, until 6.12 and later; the high lane is {@link SHADOW_NONPRESENT_HI}. */
export const FROZEN_SPTE_LO = 0x5a0;
export const FROZEN_SPTE_LO_LATER = 0x1a0;

/** The generation of the slots that an MMIO entry remembers has so many bits. */
export const MMIO_SPTE_GEN_MASK = 2 ** 19 - 1;

/**
 * How the CPU's second stage is written: nested page tables or extended page tables. All functions are pure; an entry
 * is two 32-bit lanes, the address field bits 51 to 12.
 */
export interface SpteFormat {
  /** For people: `NPT`, `EPT`. */
  readonly name: string;
  /** Lanes of a table entry without its address. */
  readonly nonleafLo: number;
  readonly nonleafHi: number;
  /** Lanes of a leaf without its address, by {@link leafIndex}. */
  readonly leafLo: Int32Array;
  readonly leafHi: Int32Array;
  /** Bits of each lane that say that the host, and the MMU, would let the guest write. */
  readonly mmuWritableLo: number;
  readonly mmuWritableHi: number;
  /** Lanes of an entry that makes accesses to an address without memory fault in a way that is told apart. */
  mmioLo(gfn: Gfn, generation: number): number;
  mmioHi(gfn: Gfn, generation: number): number;
  is_mmio_spte(lo: number, hi: number): boolean;
  /** The generation in an MMIO entry, of {@link MMIO_SPTE_GEN_MASK} bits. */
  mmioGeneration(lo: number, hi: number): number;
  /** True when the hardware lets an access through a present leaf. */
  permits(lo: number, hi: number, kind: AccessKind): boolean;
  /** Decodes a 64-bit entry, for people. */
  decode(level: PgLevel, word: bigint): DecodedEntry;
}

/** Where a kind of leaf lies in {@link SpteFormat.leafLo}. */
export const leafIndex = (level: PgLevel, writable: boolean, mmio: boolean): number =>
  level * 4 + (writable ? 2 : 0) + (mmio ? 1 : 0);

/** Builds the lanes of every kind of leaf, levels 1 to 3. */
export function leafLanes(
  word: (level: PgLevel, writable: boolean, mmio: boolean) => bigint,
): Pick<SpteFormat, 'leafLo' | 'leafHi'> {
  const leafLo = new Int32Array(16);
  const leafHi = new Int32Array(16);
  for (let level = 1; level <= 3; level++) {
    for (const writable of [false, true]) {
      for (const mmio of [false, true]) {
        const at = leafIndex(level, writable, mmio);
        const value = word(level, writable, mmio);
        leafLo[at] = Number(value & 0xffffffffn);
        leafHi[at] = Number(value >> 32n);
      }
    }
  }
  return { leafLo, leafHi };
}

/** Bits 3 to 10 and 52 to 62 of an MMIO entry hold the generation. */
const LOW_GENERATION_BITS = 0xff;

/** The low lane's part of a generation. */
export const generationLo = (generation: number): number => (generation & LOW_GENERATION_BITS) << 3;
/** The high lane's part: bits 20 to 30 of it. */
export const generationHi = (generation: number): number => ((generation >> 8) & 0x7ff) << 20;
/** The generation of two lanes. */
export const generationOf = (lo: number, hi: number): number =>
  ((lo >> 3) & LOW_GENERATION_BITS) | (((hi >> 20) & 0x7ff) << 8);
