// Where mmap() puts what names no address: today's rules as 6.12.117 showed them, and EXPERIMENT_MAPPING_ORDER.
import { ENOMEM } from '@pfnmap/mm-core';
import { BarProcess, GiB, KiB, MiB, RW, type Wanted } from '@pfnmap/testbed';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const BAR2 = 2 * 2 ** 40;

/** Maps part of BAR 2, or anonymous memory, where the kernel likes: the address. */
function chosen(bar: BarProcess, length: number, offset: number | 'anonymous' = 0): number {
  const request = { length, prot: RW, shared: offset !== 'anonymous' };
  return bar.process.mmap(
    offset === 'anonymous'
      ? { ...request, file: null, offset: 0 }
      : { ...request, file: bar.machine.device.file, offset: BAR2 + offset },
  );
}
const bar = (kernel: string, more: Wanted = {}) => new BarProcess({ kernel, ...more });
const asking = (more: Wanted = {}) => bar('7.3', { with: ['EXPERIMENT_MAPPING_ORDER'], ...more });

describe('6.12.117 agrees with the file modulo 2 MiB', () => {
  test.each([
    ['128 MiB', 128 * MiB, 0, 0],
    ['8 GiB', 8 * GiB, 0, 0],
    ['from an offset of a page on', 128 * MiB, 4 * KiB, 4 * KiB],
  ])('%s', (_title, length, offset, phase) => {
    expect(chosen(bar('6.12.117'), length, offset) % (2 * MiB)).toBe(phase);
  });
  test('but not for a length that is not one of whole 2 MiB', () => {
    expect(chosen(bar('6.12.117'), 2 * MiB + 4 * KiB) % (2 * MiB)).not.toBe(0);
  });
  test('nor without THP', () => {
    const without = bar('6.12.117', { without: ['TRANSPARENT_HUGEPAGE'] });
    expect(chosen(without, 128 * MiB) % (2 * MiB)).not.toBe(0);
  });
});

test('7.3 has the rule for anonymous memory only', () => {
  expect(chosen(bar('7.3'), 8 * GiB) % (2 * MiB)).not.toBe(0);
  expect(chosen(bar('7.3'), 4 * MiB, 'anonymous') % (2 * MiB)).toBe(0);
});

describe('a driver that is asked', () => {
  test.each([
    ['8 GiB', 8 * GiB, 0, GiB, 0],
    ['1 GiB from 2 MiB of the BAR on', GiB, 2 * MiB, GiB, 2 * MiB],
    ['less than 1 GiB', 512 * MiB, 0, 2 * MiB, 0],
    ['2 MiB and a page', 2 * MiB + 4 * KiB, 0, 2 * MiB, 0],
  ])('gets %s aligned', (_title, length, offset, size, phase) => {
    expect(chosen(asking(), length, offset) % size).toBe(phase);
  });
  test('asks for no more than its BAR is aligned to', () => {
    const small = asking({ barBytes: 256 * MiB });
    expect(chosen(small, 256 * MiB) % GiB).not.toBe(0);
    expect(chosen(small, 256 * MiB) % (2 * MiB)).toBe(0);
  });
  test('asks for nothing less than 2 MiB', () => {
    expect(chosen(asking(), MiB)).toBe(chosen(bar('7.3'), MiB));
  });
  test('asks for 2 MiB on arm64, and for 1 GiB where that exists', () => {
    const arm = { arch: 'arm64' } as const;
    expect(chosen(asking(arm), 8 * GiB) % GiB).not.toBe(0);
    const both = ['EXPERIMENT_MAPPING_ORDER', 'EXPERIMENT_ARM64_PUD_PFNMAP'];
    expect(chosen(bar('7.3', { ...arm, with: both }), 8 * GiB) % GiB).toBe(0);
  });
  test('makes 8 GiB take 8 faults wherever chance puts the start', () => {
    const seed = { seed: 20251204, numRuns: 30 };
    const property = fc.property(fc.nat(2 ** 28 - 1), (mmapRandomPages) => {
      const program = asking({ mmapRandomPages });
      const at = chosen(program, 8 * GiB);
      expect(program.touchAll(at, at + 8 * GiB, 64 * MiB)).toHaveLength(8);
    });
    fc.assert(property, seed);
  });
});

test('whatever is asked, ranges lie apart and below mmap_base', () => {
  const length = fc.integer({ min: 1, max: 3000 }).map((pages) => pages * 4 * KiB);
  const lengths = fc.array(length, { maxLength: 12 });
  const property = fc.property(lengths, fc.nat(2 ** 28 - 1), (asked, mmapRandomPages) => {
    const program = bar('6.12.117', { mmapRandomPages });
    const { mm } = program.process;
    const ranges = asked.map((each) => ({ at: chosen(program, each), each }));
    ranges.sort((a, b) => a.at - b.at);
    for (const [index, { at, each }] of ranges.entries()) {
      expect(at + each).toBeLessThanOrEqual(ranges[index + 1]?.at ?? mm.mmap_base);
    }
  });
  fc.assert(property, { seed: 612117, numRuns: 50 });
});

describe('when little is free', () => {
  test('a hole is used again', () => {
    const program = bar('7.3');
    const [first, second] = [chosen(program, MiB), chosen(program, MiB)];
    program.process.munmap(first, MiB);
    expect(chosen(program, MiB)).toBe(first);
    expect(second).toBe(first - MiB);
  });
  test('alignment gives way where no aligned range is free', () => {
    const program = asking();
    program.process.mm.mmap_base = GiB + 512 * MiB;
    expect(chosen(program, GiB)).toBe(512 * MiB);
  });
  test('and then nothing is left', () => {
    const program = asking();
    program.process.mm.mmap_base = GiB;
    expect(chosen(program, GiB)).toBe(-ENOMEM);
  });
});

test('a child goes on where its parent was', () => {
  const program = bar('7.3');
  const at = chosen(program, MiB);
  const child = program.process.fork();
  if (typeof child === 'number') throw new Error('no child');
  expect(child.mm.mmap_base).toBe(program.process.mm.mmap_base);
  const next = child.mmap({ length: MiB, prot: RW, shared: false, file: null, offset: 0 });
  expect(next).toBe(at - MiB);
});
