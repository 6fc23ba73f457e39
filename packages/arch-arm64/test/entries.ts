import { readFileSync } from 'node:fs';
import type { ArchArm64 } from '@pfnmap/arch-arm64';
import {
  encodeEntry,
  LEVEL_NAMES,
  type PgtableLevel,
  type Prot,
  splitEntry,
} from '@pfnmap/pgtable-core';

/** Rows of a file of vectors. */
export function rowsOf(file: string): string[][] {
  const text = readFileSync(new URL(`./vectors/${file}`, import.meta.url), 'utf8');
  return (JSON.parse(text) as { rows: string[][] }).rows;
}

/** The number of a level's name. */
export const levelOf = (name: string): PgtableLevel => LEVEL_NAMES.indexOf(name) as PgtableLevel;

/** A word as Linux prints entries. */
export const hex = (word: bigint): string => `0x${word.toString(16).padStart(16, '0')}`;

/** What one does to an entry: word in, word out. */
export type WordTransform = (word: bigint, level?: PgtableLevel) => bigint;

/** Applies a helper of protection words to a whole entry. */
export const onWords =
  (arch: ArchArm64, helper: (prot: Prot) => Prot): WordTransform =>
  (word, level = 0) => {
    const { pfn, prot } = splitEntry(arch, level, word);
    return encodeEntry(arch, level, pfn, helper(prot));
  };

/** The protection word of an entry. */
export const protIn = (arch: ArchArm64, word: bigint, level: PgtableLevel = 0): Prot =>
  splitEntry(arch, level, word).prot;
