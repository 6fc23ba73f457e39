import { configForRelease, type KernelConfig, resolveKernel } from '@pfnmap/kconfig';
import { createMachine, type Machine, type MachineOptions, type Process } from '@pfnmap/machine';
import { AddressSpace, type File, formatEvent, type VmAreaStruct } from '@pfnmap/mm-core';
import { LEVEL_NAMES, type PgtableLevel, wordAt } from '@pfnmap/pgtable-core';

export const MiB = 2 ** 20;
export const GiB = 2 ** 30;
/** Where the BAR is mapped: 1 GiB-aligned, in tables of its own. */
export const VA = 0x200000000000;
/** Offset of BAR 2 in a vfio device's file. */
const BAR2_OFFSET = 2 * 2 ** 40;

/** Which kernel on which machine; 6.12.117 on x86_64 when nothing is said. */
export interface Setup extends Partial<Omit<MachineOptions, 'config'>> {
  readonly profile?: string;
  readonly with?: readonly string[];
  readonly without?: readonly string[];
}

const resolved = new Map<string, KernelConfig>();

/** A profile on the configuration that a distribution built its kernel with. */
function configOf({ profile = '6.12.117', arch = 'x86_64', ...changes }: Setup): KernelConfig {
  const key = JSON.stringify([profile, arch, changes.with, changes.without]);
  const known = resolved.get(key);
  if (known !== undefined) return known;
  const release = arch === 'x86_64' ? '6.12.117+deb12-amd64' : '6.12.117+deb12-arm64';
  const { dotConfig, arch: folder } = configForRelease(release);
  const config = resolveKernel({
    profile,
    arch: folder,
    dotConfig,
    with: changes.with,
    without: changes.without,
  });
  resolved.set(key, config);
  return config;
}

/** Where and how a mapping is made; readable, writable and shared at VA when nothing is said. */
export interface Mapping {
  readonly address?: number;
  /** Byte offset in the BAR or the file. */
  readonly offset?: number;
  /** PROT_* bits. */
  readonly prot?: number;
  readonly shared?: boolean;
}

/** A program on the computer of the captures, whose BAR of 8 GiB lies at 0x200000000. */
export class BarProcess {
  readonly machine: Machine;
  readonly process: Process;
  /** Frames that the machine itself uses, before any program runs. */
  readonly framesAtBoot: number;
  private calls: string[] = [];

  constructor(setup: Setup = {}) {
    this.machine = createMachine({
      arch: 'x86_64',
      levels: 4,
      vaBits: 48,
      pat: true,
      l1tf: false,
      thp: 'always',
      barBytes: 8 * GiB,
      ramBytes: 32 * MiB,
      ...setup,
      config: configOf(setup),
    });
    this.framesAtBoot = this.machine.kernel.mem.framesInUse();
    this.process = this.machine.spawn();
    this.machine.watchFaults(({ order, ret }) => {
      this.calls.push(`order=${order} 0x${ret.toString(16)}`);
    });
  }

  get memory() {
    return this.machine.layers.memory;
  }

  /** Maps a file; null is anonymous memory. */
  mapFile(file: File | null, length: number, mapping: Mapping = {}): number {
    const { address = VA, offset = 0, prot = 3, shared = true } = mapping;
    return this.process.mmap({ address, length, prot, shared, file, offset });
  }

  /** Maps the BAR through vfio-pci. */
  map(length: number, mapping: Mapping = {}): number {
    const offset = BAR2_OFFSET + (mapping.offset ?? 0);
    return this.mapFile(this.machine.device.file, length, { ...mapping, offset });
  }

  /** Maps the BAR through the lab's driver, which inserts up to an order, or fills PTEs at once. */
  mapLab(
    length: number,
    driver: {
      readonly mode?: 'fault' | 'remap';
      readonly maxorder?: number;
      readonly pfn?: number;
    },
    mapping: Mapping = {},
  ): number {
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
    const { pt, mem } = this.machine.kernel;
    const slot = pt.walk(process.mm, address);
    const word = wordAt(mem.lanes, slot);
    return `${LEVEL_NAMES[pt.walked.level]} ${word === 0n ? 'none' : `0x${word.toString(16)}`}`;
  }

  /** How many entries of each level map something in a range: [PUD, PMD, PTE]. */
  mapped(start: number, end: number): [pud: number, pmd: number, pte: number] {
    const { pt, mem, arch } = this.machine.kernel;
    const counts = [0, 0, 0];
    for (let address = start; address < end; ) {
      const slot = pt.walk(this.process.mm, address);
      const { level } = pt.walked;
      if ((mem.lanes[slot]! | mem.lanes[slot + 1]!) !== 0) counts[2 - level]!++;
      const { size } = arch.geometry.levels[level as PgtableLevel];
      address = Math.floor(address / size) * size + size;
    }
    return counts as [number, number, number];
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
