import { formatSize } from '../size.ts';
import type { Random } from './random.ts';

export const M = 2 ** 20;
export const G = 2 ** 30;

/** What one entry of each level maps, in bytes. */
export interface Geometry {
  readonly page: number;
  readonly pmd: number;
  readonly pud: number;
}

/** The geometry of a page size: a table is one page of 8-byte entries. */
export function geometryOf(pageSize: number): Geometry {
  const perTable = pageSize / 8;
  return { page: pageSize, pmd: pageSize * perTable, pud: pageSize * perTable * perTable };
}

/** A mapping of the scenario being written. */
export interface DraftMap {
  readonly name: string;
  readonly source: 'bar2' | 'lab' | 'anon';
  length: number;
  /** How far its address is above a boundary of the largest entries, in bytes. */
  phase: number;
  /** A PUD entry may lie in it. */
  readonly huge: boolean;
  readonly private: boolean;
  /** Memory that is looked at for itself: it may move, and soft-dirty bits may be cleared. */
  readonly memory?: boolean;
}

/** The scenario being written. */
export interface Draft {
  readonly random: Random;
  readonly geometry: Geometry;
  /** Bytes of BAR 2. */
  readonly bar: number;
  readonly lines: string[];
  readonly maps: DraftMap[];
  /** The mode of the test driver, where it is used. */
  mode: 'fault' | 'mixed' | 'remap' | undefined;
  /** What can kill a kernel is allowed, such as ranges that cut a PUD entry anywhere. */
  readonly hazard: boolean;
  /** How many mappings were named so far. */
  named: number;
  /** Slots of the virtual machine. */
  readonly slots: { readonly gpa: number; readonly length: number }[];
  /** DMA mappings, by their I/O address. */
  readonly dma: { readonly iova: number; readonly length: number }[];
  /** What the second process has copies of; undefined before it is there. */
  peerMaps: readonly DraftMap[] | undefined;
  /** The steps are done by another process, whose mappings are its own. */
  inChild: boolean;
}

/** Adds a line; options that are undefined are left out, numbers are written as sizes. */
export function say(
  draft: Draft,
  words: string,
  options: Readonly<Record<string, number | string | undefined>> = {},
  flags = '',
): void {
  const parts = Object.entries(options).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return [`${key}=${typeof value === 'number' ? formatSize(value) : value}`];
  });
  draft.lines.push([words, ...parts, flags].filter((part) => part !== '').join(' '));
}

/** A multiple of the grain inside the mapping. */
export function anyOffset(draft: Draft, map: DraftMap, grain = draft.geometry.page): number {
  return draft.random.below(Math.max(1, Math.floor(map.length / grain))) * grain;
}

/**
 * The unit of ranges of a mapping. Splitting a VMA inside a PUD entry at anything but a PMD
 * boundary makes the kernels up to at least 7.3 read the entry as a table, and can kill them: only
 * the kind `hazard` asks for that.
 */
export function grainOf(draft: Draft, map: DraftMap): number {
  const { page, pmd } = draft.geometry;
  if (map.huge && !draft.hazard) return pmd;
  return map.length < pmd ? page : draft.random.pick([page, pmd]);
}

/** The place in a mapping at or above an offset where a VMA may be split; its end at the latest. */
export function splitPoint(draft: Draft, map: DraftMap, offset: number): number {
  if (!map.huge || draft.hazard || offset === 0) return Math.min(offset, map.length);
  const { pmd } = draft.geometry;
  const above = Math.ceil((map.phase + offset) / pmd) * pmd - map.phase;
  return Math.min(above, map.length);
}

/** A range inside the mapping: one grain, a few, or all the rest. */
export function anyRange(draft: Draft, map: DraftMap): { offset: number; length: number } {
  const grain = grainOf(draft, map);
  const wanted = anyOffset(draft, map, grain);
  const length = draft.random.pick([grain, grain, 2 * grain, 16 * grain, map.length]);
  const first = splitPoint(draft, map, wanted);
  const offset = first < map.length ? first : 0;
  return { offset, length: splitPoint(draft, map, offset + length) - offset };
}
