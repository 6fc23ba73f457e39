// Goal: which entries a mapping gets, and for how many calls of the driver, is what the specification calculates. Method: the
// tables of its sections 24 and R8, every page of each mapping touched in order.

import { computer, GiB, KiB, MiB, mapBar, VA, type Wanted } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const PAGE = 4 * KiB;

interface Outcome {
  readonly PUD: number;
  readonly PMD: number;
  readonly PTE: number;
  /** Calls of the driver by order. */
  readonly calls: Readonly<Record<number, number>>;
}

/** Touches the first byte of every entry as it comes, which faults what a touch of every byte would fault. */
function fullTouch(start: number, length: number, offset: number, wanted: Wanted = {}): Outcome {
  const machine = computer({ ramBytes: 32 * MiB, ...wanted });
  const process = machine.spawn();
  const at = VA + start;
  expect(mapBar(machine, process, { at, length, offset })).toBe(at);
  const calls: Record<number, number> = {};
  machine.watchFaults(({ order }) => {
    calls[order] = (calls[order] ?? 0) + 1;
  });
  const { pt, arch } = machine.kernel;
  const counts = [0, 0, 0];
  for (let address = at; address < at + length; ) {
    process.touch(address, false);
    pt.walk(process.mm, address);
    const { level } = pt.walked;
    counts[level]!++;
    const { size } = arch.geometry.levels[level];
    address = Math.floor(address / size) * size + size;
  }
  return { PUD: counts[2]!, PMD: counts[1]!, PTE: counts[0]!, calls };
}

/** Start modulo 1 GiB, length, offset in the BAR, and how many entries of each size come of it. */
const TABLE = [
  [0, GiB, 0, 1, 0, 0],
  [0, 8 * GiB, 0, 8, 0, 0],
  [2 * MiB, GiB, 2 * MiB, 0, 512, 0],
  [2 * MiB, 2 * GiB, 2 * MiB, 1, 512, 0],
  [0, GiB + PAGE, 0, 1, 0, 1],
  [0, GiB + 2 * MiB + PAGE, 0, 1, 1, 1],
  [0, GiB, 2 * MiB, 0, 512, 0],
  [0, GiB, PAGE, 0, 0, 262144],
  [PAGE, GiB, PAGE, 0, 511, 512],
  [PAGE, 3 * MiB, PAGE, 0, 0, 768],
  [MiB, 3 * MiB, MiB, 0, 1, 256],
  [0, 16 * KiB, 0, 0, 0, 4],
] as const;

describe('24.2: all of a mapping touched, on empty tables', () => {
  test.each(TABLE)(
    'start %d, length %d, BAR offset %d: %d PUD, %d PMD, %d PTE',
    (...row) => {
      const [start, length, offset, PUD, PMD, PTE] = row;
      expect(fullTouch(start, length, offset)).toMatchObject({ PUD, PMD, PTE });
    },
    60_000,
  );
});

describe('24.3: calls of the driver', () => {
  test('one a GiB for PUDs', () => {
    expect(fullTouch(0, 8 * GiB, 0).calls).toEqual({ 18: 8 });
  });

  test('513 a GiB for PMDs', () => {
    expect(fullTouch(0, GiB, 2 * MiB).calls).toEqual({ 18: 1, 9: 512 });
  });

  test('two of order 9 in each 2 MiB of PTEs, and one of order 18 a GiB', () => {
    expect(fullTouch(0, 8 * MiB, PAGE).calls).toEqual({ 18: 1, 9: 8, 0: 2048 });
  });
});

test('X6: around a page at 1 MiB of a BAR of 8 GiB there are PTEs, PMDs, and seven PUDs', () => {
  expect(fullTouch(0, MiB, 0)).toMatchObject({ PUD: 0, PMD: 0, PTE: 256 });
  const after = MiB + PAGE;
  expect(fullTouch(after, 8 * GiB - after, after)).toMatchObject({ PUD: 7, PMD: 511, PTE: 255 });
});

describe('R8: 1 GiB of a BAR, aligned', () => {
  test.each([
    ['x86_64', {}, { PUD: 1, PMD: 0, PTE: 0 }],
    ['arm64 with 4K pages', { arch: 'arm64' }, { PUD: 0, PMD: 512, PTE: 0 }],
    [
      'arm64 with 16K pages',
      { arch: 'arm64', with: ['ARM64_16K_PAGES'], ramBytes: 64 * MiB },
      { PUD: 0, PMD: 32, PTE: 0 },
    ],
    [
      'arm64 with 64K pages',
      { arch: 'arm64', with: ['ARM64_64K_PAGES'], ramBytes: 64 * MiB },
      { PUD: 0, PMD: 2, PTE: 0 },
    ],
  ] as const)('%s', (_name, wanted, expected) => {
    for (const kernel of ['6.12', '6.12.117', '7.3']) {
      expect(fullTouch(0, GiB, 0, { ...wanted, kernel })).toMatchObject(expected);
    }
  });

  test.each([
    ['16K', 11],
    ['64K', 13],
  ])('P18-S4: arm64 with %s pages asks for order %i alone', (pages, order) => {
    const wanted = { arch: 'arm64', with: [`ARM64_${pages}_PAGES`], ramBytes: 64 * MiB } as const;
    expect(Object.keys(fullTouch(0, GiB, 0, wanted).calls)).toEqual([String(order)]);
  });
});
