import type { ArchX86 } from '@pfnmap/arch-x86';
import { encodeEntry, type PgtableLevel, type Prot, splitEntry } from '@pfnmap/pgtable-core';

/** The levels that can be a leaf, by the prefix of their helpers. */
export const LEAF_LEVELS = { pte: 0, pmd: 1, pud: 2 } as const;

/** A level that can be a leaf. */
export type LeafLevel = keyof typeof LEAF_LEVELS;

/** The protection word in a 64-bit entry. */
export const protIn = (arch: ArchX86, level: PgtableLevel, word: bigint): Prot =>
  splitEntry(arch, level, word).prot;

/** A 64-bit entry with its protection word changed. */
export function changed(
  arch: ArchX86,
  level: PgtableLevel,
  word: bigint,
  change: (prot: Prot) => Prot,
): bigint {
  const { pfn, prot } = splitEntry(arch, level, word);
  return encodeEntry(arch, level, pfn, change(prot));
}
