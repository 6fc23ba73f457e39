import type { ArchPgtable } from '@pfnmap/pgtable-core';
import { formatSize, type TableRun, type WalkEntry } from '@pfnmap/scenario';
import { columns } from './columns.ts';
import { entryWords, levelSize, wide } from './describe-entry.ts';

/** The runs of a table as aligned columns, decoded. */
export function tableLines(arch: ArchPgtable, runs: readonly TableRun[]): string[] {
  if (runs.length === 0) return ['nothing: the mapping is empty'];
  const rows = runs.map(({ offset, level, entry, count }) => {
    const word = BigInt(entry);
    const { what, memoryType, flags } = entryWords(arch, level, word);
    const covered = formatSize(levelSize(arch, level) * count);
    return [offset, level, wide(word), `${count}`, covered, what, memoryType, flags];
  });
  const heading = ['offset', 'level', 'entry', 'count', 'covers', 'is', 'memory', 'bits'];
  return columns([heading, ...rows], ['right', 'left', 'left', 'right', 'right']);
}

/** The entries on the way down as aligned columns, decoded. */
export function walkLines(arch: ArchPgtable, entries: readonly WalkEntry[]): string[] {
  const rows = entries.map(({ level, entry }) => {
    const word = BigInt(entry);
    const { what, memoryType, flags } = entryWords(arch, level, word);
    return [level, wide(word), what, memoryType, flags];
  });
  return columns([['level', 'entry', 'is', 'memory', 'bits'], ...rows]);
}
