import type { ArchPgtable, Pfn, Prot, Slot } from './arch-pgtable.ts';
import type { PgtableLevel } from './level.ts';

/** Joins two 32-bit lanes to the 64-bit word they are. */
export const wordOfLanes = (lo: number, hi: number): bigint =>
  (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

/** The low 32 bits of a word, as a signed integer. */
export const loOfWord = (word: bigint): number => Number(word & 0xffffffffn) | 0;

/** The high 32 bits of a word, as a signed integer. */
export const hiOfWord = (word: bigint): number => Number((word >> 32n) & 0xffffffffn) | 0;

/** The 64-bit entry for a page frame number and a protection word at a level. */
export function encodeEntry(arch: ArchPgtable, level: PgtableLevel, pfn: Pfn, prot: Prot): bigint {
  return wordOfLanes(arch.codec.lo(level, pfn, prot), arch.codec.hi(level, pfn, prot));
}

/** A 64-bit entry taken apart into page frame number and protection word. */
export function splitEntry(
  arch: ArchPgtable,
  level: PgtableLevel,
  word: bigint,
): { pfn: Pfn; prot: Prot } {
  const lo = loOfWord(word);
  const hi = hiOfWord(word);
  return { pfn: arch.codec.pfn(level, lo, hi), prot: arch.codec.prot(level, lo, hi) };
}

/** The 64-bit word at a slot of the simulated memory. */
export const wordAt = (lanes: Int32Array, slot: Slot): bigint =>
  wordOfLanes(lanes[slot] as number, lanes[slot + 1] as number);
