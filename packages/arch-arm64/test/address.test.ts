// Goal: addresses lie where Linux puts them, and no bit of any entry is lost. Method: the formulas of the kernels on
// 64-bit integers, restated, against the codec, for random words and addresses.

import { encodeEntry, PGTABLE_LEVEL_PTE, splitEntry, wordAt } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arm64, type Build, BY_GRANULE } from './kernels.ts';

const SEED = 0x61726d36;
const LOW: Readonly<Record<number, bigint>> = {
  12: 0x0003fffffffff000n,
  14: 0x0003ffffffffc000n,
  16: 0x0003ffffffff0000n,
};
const SPLIT_MASK = 0x0003ffffffffff00n;

interface Formula {
  readonly encode: (pa: bigint, low: bigint) => bigint;
  readonly decode: (word: bigint, low: bigint) => bigint;
}

const flat: Formula = { encode: (pa) => pa, decode: (word, low) => word & low };
const splitEncode = (pa: bigint): bigint => (pa | (pa >> 42n)) & SPLIT_MASK;

const LAYOUTS: ReadonlyArray<readonly [string, Build, Formula]> = [
  ['4K pages, 48 bits', {}, flat],
  ['16K pages, 48 bits', { page: '16K' }, flat],
  ['64K pages, 48 bits', { page: '64K' }, flat],
  [
    '4K pages, LPA2',
    BY_GRANULE.L4 as Build,
    { encode: splitEncode, decode: (word, low) => (word & low) | ((word & 0x300n) << 42n) },
  ],
  [
    '16K pages, LPA2',
    BY_GRANULE.L16x as Build,
    { encode: splitEncode, decode: (word, low) => (word & low) | ((word & 0x300n) << 42n) },
  ],
  ['4K pages, LPA2 unused', BY_GRANULE.L4n as Build, { encode: splitEncode, decode: flat.decode }],
  [
    '64K pages, LPA',
    BY_GRANULE.L64 as Build,
    {
      encode: (pa, low) => (pa | (pa >> 36n)) & (low | 0xf000n),
      decode: (word, low) => (word & low) | ((word & 0xf000n) << 36n),
    },
  ],
];

const words = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe.each(LAYOUTS)('%s', (_name, build, formula) => {
  const arch = arm64(build);
  const shift = arch.geometry.pageShift;
  const low = LOW[shift] as bigint;

  test('an entry of any bits is put together again as it was', () => {
    fc.assert(
      fc.property(words, (word) => {
        const { pfn, prot } = splitEntry(arch, PGTABLE_LEVEL_PTE, word);
        expect(encodeEntry(arch, PGTABLE_LEVEL_PTE, pfn, prot)).toBe(word);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  test('write() stores what lo and hi say', () => {
    const lanes = new Int32Array(4);
    fc.assert(
      fc.property(words, (word) => {
        const { pfn, prot } = splitEntry(arch, PGTABLE_LEVEL_PTE, word);
        arch.codec.write(lanes, 2, PGTABLE_LEVEL_PTE, pfn, prot);
        expect(wordAt(lanes, 2)).toBe(word);
        expect(wordAt(lanes, 0)).toBe(0n);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  test('the frame number of any word is the decoded address', () => {
    fc.assert(
      fc.property(words, (word) => {
        const { pfn } = splitEntry(arch, PGTABLE_LEVEL_PTE, word);
        expect(BigInt(pfn)).toBe(formula.decode(word, low) >> BigInt(shift));
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  test('an entry of any frame that the address width allows is its encoded address', () => {
    const frames = fc.integer({ min: 0, max: 2 ** (arch.physicalAddressBits - shift) - 1 });
    fc.assert(
      fc.property(frames, (pfn) => {
        const pa = BigInt(pfn) << BigInt(shift);
        expect(encodeEntry(arch, PGTABLE_LEVEL_PTE, pfn, 0)).toBe(formula.encode(pa, low));
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  test('the protection is every bit that the encoded address does not explain', () => {
    fc.assert(
      fc.property(words, (word) => {
        const { prot } = splitEntry(arch, PGTABLE_LEVEL_PTE, word);
        expect(arch.pgprot_val(prot)).toBe(formula.encode(formula.decode(word, low), low) ^ word);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  test('protOf() drops address bits and pgprot_val() gives the rest back', () => {
    const bits = arch.pgprot_val(arch.protOf(2n ** 64n - 1n));
    expect(bits & low).toBe(0n);
    fc.assert(
      fc.property(words, (word) => {
        expect(arch.pgprot_val(arch.protOf(word))).toBe(word & bits);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

test('64K pages with PA[49:48] set hold those bits twice', () => {
  const arch = arm64(BY_GRANULE.L64);
  expect(encodeEntry(arch, PGTABLE_LEVEL_PTE, 0x3_0000_0001, 0)).toBe(0x0003000000013000n);
});

test('SH is address while LPA2 is active and protection while it is not', () => {
  const word = 0x0168000040001fcfn;
  expect(splitEntry(arm64(BY_GRANULE.L4), PGTABLE_LEVEL_PTE, word).pfn).toBe(0xc000040001);
  expect(splitEntry(arm64(BY_GRANULE.L4n), PGTABLE_LEVEL_PTE, word).pfn).toBe(0x40001);
});

test('pfn_leaf() keeps a misaligned frame, pmd_pfn() and pud_pfn() cut it off', () => {
  const arch = arm64();
  expect(arch.pfn_leaf(1, 0x12345)).toBe(0x12345);
  expect(arch.pmd_pfn(0x12345)).toBe(0x12200);
  expect(arch.pud_pfn(0x123456)).toBe(0x100000);
  expect(arch.pmd_pfn(0xffffffffff)).toBe(0xfffffffe00);
});
