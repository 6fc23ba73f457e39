// Goal: what a VMM lives through with a BAR of 8 GiB comes out as the specification tells it, DMA maps included. Method: its
// timelines T1 to T9 without the parts of KVM, which @pfnmap/kvm-consumer plays, and the fault counts of C19.
import { EFAULT, formatEvent, type KernelEvent } from '@pfnmap/mm-core';
import {
  computer,
  entryAt,
  forkOf,
  GiB,
  KiB,
  MiB,
  mapBar,
  R,
  RW,
  VA,
  type Wanted,
} from '@pfnmap/testbed';
import { createVfioPciDevice, type VfioPciDevice } from '@pfnmap/vfio-pci';
import { describe, expect, test } from 'vitest';
import type { Machine, Process } from '../src/index.ts';

const IOVA = 0x800000000;
const LINE = /\(,order = (\d+)\) BAR \d page offset (0x[0-9a-f]+): (0x[0-9a-f]+)$/;

interface Vmm {
  readonly machine: Machine;
  readonly process: Process;
  /** Debug lines of the driver since the last call: order, page offset, result. */
  lines(): string[];
  dma(size: number): number;
}

/** A program that has mapped all of BAR 2, on a machine whose driver prints. */
function vmm(wanted: Wanted = {}, length = 8 * GiB): Vmm {
  let now = 0;
  const clock = (): number => {
    now += 10_000;
    return now;
  };
  const machine = computer({ now: clock, ...wanted });
  const process = machine.spawn();
  machine.device.setDebugLines(true);
  expect(mapBar(machine, process, { length })).toBe(VA);
  return {
    machine,
    process,
    lines: () =>
      machine.kernel.events.take().flatMap((event) => {
        const found = LINE.exec(formatEvent(event));
        return found === null ? [] : [found.slice(1).join(' ')];
      }),
    dma: (size) =>
      machine.dma.mapDma(process.mm, { iova: IOVA, vaddr: VA, size, read: true, write: true }),
  };
}

const eightGigabytes = (line: (index: number) => string): string[] =>
  Array.from({ length: 8 }, (_, index) => line(index));
const pudLine = (index: number): string => `18 0x${(index * 0x40000).toString(16)} 0x100`;
const levels = ({ machine, process }: Vmm): string[] =>
  eightGigabytes((index) => {
    const { level, word } = entryAt(machine, process, VA + index * GiB);
    return word === 0n ? 'none' : String(level);
  });

/** Notifier ranges that an action brings about, starts and ends. */
function notified(machine: Machine, action: () => void): string[] {
  const { events } = machine.kernel;
  events.recording = true;
  events.take();
  action();
  events.recording = false;
  const taken: readonly KernelEvent[] = events.take();
  return taken.flatMap((event) =>
    event.kind === 'notifier'
      ? [
          `${event.mm} ${event.phase} ${event.reason} +0x${(event.start - VA).toString(16)} 0x${(event.end - event.start).toString(16)}`,
        ]
      : [],
  );
}

describe('T1: a VMM starts', () => {
  test('6.12.117 looks up each page, 262144 in a GiB, for one IOMMU mapping, and faults once a GiB', () => {
    const own = vmm();
    expect(own.dma(2 * GiB)).toBe(0);
    expect(own.lines()).toEqual([pudLine(0), pudLine(1)]);
    expect(own.machine.dma.counts).toEqual({ lookups: 2 * 262144, iommuMaps: 1 });
    expect(own.process.mm.locked_vm).toBe(0);
    expect(levels(own)).toEqual(['2', '2', ...Array(6).fill('none')]);
  });

  test('7.3 maps 8 GiB with eight lookups', () => {
    const own = vmm({ kernel: '7.3' });
    expect(own.dma(8 * GiB)).toBe(0);
    expect(own.lines()).toEqual(eightGigabytes(pudLine));
    expect(own.machine.dma.counts).toEqual({ lookups: 8, iommuMaps: 1 });
    expect(levels(own)).toEqual(Array(8).fill('2'));
    for (const gigabyte of [0, 5, 7]) {
      const entry = own.machine.dma.domain.lookup(IOVA + gigabyte * GiB);
      expect(entry?.address).toBe(0x200000000 + gigabyte * GiB);
    }
  });

  test('X9: 6.12.0 as well, since a DMA map touches from the base on', () => {
    const own = vmm({ kernel: '6.12' }, GiB);
    expect(own.dma(GiB)).toBe(0);
    expect(own.lines()).toEqual([pudLine(0)]);
  });
});

/** A second device, which can be reset, with the same BAR elsewhere. */
function resettable({ machine }: Vmm): VfioPciDevice {
  const { kernel, layers } = machine;
  const none = { start: 0, size: 0 };
  return createVfioPciDevice(kernel, layers.memory, layers.huge, {
    bdf: '0000:00:06.0',
    bars: [none, none, { start: 0x400000000, size: 8 * GiB }, none, none, none],
    resetWorks: true,
    configSize: 256,
    now: () => 0,
  });
}

describe('T2: the guest resets its device', () => {
  test('eight PUDs go in one notifier range without a split, the IOMMU keeps its mapping', () => {
    const own = vmm({ kernel: '7.3' });
    const { machine, process } = own;
    const device = resettable(own);
    const map = { length: 8 * GiB, prot: RW, shared: true, file: device.file };
    process.munmap(VA, 8 * GiB);
    process.mmap({ address: VA, offset: 2 * 2 ** 40, ...map });
    expect(own.dma(8 * GiB)).toBe(0);
    const { id } = process.mm;
    expect(notified(machine, () => expect(device.reset()).toBe(0))).toEqual([
      `${id} start CLEAR +0x0 0x200000000`,
      `${id} end CLEAR +0x0 0x200000000`,
    ]);
    expect(levels(own)).toEqual(Array(8).fill('none'));
    expect(machine.kernel.events.counts.thp_split_pud).toBe(0);
    expect(machine.dma.domain.lookup(IOVA + 5 * GiB)?.address).toBe(0x400000000 + 5 * GiB);
    process.touch(VA + 5 * GiB, false);
    expect(levels(own)[5]).toBe('2');
  });
});

test('T3: after the guest cleared MEMORY, what faults for it gets EFAULT', () => {
  const own = vmm();
  own.process.touch(VA, false);
  own.machine.device.writeCommand(0);
  own.lines();
  const { fixup_user_fault } = own.machine.layers.follow;
  expect(fixup_user_fault(own.process.mm, VA + 5 * MiB, 0, true).error).toBe(-EFAULT);
  expect(own.lines()).toEqual(['18 0x0 0x2']);
});

test('T4: a BAR of 16 KiB with its MSI-X table has PTEs', () => {
  const own = vmm({ barBytes: 16 * KiB }, 16 * KiB);
  for (let at = 0; at < 16 * KiB; at += 4 * KiB) own.process.touch(VA + at, false);
  const found = [0, 1, 2, 3].map((page) => entryAt(own.machine, own.process, VA + page * 4 * KiB));
  expect(found.map(({ level }) => level)).toEqual([0, 0, 0, 0]);
});

describe('T5, E15: mprotect of 2 MiB inside a GiB', () => {
  const protect = () => {
    const own = vmm();
    for (let index = 0; index < 8; index++) own.process.touch(VA + index * GiB, false);
    const at = VA + 3 * GiB + 64 * MiB;
    const told = notified(own.machine, () => own.process.mprotect(at, 2 * MiB, R));
    own.lines();
    return { own, at, told };
  };

  test('tells of 2 MiB that change, and inside it of the GiB that goes', () => {
    const { own, told } = protect();
    const { id } = own.process.mm;
    expect(told).toEqual([
      `${id} start PROTECTION_VMA +0xc4000000 0x200000`,
      `${id} start CLEAR +0xc0000000 0x40000000`,
      `${id} end CLEAR +0xc0000000 0x40000000`,
      `${id} end PROTECTION_VMA +0xc4000000 0x200000`,
    ]);
  });

  test('leaves three mappings, and 2 MiB entries where the GiB was', () => {
    const { own, at } = protect();
    expect(levels(own)).toEqual(['2', '2', '2', 'none', '2', '2', '2', '2']);
    // The stack is the fourth.
    expect(own.process.mm.map_count).toBe(4);
    own.process.touch(at, false);
    // The leaf would begin 64 MiB below the mapping: the offset wraps at 2^52 pages.
    expect(own.lines()).toEqual(['18 0xfffffffffc000 0x800', '9 0x0 0x100']);
    own.process.touch(at + 2 * MiB, false);
    expect(own.lines()).toEqual(['9 0x0 0x100']);
    const words = [at, at + 2 * MiB].map((each) => entryAt(own.machine, own.process, each).word);
    expect(words.map((word) => word & 0xfffn)).toEqual([0x2b5n, 0x2b7n]);
  });
});

test('T6: after a fork a reset tells of the parent first, then of the child', () => {
  const own = vmm();
  own.process.touch(VA, true);
  const child = forkOf(own.process);
  const told = notified(own.machine, () => own.machine.device.writeCommand(0));
  expect(told).toEqual(
    [own.process, child].flatMap(({ mm }) =>
      ['start', 'end'].map((phase) => `${mm.id} ${phase} CLEAR +0x0 0x200000000`),
    ),
  );
});

test('T7: with the handler of 6.12.0 the touches of a guest are PTEs, for ever', () => {
  const own = vmm({ kernel: '6.12' });
  const { fixup_user_fault } = own.machine.layers.follow;
  for (const at of [0x12345000, 0x2345000, 0x3fffe000]) {
    expect(fixup_user_fault(own.process.mm, VA + at, 1, true).error).toBe(0);
  }
  const page = (at: number): string => `0x${(at / 4096).toString(16)}`;
  expect(own.lines()).toEqual([
    ...['18 0x12345 0x800', '9 0x12345 0x800', '0 0x12345 0x100'],
    ...[`9 ${page(0x2345000)} 0x800`, `0 ${page(0x2345000)} 0x100`],
    ...[`9 ${page(0x3fffe000)} 0x800`, `0 ${page(0x3fffe000)} 0x100`],
  ]);
  expect(fixup_user_fault(own.process.mm, VA, 1, true).error).toBe(0);
  expect(entryAt(own.machine, own.process, VA).level).toBe(1);
});

describe('T8: THP switched to "never"', () => {
  test('6.12.117 maps as if nothing was switched', () => {
    const own = vmm({ thp: 'never', kernel: '6.12.117' }, GiB);
    expect(own.dma(GiB)).toBe(0);
    expect(own.lines()).toEqual([pudLine(0)]);
  });

  test('X10: 6.12.0 maps 262144 PTEs a GiB, in 512 tables and one above them', () => {
    const own = vmm({ thp: 'never', kernel: '6.12' }, GiB);
    const before = own.process.mm.pgtables_bytes;
    own.machine.device.setDebugLines(false);
    expect(own.dma(GiB)).toBe(0);
    const pudTable = 4096;
    expect(own.process.mm.pgtables_bytes - before).toBe(2_101_248 + pudTable);
    expect(own.machine.dma.counts).toEqual({ lookups: 262144, iommuMaps: 1 });
  }, 60_000);
});

test('T9: unmapping DMA leaves the entries of the program', () => {
  const own = vmm({ kernel: '7.3' });
  own.dma(8 * GiB);
  expect(own.machine.dma.unmapDma(IOVA, 8 * GiB)).toBe(0);
  expect(own.machine.dma.domain.entries().size).toBe(0);
  expect(levels(own)).toEqual(Array(8).fill('2'));
});

test('X4: each reading of smaps takes eight PUDs, and DMA does not notice', () => {
  const own = vmm({ kernel: '7.3' });
  own.dma(8 * GiB);
  for (let second = 1; second <= 3; second++) {
    own.process.smaps();
    expect(own.machine.kernel.events.counts.thp_split_pud).toBe(8 * second);
    expect(levels(own)).toEqual(Array(8).fill('none'));
    for (let index = 0; index < 8; index++) own.process.touch(VA + index * GiB, false);
    expect(levels(own)).toEqual(Array(8).fill('2'));
  }
  expect(own.machine.dma.domain.lookup(IOVA)?.size).toBe(GiB);
});

describe('faults are counted once each', () => {
  test('C19-6: five loads in five GiB', () => {
    const own = vmm();
    const { pgfault } = own.machine.kernel.events.counts;
    for (let index = 0; index < 5; index++) own.process.touch(VA + index * GiB, false);
    expect(own.machine.kernel.events.counts.pgfault).toBe(pgfault + 5);
  });

  test('C19-8, M4-3: a store that ends in a PTE asks four times, and is one fault', () => {
    const own = vmm();
    const at = VA + 16 * GiB;
    mapBar(own.machine, own.process, { at, length: 4 * MiB, offset: 4 * KiB });
    const { pgfault } = own.machine.kernel.events.counts;
    own.process.touch(at, true);
    expect(own.lines().map((line) => line.split(' ')[0])).toEqual(['18', '9', '9', '0']);
    expect(own.machine.kernel.events.counts.pgfault).toBe(pgfault + 1);
    expect(own.machine.kernel.events.counts.pgmajfault).toBe(0);
  });

  test('M4-5: a store to a clean entry is none', () => {
    const own = vmm();
    own.process.touch(VA, false);
    const { pgfault } = own.machine.kernel.events.counts;
    own.process.touch(VA, true);
    expect(own.machine.kernel.events.counts.pgfault).toBe(pgfault);
    expect(entryAt(own.machine, own.process, VA).word).toBe(0x80000002000002f7n);
  });
});

test('E10: mlock of a BAR succeeds, and locks nothing', () => {
  const own = vmm();
  own.process.touch(VA, false);
  expect(own.process.mlock(VA, 8 * GiB)).toBe(0);
  expect(own.process.mm.locked_vm).toBe(0);
  expect(own.process.mm.vma_lookup(VA)!.vm_flags & 0x2000).toBe(0);
  expect(levels(own)).toEqual(['2', ...Array(7).fill('none')]);
});
