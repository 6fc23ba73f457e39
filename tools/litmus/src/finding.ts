import type { Machine } from '@pfnmap/machine';
import type { MmStruct, RacePoint } from '@pfnmap/mm-core';
import { LEVEL_NAMES, type PgtableLevel, wordAt } from '@pfnmap/pgtable-core';

/** An entry of a page table, for a reader. */
export interface ShownEntry {
  /** Number of the process: 1 runs the program. */
  readonly process: number;
  readonly address: number;
  readonly level: string;
  readonly word: bigint;
  /** What it says: its kind, the address it holds and its flags by name. */
  readonly decoded: string;
}

/** Who ran where: `other` ran whole at the point of the path, the `occurrence`-th time that the path came there. */
export interface Schedule {
  readonly path: string;
  readonly point: RacePoint;
  /** From 1. */
  readonly occurrence: number;
  readonly other: string;
}

/** A rule that a kernel broke. */
export interface Finding {
  /** `I3`, `BUG` …: see the table of rules in the README. */
  readonly rule: string;
  /** Tells findings of one program apart: the rule, and for one process the line at which it broke. */
  readonly key: string;
  readonly what: string;
  /** What is mapped at that moment. */
  readonly entries: readonly ShownEntry[];
  /** Undefined when no race was needed. */
  readonly schedule?: Schedule;
}

/** Entries shown of one address space. */
const SHOWN = 6;

/** The address spaces that map the device, and one more. */
export function addressSpaces(machine: Machine, first: MmStruct): MmStruct[] {
  const all = new Set([first]);
  for (const vma of machine.device.file.f_mapping.i_mmap) all.add(vma.vm_mm);
  return [...all];
}

/** The entries in use below the mappings of a process, its stack left out. */
function entriesOf(machine: Machine, mm: MmStruct, process: number): ShownEntry[] {
  const { pt, mem, arch } = machine.kernel;
  const shown: ShownEntry[] = [];
  for (const vma of mm.vmas) {
    const isStack = vma === mm.vmas.at(-1) && vma.vm_file === null;
    for (let address = vma.vm_start; !isStack && address < vma.vm_end; ) {
      const slot = pt.walk(mm, address);
      const level: PgtableLevel = pt.walked.level;
      const word = wordAt(mem.lanes, slot);
      if (word !== 0n) {
        const { kind, address: holds, flags } = arch.decode(level, word);
        const decoded = `${kind} 0x${holds.toString(16)} ${flags.join(' ')}`;
        shown.push({ process, address, level: LEVEL_NAMES[level] as string, word, decoded });
        if (shown.length === SHOWN) return shown;
      }
      const { size } = arch.geometry.levels[level];
      address = (Math.floor(address / size) + 1) * size;
    }
  }
  return shown;
}

/** What is mapped on a machine, as far as a reader wants to see it. */
export const entriesOfAll = (machine: Machine, first: MmStruct): ShownEntry[] =>
  addressSpaces(machine, first).flatMap((mm, index) => entriesOf(machine, mm, index + 1));
