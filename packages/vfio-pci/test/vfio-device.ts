import type { Machine, Process } from '@pfnmap/machine';
import { FAULT_FLAG_REMOTE, type KernelEvent } from '@pfnmap/mm-core';
import { computer, RW, type Wanted } from '@pfnmap/testbed';
import {
  type Bar,
  createVfioPciDevice,
  type VfioPciDevice,
  type VfioPciOptions,
} from '../src/index.ts';

/** A line of the driver's debug output: order, page offset and result. */
export type Line = readonly [order: number, offset: number | string, result: number];

const LINE = /\(,order = (\d+)\) BAR (\d+) page offset (0x[0-9a-f]+): 0x([0-9a-f]+)$/;

/** An offset as a number; one that wraps as the text that was printed. */
const offsetOf = (text: string): number | string =>
  text.length > 12 ? text : Number.parseInt(text, 16);

export const linesOf = (events: readonly KernelEvent[]): Line[] =>
  events.flatMap((event) => {
    const found = event.kind === 'printk' ? LINE.exec(event.text) : null;
    if (found === null) return [];
    return [[Number(found[1]), offsetOf(found[3]!), Number.parseInt(found[4]!, 16)] as const];
  });

/** A clock that runs so fast that no line is held back. */
export function fastClock(): () => number {
  let now = 0;
  return () => {
    now += 10_000;
    return now;
  };
}

/** A program with BAR 2 mapped, on a machine whose driver prints every fault. */
export class Printing {
  readonly machine: Machine;
  readonly process: Process;

  constructor(wanted: Wanted = {}) {
    this.machine = computer({ now: fastClock(), ...wanted });
    this.machine.device.setDebugLines(true);
    this.process = this.machine.spawn();
  }

  /** Lines since the last call. */
  lines(): Line[] {
    return linesOf(this.machine.kernel.events.take());
  }

  /** Touches one byte as a user program does; the lines of that. */
  touch(address: number, write = false): Line[] {
    this.machine.kernel.events.take();
    this.process.touch(address, write);
    return this.lines();
  }

  /** Faults one byte in as KVM and type1 do; the lines of that. */
  fixup(address: number): Line[] {
    this.machine.kernel.events.take();
    this.machine.layers.follow.fixup_user_fault(this.process.mm, address, FAULT_FLAG_REMOTE, true);
    return this.lines();
  }
}

const NO_BAR: Bar = { start: 0, size: 0 };

/** A second device of a machine, with BARs by index. */
export function deviceWith(
  machine: Machine,
  bars: Readonly<Record<number, Bar>>,
  options: Partial<VfioPciOptions> = {},
): VfioPciDevice {
  const { kernel, layers } = machine;
  return createVfioPciDevice(kernel, layers.memory, layers.huge, {
    bdf: '0000:00:06.0',
    bars: [0, 1, 2, 3, 4, 5].map((index) => bars[index] ?? NO_BAR),
    resetWorks: true,
    configSize: 4096,
    now: () => 0,
    ...options,
  });
}

/** Maps a region of a device; the address, or a negative error number. */
export const mapRegion = (
  process: Process,
  device: VfioPciDevice,
  index: number,
  mapping: {
    readonly at: number;
    readonly length: number;
    readonly offset?: number;
    readonly prot?: number;
    readonly shared?: boolean;
  },
): number =>
  process.mmap({
    address: mapping.at,
    length: mapping.length,
    prot: mapping.prot ?? RW,
    shared: mapping.shared ?? true,
    noreserve: true,
    file: device.file,
    offset: index * 2 ** 40 + (mapping.offset ?? 0),
  });
