// Memory failure of frames without struct pages: what kernels do, and EXPERIMENT_MEMORY_FAILURE_UNMAP.
import { EBUSY, ENXIO, EOPNOTSUPP } from '@pfnmap/mm-core';
import { BarProcess, GiB, KiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const BAR_PFN = 0x200000;

/** A program with 1 GiB of the BAR mapped by one leaf. */
function mapped(kernel: string, symbols: readonly string[] = []): BarProcess {
  const bar = new BarProcess({ kernel, with: symbols });
  bar.map(GiB);
  bar.touch();
  bar.log();
  return bar;
}
const spaceOf = (bar: BarProcess, first: number, last: number) => ({
  first,
  last,
  mapping: bar.machine.device.file.f_mapping,
  pgoffOf: (pfn: number) => (2 * 2 ** 40) / (4 * KiB) + pfn - BAR_PFN,
  failed: () => {},
});

test('M20-1: 6.12.117 says that the memory is not its own, and does nothing', () => {
  const bar = mapped('6.12.117');
  expect(bar.memory.memory_failure(BAR_PFN)).toBe(-ENXIO);
  expect(bar.log()).toEqual(['Memory failure: 0x200000: memory outside kernel control']);
  expect(bar.entry()).toBe('pud 0x80000002000002b7');
  expect(bar.memory.register_pfn_address_space(spaceOf(bar, 0, 1))).toBe(-EOPNOTSUPP);
});

describe('7.3', () => {
  test('M20-2: nobody registered: -EBUSY', () => {
    const bar = mapped('7.3');
    expect(bar.memory.memory_failure(BAR_PFN)).toBe(-EBUSY);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });
  test('M20-2: registered: every process that maps the page gets SIGBUS, and the entry stays', () => {
    const bar = mapped('7.3');
    bar.process.fork();
    const { events } = bar.machine.kernel;
    expect(bar.memory.register_pfn_address_space(spaceOf(bar, BAR_PFN, BAR_PFN + 99))).toBe(0);
    events.recording = true;
    expect(bar.memory.memory_failure(BAR_PFN + 3)).toBe(0);
    const signals = events.take().filter(({ kind }) => kind === 'signal');
    const each = { kind: 'signal', signal: 7, address: VA + 12 * KiB };
    expect(signals).toEqual([
      { ...each, mm: 1 },
      { ...each, mm: 2 },
    ]);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });
  test('M20-2: registered, but mapped by nobody: 0', () => {
    const bar = mapped('7.3');
    bar.memory.register_pfn_address_space(spaceOf(bar, BAR_PFN, BAR_PFN + 2 ** 19));
    expect(bar.memory.memory_failure(BAR_PFN + 2 ** 18)).toBe(0);
  });
  test('M20-3: ranges that overlap are refused', () => {
    const bar = mapped('7.3');
    const register = (first: number, end: number) =>
      bar.memory.register_pfn_address_space(spaceOf(bar, first, end - 1));
    expect([register(10, 20), register(15, 30), register(20, 30)]).toEqual([0, -EBUSY, 0]);
  });
  test('without MEMORY_FAILURE nothing of it is there', () => {
    const bar = new BarProcess({ kernel: '7.3', without: ['MEMORY_FAILURE'] });
    expect(bar.memory.memory_failure(BAR_PFN)).toBe(-EOPNOTSUPP);
    expect(bar.memory.register_pfn_address_space(spaceOf(bar, 0, 1))).toBe(-EOPNOTSUPP);
  });
});

describe('EXPERIMENT_MEMORY_FAILURE_UNMAP', () => {
  const failing = () => {
    const bar = mapped('7.3', ['EXPERIMENT_SPLIT_LEAVES', 'EXPERIMENT_MEMORY_FAILURE_UNMAP']);
    expect(bar.memory.memory_failure(BAR_PFN + 1)).toBe(0);
    return bar;
  };
  test('the page is lost, its 262143 neighbours are not', () => {
    const bar = failing();
    expect(bar.mapped(VA, VA + GiB)).toEqual([0, 511, 511]);
    expect(bar.touch(VA)).toEqual([]);
    expect(bar.touch(VA + 4 * KiB)).toEqual(['order=0 0x10', 'signal 7']);
  });
  test('every process that maps it loses it', () => {
    const bar = failing();
    const child = bar.process.fork();
    if (typeof child === 'number') throw new Error('no child');
    expect(bar.memory.memory_failure(BAR_PFN + 2)).toBe(0);
    expect([child.touch(VA + 8 * KiB, false), bar.process.touch(VA + 8 * KiB, false)]).toEqual([
      7, 7,
    ]);
    expect(child.touch(VA + 12 * KiB, false)).toBe(0);
  });
  test('after a zap of all, leaves come back around the page: 2 MiB and 4 KiB, never 1 GiB', () => {
    const bar = failing();
    bar.process.munmap(VA, GiB);
    bar.map(2 * GiB);
    expect(bar.touch(VA + 512 * MiB)).toEqual(['order=18 0x800', 'order=9 0x100']);
    expect(bar.touch(VA)).toEqual(['order=9 0x800', 'order=9 0x800', 'order=0 0x100']);
    expect(bar.touch(VA + GiB)).toEqual(['order=18 0x100']);
  });
});
