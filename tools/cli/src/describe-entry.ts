import { type ArchPgtable, levelOfName } from '@pfnmap/pgtable-core';
import { formatSize } from '@pfnmap/scenario';

/** A 64-bit word with all its digits. */
export const wide = (word: bigint): string => `0x${word.toString(16).padStart(16, '0')}`;

/** An entry in the words that a table has columns for. */
export interface EntryWords {
  /** `leaf at 0x200000000`, `table`, `none`, `not present`. */
  readonly what: string;
  readonly memoryType: string;
  /** Names of the set bits. */
  readonly flags: string;
}

/** Decodes an entry of a named level. */
export function entryWords(arch: ArchPgtable, levelName: string, word: bigint): EntryWords {
  const level = levelOfName(levelName) ?? 0;
  const { kind, address, flags, memoryType } = arch.decode(level, word);
  const hasAddress = kind === 'leaf' || (kind === 'not present' && address !== 0n);
  return {
    what: hasAddress ? `${kind} at 0x${address.toString(16)}` : kind,
    memoryType,
    flags: flags.join(' '),
  };
}

/** Bytes that an entry of a named level maps. */
export function levelSize(arch: ArchPgtable, levelName: string): number {
  return arch.geometry.levels[levelOfName(levelName) ?? 0].size;
}

/** An entry in one line: `pud 0x80000002000002b7, leaf at 0x200000000, 1G, UC-, P US …`. */
export function entryLine(arch: ArchPgtable, levelName: string, word: bigint): string {
  const { what, memoryType, flags } = entryWords(arch, levelName, word);
  const parts = [`${levelName} ${wide(word)}`, what];
  if (what.startsWith('leaf')) parts.push(formatSize(levelSize(arch, levelName)));
  return [...parts, memoryType, flags].filter((part) => part !== '').join(', ');
}
