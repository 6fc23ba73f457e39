// Goal: a lookup finds what patch 13 and the batches of 6.15 let it find, and what it finds does not depend on the sizes of the
// entries. Method: scenarios P13, C7-7, C7-8 and C19 of the specification, and its checks Q2, Q3 and Q7 on random mappings.

import type { Machine, Process } from '@pfnmap/machine';
import { EFAULT, EINVAL } from '@pfnmap/mm-core';
import { computer, entryAt, GiB, KiB, MiB, mapBar, R, VA, type Wanted } from '@pfnmap/testbed';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVaddrGetPfns } from '../src/vaddr-get-pfns.ts';

const PAGE = 4 * KiB;
const IOVA = 32 * GiB;

function withBar(length: number, wanted: Wanted = {}, prot = 3) {
  const machine = computer(wanted);
  const process = machine.spawn();
  expect(mapBar(machine, process, { length, prot })).toBe(VA);
  const orders: number[] = [];
  machine.watchFaults(({ order }) => orders.push(order));
  return { machine, process, orders };
}
const dma = (machine: Machine, process: Process, size: number, write = true, vaddr = VA): number =>
  machine.dma.mapDma(process.mm, { iova: IOVA, vaddr, size, read: true, write });

describe('P13-S1, Q14: 128 MiB in 64 PMDs', () => {
  const BAR = { barStart: 0xc0000000, barBytes: 128 * MiB };
  const mapped = (wanted: Wanted) => {
    const { machine, process } = withBar(128 * MiB, { ...BAR, ...wanted });
    for (let at = 0; at < 128 * MiB; at += 2 * MiB) process.touch(VA + at, false);
    return { machine, result: () => dma(machine, process, 128 * MiB) };
  };
  const BEFORE = { reverted: ['SERIES_PATCH_13', 'SERIES_PATCH_16'] };

  test('before patch 13 they are not found', () => {
    const { machine, result } = mapped(BEFORE);
    expect(result()).toBe(-EINVAL);
    expect(machine.dma.domain.entries().size).toBe(0);
  });

  test('before patch 13 they are a bug with DEBUG_VM', () => {
    expect(mapped({ ...BEFORE, with: ['DEBUG_VM'] }).result).toThrow('a PMD leaf');
  });

  test('with patch 13 they are one range, found by 32768 lookups', () => {
    const { machine, result } = mapped({});
    expect(result()).toBe(0);
    expect(machine.dma.counts).toEqual({ lookups: 32768, iommuMaps: 1 });
  });
});

describe('13.6: what one lookup gives', () => {
  const lookUp = (machine: Machine, batchesByLeaf: boolean) =>
    createVaddrGetPfns(
      machine.kernel,
      { usesPfnmap: true, batchesByLeaf, looksAgain: false },
      machine.layers.gup,
      machine.layers.follow,
    );

  test('P13-S2: from the middle of a PMD to its end', () => {
    const { machine, process } = withBar(16 * MiB, { kernel: '7.3', barStart: 0x400000000 });
    const found = lookUp(machine, true)(process.mm, VA + 0x123 * PAGE, 1000, true);
    expect(found).toEqual([{ pfn: 0x400123, pages: 0xdd, reserved: true }]);
  });

  test('P13-S3: a PUD, of 8 GiB that are asked for', () => {
    const { machine, process } = withBar(8 * GiB, { kernel: '7.3', barStart: 0x4000000000 });
    const found = lookUp(machine, true)(process.mm, VA, 2097152, true);
    expect(found).toEqual([{ pfn: 0x4000000, pages: 262144, reserved: true }]);
    expect(dma(machine, process, 8 * GiB)).toBe(0);
    expect(machine.dma.counts.lookups).toBe(8);
  });

  test('no more than was asked for', () => {
    const { machine, process } = withBar(GiB, { kernel: '7.3' });
    const found = lookUp(machine, true)(process.mm, VA, 3, false);
    expect(found).toEqual([{ pfn: 0x200000, pages: 3, reserved: true }]);
  });

  test('7.8: one page before 6.15', () => {
    const { machine, process } = withBar(GiB);
    const found = lookUp(machine, false)(process.mm, VA + 5 * PAGE, 512, true);
    expect(found).toEqual([{ pfn: 0x200005, pages: 1, reserved: true }]);
  });

  test('7.4: pages of private memory are pinned one by one, and are not reserved', () => {
    const machine = computer();
    const process = machine.spawn();
    const anonymous = { prot: 3, shared: false, file: null, offset: 0 };
    process.mmap({ address: VA, length: 16 * KiB, ...anonymous });
    const found = lookUp(machine, true)(process.mm, VA, 4, true);
    expect(found).toHaveLength(4);
    expect(found).toMatchObject(Array(4).fill({ pages: 1, reserved: false }));
  });

  test('where nothing is mapped the error is that of the pin', () => {
    const machine = computer();
    expect(lookUp(machine, true)(machine.spawn().mm, VA, 4, true)).toBe(-EFAULT);
  });
});

describe('P13-S5, C7-7: a PFN mapping of RAM', () => {
  test('is EFAULT, since somebody may own its pages', () => {
    const machine = computer();
    const process = machine.spawn();
    machine.pfnlab.configure({ pfn: 0x20, pages: 4, mode: 'remap', maxorder: 0 });
    const { file } = machine.pfnlab;
    process.mmap({ address: VA, length: 16 * KiB, prot: 3, shared: true, file, offset: 0 });
    expect(dma(machine, process, 16 * KiB)).toBe(-EFAULT);
  });
});

describe('entries that are there but too weak are not faulted in again', () => {
  test.each([
    ['PUD', GiB],
    ['PMD', 2 * MiB],
    ['PTE', 16 * KiB],
  ])('P13-S4, C19-3: a %s that may not be written', (_name, length) => {
    const { machine, process, orders } = withBar(length);
    for (let at = 0; at < Math.min(length, 16 * KiB); at += PAGE) process.touch(VA + at, false);
    process.mprotect(VA, length, R);
    orders.length = 0;
    expect(dma(machine, process, Math.min(length, 2 * MiB))).toBe(-EFAULT);
    expect(orders).toEqual([]);
    expect(dma(machine, process, Math.min(length, 2 * MiB), false)).toBe(0);
  });

  test('C19-5: a writer over an empty read-only mapping is refused before the driver is asked', () => {
    const { machine, process, orders } = withBar(GiB, {}, R);
    expect(dma(machine, process, GiB)).toBe(-EFAULT);
    expect(orders).toEqual([]);
  });

  test.each(['6.12.117', '7.3'])('C7-8: %s refuses a PUD without access to everybody', (kernel) => {
    const { machine, process } = withBar(GiB, { kernel });
    process.touch(VA, false);
    process.mprotect(VA, GiB, 0);
    expect(dma(machine, process, 2 * MiB, false)).toBe(-EFAULT);
    expect(dma(machine, process, 2 * MiB)).toBe(-EFAULT);
  });

  test('P09.5: 6.12.0 still found such a PUD, for reading', () => {
    const { machine, process } = withBar(GiB, { kernel: '6.12' });
    process.touch(VA, false);
    process.mprotect(VA, GiB, 0);
    expect(dma(machine, process, 2 * MiB)).toBe(-EFAULT);
    expect(dma(machine, process, 2 * MiB, false)).toBe(0);
  });
});

test('C19-7: a map of 8 GiB is eight faults', () => {
  const { machine, process, orders } = withBar(8 * GiB, { kernel: '7.3' });
  const { pgfault } = machine.kernel.events.counts;
  expect(dma(machine, process, 8 * GiB)).toBe(0);
  expect(machine.kernel.events.counts.pgfault - pgfault).toBe(8);
  expect(orders).toEqual(Array(8).fill(18));
});

const seed = 0x13190222;
test(`Q2, Q3, Q7: what is mapped for DMA does not depend on the entries, what it costs does (seed ${seed})`, () => {
  const cases = fc.record({
    phase: fc.constantFrom(0, PAGE, MiB, 2 * MiB),
    offset: fc.constantFrom(0, PAGE, MiB, 2 * MiB),
    pages: fc.integer({ min: 1, max: 1600 }),
    skip: fc.nat(600),
    touches: fc.array(fc.nat(2047), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(cases, ({ phase, offset, pages, skip, touches }) => {
      const results = ['6.12.117', '7.3'].map((kernel) => {
        const machine = computer({ kernel });
        const process = machine.spawn();
        const at = VA + phase;
        mapBar(machine, process, { at, length: 2300 * PAGE, offset });
        for (const page of touches) process.touch(at + page * PAGE, false);
        const vaddr = at + skip * PAGE;
        expect(dma(machine, process, pages * PAGE, true, vaddr)).toBe(0);
        expect(process.mm.locked_vm).toBe(0);
        const segments = new Set<number>();
        const frames: (number | undefined)[] = [];
        for (let page = 0; page < pages; page++) {
          const address = vaddr + page * PAGE;
          const { level } = entryAt(machine, process, address);
          const { size } = machine.kernel.arch.geometry.levels[level as 0 | 1 | 2];
          segments.add(Math.floor(address / size) * size);
          const entry = machine.dma.domain.lookup(IOVA + page * PAGE);
          frames.push(entry && entry.address + (IOVA + page * PAGE - entry.iova));
        }
        const { lookups, iommuMaps } = machine.dma.counts;
        expect(lookups).toBe(kernel === '7.3' ? segments.size : pages);
        return { frames, iommuMaps, entries: machine.dma.domain.entries() };
      });
      expect(results[0]).toEqual(results[1]);
      const first = 0x200000000 + offset + skip * PAGE;
      expect(results[0]!.frames).toEqual(
        Array.from({ length: pages }, (_, page) => first + page * PAGE),
      );
      expect(results[0]!.iommuMaps).toBe(1);
    }),
    { seed, numRuns: 15 },
  );
});
