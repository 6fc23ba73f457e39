import { FollowPfnmapArgs } from '@pfnmap/follow-pfnmap';
import type { Machine, Process } from '@pfnmap/machine';
import type { VmAreaStruct } from '@pfnmap/mm-core';
import { PROT_READ, PROT_WRITE } from '@pfnmap/mm-mmap';
import { type PgtableLevel, type Slot, wordAt } from '@pfnmap/pgtable-core';
import { machineFor, type PlayOptions, parseScenario } from '@pfnmap/scenario';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Where the replay table maps. */
export const VA = 0x7f0000000000;

/** The two BARs of the replay table: 2 MiB for a PMD leaf, 1 GiB for a PUD leaf. Physical addresses. */
export const BARS = {
  pmd: { start: 0xe0000000n, size: 2 * MiB },
  pud: { start: 0x4000000000n, size: GiB },
} as const;

/** Which of the two BARs, and so which size of leaf. */
export type LeafKind = keyof typeof BARS;

/** A kernel to ask, in the terms of a player. */
export type Asked = Pick<PlayOptions, 'arch' | 'kernel' | 'with' | 'without' | 'reverted'>;

/** A computer with a process that has mapped a BAR of the test driver and read its first byte. */
export interface Computer {
  readonly machine: Machine;
  readonly process: Process;
  readonly vma: VmAreaStruct;
  /** Level and word of the entry that maps an address of a process. */
  entry(process: Process, address: number): { level: PgtableLevel; slot: Slot; word: bigint };
}

/** The machine of a scenario's machine line. */
export function bootWith(line: string, asked: Asked, bar2Start: bigint): Machine {
  return machineFor(parseScenario(`machine ${line}\n`, 'replay'), { ...asked, bar2Start }).machine;
}

/** Boots a computer and makes the leaf that the questions are about, at {@link VA}; the test driver maps from page 0. */
export function computerWith(kind: LeafKind, asked: Asked): Computer {
  const { start, size } = BARS[kind];
  const machine = bootWith(`bar=${size}`, asked, start);
  const { kernel, pfnlab } = machine;
  const { pageSize } = kernel.arch.geometry;
  pfnlab.configure({
    pfn: machine.bar2Pfn,
    pages: size / pageSize,
    mode: 'fault',
    maxorder: 18,
  });
  const process = machine.spawn();
  const prot = PROT_READ | PROT_WRITE;
  process.mmap({ address: VA, length: size, prot, shared: true, file: pfnlab.file, offset: 0 });
  process.touch(VA, false);
  return {
    machine,
    process,
    vma: process.mm.vma_lookup(VA)!,
    entry(of, address) {
      const slot = kernel.pt.walk(of.mm, address);
      return { slot, level: kernel.pt.walked.level, word: wordAt(kernel.mem.lanes, slot) };
    },
  };
}

/** What follow_pfnmap_start() finds at an address, or its error. */
export function followed(
  machine: Machine,
  vma: VmAreaStruct,
  address: number,
): { pfn: number; special: boolean } | number {
  const lookup = machine.layers.follow.pfnmap;
  if (lookup === undefined) return Number.NaN;
  const args = new FollowPfnmapArgs(vma, address);
  const error = lookup.follow_pfnmap_start(args);
  if (error !== 0) return error;
  const { pfn, special } = args;
  lookup.follow_pfnmap_end(args);
  return { pfn, special };
}
