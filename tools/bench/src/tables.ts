import type { Process } from '@pfnmap/machine';
import { VM_READ, VM_SHARED, VM_WRITE } from '@pfnmap/mm-core';
import type { Pfn, PgtableLevel, Prot } from '@pfnmap/pgtable-core';
import { BAR_BYTES, expectZero, GiB, machineWithBar, mapBar, nanoseconds, VA } from './bar.ts';
import type { Timings } from './timings.ts';

const RANDOM_ADDRESSES = 10_000_000;
const BATCH = 2 ** 20;

/** Entries of one size, and how often 8 GiB of them are mapped. */
interface Size {
  readonly name: string;
  readonly level: PgtableLevel;
  readonly bytes: number;
  readonly times: number;
  /** Address spaces that are worked on between two looks at the clock, which takes as long as some entries of 1G. */
  readonly together: number;
  /** Bytes past a gigabyte where a BAR must be mapped to get entries of this size. */
  readonly phase: number;
}

const SIZES: readonly Size[] = [
  { name: '4K', level: 0, bytes: 4096, times: 2, together: 1, phase: 4096 },
  { name: '2M', level: 1, bytes: 2 ** 21, times: 50, together: 1, phase: 2 ** 21 },
  { name: '1G', level: 2, bytes: GiB, times: 20, together: 50, phase: 0 },
];

/** The host's page tables: one machine with Linux 6.12.117, whose tables all cases use. */
class TableRun {
  private readonly machine = machineWithBar('x86_64', '6.12.117');
  private readonly timings: Record<string, number> = {};

  /** Keeps the least time of a case: what other programs on the computer add is not the model's. */
  private time(name: string, entries: number, work: () => void): void {
    const taken = nanoseconds(work) / entries;
    this.timings[name] = Math.min(taken, this.timings[name] ?? Infinity);
  }

  /** What vfio-pci inserts for a write: uncached, special. */
  private deviceProt(level: PgtableLevel): Prot {
    const { arch } = this.machine.kernel;
    const prot = arch.pgprot_noncached(arch.vm_get_page_prot(VM_READ | VM_WRITE | VM_SHARED));
    return level === 0 ? arch.pte_mkspecial(prot) : arch.pmd_mkspecial(arch.pmd_mkhuge(prot));
  }

  private mapAll(process: Process, { level, bytes }: Size): void {
    const { pt } = this.machine.kernel;
    const prot = this.deviceProt(level);
    const pages = bytes / 4096;
    let pfn: Pfn = this.machine.bar2Pfn;
    for (let at = VA; at < VA + BAR_BYTES; at += bytes, pfn += pages) {
      if (!pt.mapPage(level, process.mm, at, pfn, prot)) throw new Error('an entry is in use');
    }
  }

  /** Processes that have the BAR mapped, as many as the clock needs to see their work. */
  private processes({ together }: Size, phase: number): Process[] {
    return Array.from({ length: together }, () => {
      const process = this.machine.spawn();
      mapBar(this.machine, process, phase);
      return process;
    });
  }

  private maps(size: Size): void {
    const { pt } = this.machine.kernel;
    const { name } = size;
    const entries = size.together * (BAR_BYTES / size.bytes);
    for (let time = 0; time < size.times; time++) {
      const processes = this.processes(size, 0);
      this.time(`map ${name}`, entries, () => {
        for (const process of processes) this.mapAll(process, size);
      });
      this.time(`unmap ${name}`, entries, () => {
        for (const { mm } of processes) pt.unmapRange(mm, VA, BAR_BYTES);
      });
      for (const process of processes) process.exit();
    }
  }

  /** The whole paths: touch to entry, fork, munmap. */
  private lives(size: Size): void {
    const { name, bytes, times, phase } = size;
    const start = VA + phase;
    const entries = size.together * (BAR_BYTES / bytes);
    for (let time = 0; time < times; time++) {
      const processes = this.processes(size, phase);
      const children: (Process | number)[] = [];
      this.time(`fault ${name}`, entries, () => {
        for (const process of processes) {
          for (let at = start; at < start + BAR_BYTES; at += bytes) {
            expectZero('touch', process.touch(at, true));
          }
        }
      });
      this.time(`fork ${name}`, entries, () => {
        for (const process of processes) children.push(process.fork());
      });
      for (const child of children) {
        if (typeof child === 'number') throw new Error(`fork answered ${child}`);
        child.exit();
      }
      this.time(`munmap ${name}`, entries, () => {
        for (const process of processes) expectZero('munmap', process.munmap(start, BAR_BYTES));
      });
      for (const process of processes) process.exit();
    }
  }

  /** 8 GiB by PTEs in one call. */
  private range(): void {
    const { pt } = this.machine.kernel;
    const process = this.machine.spawn();
    mapBar(this.machine, process, 0);
    const range = { address: VA, bytes: BAR_BYTES, pfn: this.machine.bar2Pfn, largest: 0 } as const;
    this.time('map range', BAR_BYTES / 4096, () => {
      const mapped = pt.mapRange(process.mm, { ...range, prot: this.deviceProt(0) });
      if (mapped !== BAR_BYTES) throw new Error('an entry is in use');
    });
    process.exit();
  }

  private translations(size: Size): void {
    const { pt } = this.machine.kernel;
    const process = this.machine.spawn();
    mapBar(this.machine, process, 0);
    this.mapAll(process, size);
    const addresses = new Float64Array(RANDOM_ADDRESSES);
    let state = 2463534242;
    for (let index = 0; index < addresses.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      addresses[index] = VA + ((state >>> 0) % (BAR_BYTES / 4096)) * 4096;
    }
    const { mm } = process;
    let frames = 0;
    this.time(`translate ${size.name}`, addresses.length, () => {
      let sum = 0;
      for (let index = 0; index < addresses.length; index++) {
        sum += pt.translate(mm, addresses[index] as number);
      }
      frames = sum;
    });
    const pfns = new Float64Array(BATCH);
    this.time(`translate ${size.name}, in batches`, addresses.length, () => {
      for (let first = 0; first < addresses.length; first += BATCH) {
        const batch = addresses.subarray(first, first + BATCH);
        if (pt.translateAll(mm, batch, pfns) !== batch.length) throw new Error('unmapped');
      }
    });
    if (frames === 0) throw new Error('nothing was translated');
    process.exit();
  }

  all(): Timings {
    for (const size of SIZES) this.maps(size);
    for (const size of SIZES) this.lives(size);
    this.range();
    for (const size of SIZES.slice(0, 2)) this.translations(size);
    return this.timings;
  }
}

/** Passes over all cases; the first compile the code and make the host give the RAM. */
const PASSES = 3;

/** Nanoseconds for each case of the host's page tables: the best of some passes on one machine. */
export function timeTables(): Timings {
  const run = new TableRun();
  for (let pass = 1; pass < PASSES; pass++) run.all();
  return run.all();
}
