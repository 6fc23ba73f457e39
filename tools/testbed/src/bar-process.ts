import type { Machine, Process } from '@pfnmap/machine';
import { AddressSpace, type File, formatEvent, type VmAreaStruct } from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import type { MmPagewalk } from '@pfnmap/mm-pagewalk';
import { LEVEL_NAMES } from '@pfnmap/pgtable-core';
import { computer, entryAt, GiB, MiB, mapBar, RW, VA, type Wanted } from './computer.ts';

/** Where and how a mapping is made; readable, writable and shared at VA when nothing is said. */
export interface Mapping {
  readonly address?: number;
  /** Byte offset in the BAR or the file. */
  readonly offset?: number;
  /** PROT_* bits. */
  readonly prot?: number;
  readonly shared?: boolean;
}

/** How the lab's driver fills a mapping: by faults up to an order, or at once. */
export interface LabDriver {
  readonly mode?: 'fault' | 'mixed' | 'remap';
  readonly maxorder?: number;
  readonly pfn?: number;
}

/** A program on the computer of the specification, and what can be seen of what it does. */
export class BarProcess {
  readonly machine: Machine;
  readonly process: Process;
  /** Frames that the machine itself uses, before any program runs. */
  readonly framesAtBoot: number;
  private calls: string[] = [];

  constructor(wanted: Wanted = {}) {
    this.machine = computer({ ramBytes: 32 * MiB, ...wanted });
    this.framesAtBoot = this.machine.kernel.mem.framesInUse();
    this.process = this.machine.spawn();
    this.machine.watchFaults(({ order, ret }) => {
      this.calls.push(`order=${order} 0x${ret.toString(16)}`);
    });
  }

  get memory(): MmMemory {
    return this.machine.layers.memory;
  }

  get pagewalk(): MmPagewalk {
    return this.machine.layers.pagewalk;
  }

  /** Maps a file; null is anonymous memory. */
  mapFile(file: File | null, length: number, mapping: Mapping = {}): number {
    const { address = VA, offset = 0, prot = RW, shared = true } = mapping;
    return this.process.mmap({ address, length, prot, shared, file, offset });
  }

  /** Maps the BAR through vfio-pci. */
  map(length: number, mapping: Omit<Mapping, 'shared'> = {}): number {
    const { address: at = VA, ...rest } = mapping;
    return mapBar(this.machine, this.process, { at, length, ...rest });
  }

  /** Maps the BAR through the lab's driver. */
  mapLab(length: number, driver: LabDriver, mapping: Mapping = {}): number {
    const { mode = 'fault', maxorder = 18, pfn = this.machine.bar2Pfn } = driver;
    this.machine.pfnlab.configure({ pfn, pages: (8 * GiB) / 4096, mode, maxorder });
    return this.mapFile(this.machine.pfnlab.file, length, mapping);
  }

  /** Reads or writes one byte and tells what the handler was asked and answered. */
  touch(address = VA, write = false): string[] {
    this.calls = [];
    const signal = this.process.touch(address, write);
    return signal === 0 ? this.calls : [...this.calls, `signal ${signal}`];
  }

  /** Touches every page from `start` to `end`, and gives all answers of the handler. */
  touchAll(start: number, end: number, step = 4096): string[] {
    const all: string[] = [];
    for (let address = start; address < end; address += step) all.push(...this.touch(address));
    return all;
  }

  vma(address = VA): VmAreaStruct {
    return this.process.mm.vma_lookup(address)!;
  }

  /** The entry where the walk of an address ends, as `pud 0x80000002000002b7` or `pmd none`. */
  entry(address = VA, process = this.process): string {
    const { level, word } = entryAt(this.machine, process, address);
    return `${LEVEL_NAMES[level as 0]} ${word === 0n ? 'none' : `0x${word.toString(16)}`}`;
  }

  /** How many entries of each level map something in a range: [PUD, PMD, PTE]. */
  mapped(start: number, end: number): [pud: number, pmd: number, pte: number] {
    const { pt, mem, arch } = this.machine.kernel;
    const counts: [number, number, number] = [0, 0, 0];
    for (let address = start; address < end; ) {
      const slot = pt.walk(this.process.mm, address);
      const { level } = pt.walked;
      if ((mem.lanes[slot]! | mem.lanes[slot + 1]!) !== 0) counts[2 - level]!++;
      const { size } = arch.geometry.levels[level];
      address = Math.floor(address / size) * size + size;
    }
    return counts;
  }

  /** Bytes of tables that `work` makes or frees. */
  tables(work: () => void): number {
    const before = this.process.mm.pgtables_bytes;
    work();
    return this.process.mm.pgtables_bytes - before;
  }

  /** thp_split_pmd and thp_split_pud of /proc/vmstat. */
  splits(): [pmd: number, pud: number] {
    const { thp_split_pmd, thp_split_pud } = this.machine.kernel.events.counts;
    return [thp_split_pmd, thp_split_pud];
  }

  /** What happens to secondary MMUs, or to TLBs, meanwhile. */
  record(kind: 'notifier' | 'tlb', work: () => void): string[] {
    const { events } = this.machine.kernel;
    events.take();
    events.recording = true;
    work();
    events.recording = false;
    return events
      .take()
      .filter((event) => event.kind === kind)
      .map(formatEvent);
  }

  /** Log lines and warnings since the last call. */
  log(): string[] {
    return this.machine.kernel.events.take().map(formatEvent);
  }
}

/** A device file with a driver of the test's own. */
export const fileOf = (mmap: (vma: VmAreaStruct) => number): File => ({
  name: '/dev/test',
  f_mapping: new AddressSpace(),
  f_op: { mmap: (_file, vma) => mmap(vma) },
  writable: true,
});
