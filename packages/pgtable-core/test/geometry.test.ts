// Goal: the levels of every page size and address width are those of Linux. Method: the table of page sizes, then the laws
// that every table of 8-byte entries obeys, on all combinations.
import {
  alignDown,
  alignUp,
  createGeometry,
  isAligned,
  LEVEL_NAMES,
  levelOfName,
  PGTABLE_LEVEL_P4D,
  PGTABLE_LEVEL_PGD,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
} from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;

// [page shift, address bits, levels, PMD shift, PMD size, PUD shift, PUD size]; 0 where the level does not exist.
const LINUX: ReadonlyArray<readonly [number, number, number, number, number, number, number]> = [
  [12, 48, 4, 21, 2 * MiB, 30, GiB],
  [12, 57, 5, 21, 2 * MiB, 30, GiB],
  [12, 39, 3, 21, 2 * MiB, 0, 0],
  [12, 52, 5, 21, 2 * MiB, 30, GiB],
  [14, 48, 4, 25, 32 * MiB, 36, 64 * GiB],
  [14, 47, 3, 25, 32 * MiB, 0, 0],
  [14, 36, 2, 0, 0, 0, 0],
  [16, 48, 3, 29, 512 * MiB, 0, 0],
  [16, 52, 3, 29, 512 * MiB, 0, 0],
  [16, 42, 2, 0, 0, 0, 0],
];

test.each(LINUX)(
  'pages of 2^%i bytes, %i address bits and %i levels: PMD_SHIFT %i (%i bytes), PUD_SHIFT %i (%i bytes)',
  (pageShift, vaBits, levels, pmdShift, pmdSize, pudShift, pudSize) => {
    const geometry = createGeometry({ pageShift, vaBits, levels });
    const [pte, pmd, pud] = geometry.levels;
    expect([pte.shift, pte.size, pte.order, pte.folded]).toEqual([
      pageShift,
      2 ** pageShift,
      0,
      false,
    ]);
    if (pmdShift === 0) expect(pmd.folded).toBe(true);
    else
      expect([pmd.shift, pmd.size, pmd.order]).toEqual([pmdShift, pmdSize, pmdShift - pageShift]);
    if (pudShift === 0) expect(pud.folded).toBe(true);
    else
      expect([pud.shift, pud.size, pud.order]).toEqual([pudShift, pudSize, pudShift - pageShift]);
  },
);

test('a table of 64 KiB pages whose PUD is not folded spans 4 TiB an entry, order 26', () => {
  const [, , pud] = createGeometry({ pageShift: 16, vaBits: 56, levels: 4 }).levels;
  expect([pud.shift, pud.size, pud.order]).toEqual([42, 4 * TiB, 26]);
});

const SHAPES = [12, 14, 16].flatMap((pageShift) =>
  [2, 3, 4, 5].flatMap((levels) => {
    const perLevel = pageShift - 3;
    const top = pageShift + perLevel * (levels - 1);
    // From one bit in the top table to a whole page of it, as far as numbers are exact.
    return Array.from({ length: perLevel }, (_, bit) => top + 1 + bit)
      .filter((vaBits) => vaBits <= 64)
      .map((vaBits) => ({ pageShift, levels, vaBits }));
  }),
);

describe('every geometry', () => {
  test.each([12, 14, 16])('there are shapes with pages of 2^%i bytes to test', (pageShift) => {
    expect(SHAPES.filter((shape) => shape.pageShift === pageShift).length).toBeGreaterThan(30);
  });

  test('has as many levels as were asked for, the PTE and the PGD among them', () => {
    for (const shape of SHAPES) {
      const { levels } = createGeometry(shape);
      expect(levels.filter(({ folded }) => !folded)).toHaveLength(shape.levels);
      expect(levels[PGTABLE_LEVEL_PTE].folded).toBe(false);
      expect(levels[PGTABLE_LEVEL_PGD].folded).toBe(false);
    }
  });

  test('folds the levels below the PGD first: the P4D, then the PUD, then the PMD', () => {
    for (const shape of SHAPES) {
      const { levels } = createGeometry(shape);
      const folded = [PGTABLE_LEVEL_P4D, PGTABLE_LEVEL_PUD, PGTABLE_LEVEL_PMD] as const;
      expect(folded.map((level) => levels[level].folded)).toEqual(
        [5, 4, 3].map((needed) => shape.levels < needed),
      );
    }
  });

  test('spans with an entry what the table below spans as a whole', () => {
    for (const shape of SHAPES) {
      const existing = createGeometry(shape).levels.filter(({ folded }) => !folded);
      for (const [index, level] of existing.slice(1).entries()) {
        const below = existing[index]!;
        expect(level.size).toBe(below.size * below.entries);
      }
    }
  });

  test('covers exactly the address width with its top table', () => {
    for (const shape of SHAPES) {
      const { levels, vaBits } = createGeometry(shape);
      const { shift, entries } = levels[PGTABLE_LEVEL_PGD];
      expect(shift + Math.log2(entries)).toBe(vaBits);
    }
  });

  test('fills a page with a table below the top, and gives a folded level one entry', () => {
    for (const shape of SHAPES) {
      const { levels, pageSize } = createGeometry(shape);
      for (const { level, entries, folded } of levels) {
        if (level === PGTABLE_LEVEL_PGD) continue;
        expect(entries * (folded ? pageSize : 8)).toBe(pageSize);
      }
    }
  });

  test('gives a folded level the shift of the PGD, so that an address always has index 0 in it', () => {
    for (const shape of SHAPES) {
      const { levels } = createGeometry(shape);
      const top = levels[PGTABLE_LEVEL_PGD];
      for (const level of levels) if (level.folded) expect(level.shift).toBe(top.shift);
    }
  });

  test('agrees with itself about shift, size and order', () => {
    for (const shape of SHAPES) {
      const { levels, pageShift, pageSize } = createGeometry(shape);
      expect(pageSize).toBe(2 ** pageShift);
      for (const [index, { level, shift, size, order }] of levels.entries()) {
        expect(level).toBe(index);
        expect([size, order]).toEqual([2 ** shift, shift - pageShift]);
      }
    }
  });

  test('is frozen', () => {
    const geometry = createGeometry({ pageShift: 12, vaBits: 48, levels: 4 });
    expect(Object.isFrozen(geometry) && Object.isFrozen(geometry.levels)).toBe(true);
  });
});

test('the top table may be larger than the address width needs', () => {
  const { levels } = createGeometry({ pageShift: 16, vaBits: 48, levels: 3, pgdEntries: 1024 });
  expect(levels[PGTABLE_LEVEL_PGD].entries).toBe(1024);
});

test.each([
  [{ pageShift: 12, vaBits: 39, levels: 4 }, /4 levels of 4096 bytes covers 39 address bits/],
  [{ pageShift: 12, vaBits: 48, levels: 1 }, /1 levels/],
  [{ pageShift: 12, vaBits: 64, levels: 6 }, /6 levels/],
  [{ pageShift: 16, vaBits: 29, levels: 2 }, /2 levels of 65536 bytes covers 29 address bits/],
])('levels that cannot cover the address width are refused: %o', (options, message) => {
  expect(() => createGeometry(options)).toThrow(message);
  expect(() => createGeometry(options)).toThrow(RangeError);
});

test('the level of every name is found, and of no other', () => {
  expect(LEVEL_NAMES.map((name) => levelOfName(name))).toEqual([0, 1, 2, 3, 4]);
  expect(['PTE', 'page', ''].map((name) => levelOfName(name))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('rounding agrees with 64-bit integers up to 2^53', () => {
  const seed = 1;
  const value = fc.maxSafeNat();
  const shift = fc.integer({ min: 0, max: 48 });
  const roundsAsBigints = fc.property(value, shift, (number, bits) => {
    const size = 2n ** BigInt(bits);
    const down = (BigInt(number) / size) * size;
    const up = ((BigInt(number) + size - 1n) / size) * size;
    expect(BigInt(alignDown(number, 2 ** bits))).toBe(down);
    if (up < 2n ** 53n) expect(BigInt(alignUp(number, 2 ** bits))).toBe(up);
    expect(isAligned(number, 2 ** bits)).toBe(down === BigInt(number));
  });
  fc.assert(roundsAsBigints, { seed, numRuns: 2000 });
});

test.each([
  [0, KiB, 0, 0, true],
  [1, KiB, 0, KiB, false],
  [KiB, KiB, KiB, KiB, true],
  [3 * GiB + 1, GiB, 3 * GiB, 4 * GiB, false],
  [2 ** 47 - 1, 2 * MiB, 2 ** 47 - 2 * MiB, 2 ** 47, false],
])('%i rounded by %i is %i and %i; a multiple: %s', (value, size, down, up, multiple) => {
  expect([alignDown(value, size), alignUp(value, size), isAligned(value, size)]).toEqual([
    down,
    up,
    multiple,
  ]);
});
