// Goal: entries in memory and in registers are the same entries. Method: the inversion rules case by case, and random words
// and register pairs with a fixed seed, which must survive the round trip.
import { encodeEntry, type PgtableLevel, splitEntry } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changed } from './entry-words.ts';
import { archOf } from './fake-config.ts';
import { hex } from './vector-rows.ts';

const SEED = 0x78383663;
const LEVELS: readonly PgtableLevel[] = [0, 1, 2, 3, 4];
const arch = archOf();
const FIELD = 0x000ffffffffff000n;

const wordArbitrary = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 0xfffn }), fc.bigInt({ min: 0n, max: 2n ** 40n - 1n }))
    .map(([flags, pfn]) => flags | (pfn << 12n)),
);

test('every word with a flag is written back as it was read', () => {
  fc.assert(
    fc.property(fc.constantFrom(...LEVELS), wordArbitrary, (level, word) => {
      const { pfn, prot } = splitEntry(arch, level, word);
      expect(hex(encodeEntry(arch, level, pfn, prot))).toBe(
        hex(level < 3 && word === FIELD ? 0n : word),
      );
    }),
    { seed: SEED, numRuns: 20000 },
  );
});

test('every frame and protection is read back as it was written', () => {
  const flags = arch.protOf(0xfff0000000000fffn);
  fc.assert(
    fc.property(
      fc.constantFrom(...LEVELS),
      fc.integer({ min: 0, max: 2 ** 40 - 1 }),
      fc.integer(),
      (level, pfn, anyProt) => {
        const prot = anyProt & flags;
        const isHuge = (level === 1 || level === 2) && (prot & 0x80) !== 0;
        const frame = isHuge ? arch.pfn_leaf(level, pfn) : pfn;
        expect(splitEntry(arch, level, encodeEntry(arch, level, frame, prot))).toEqual({
          pfn: frame,
          prot,
        });
      },
    ),
    { seed: SEED, numRuns: 20000 },
  );
});

test('write stores what lo and hi give', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...LEVELS),
      fc.integer({ min: 0, max: 2 ** 40 - 1 }),
      fc.integer(),
      (level, pfn, prot) => {
        const lanes = new Int32Array(4);
        arch.codec.write(lanes, 2, level, pfn, prot);
        expect([...lanes]).toEqual([
          0,
          0,
          arch.codec.lo(level, pfn, prot) | 0,
          arch.codec.hi(level, pfn, prot) | 0,
        ]);
      },
    ),
    { seed: SEED, numRuns: 5000 },
  );
});

test('one word a level is not kept: all address bits and no flag stand for nothing', () => {
  expect(splitEntry(arch, 0, FIELD)).toEqual({ pfn: 0, prot: 0 });
  expect(encodeEntry(arch, 0, 0, 0)).toBe(0n);
});

describe('inversion', () => {
  const cases: ReadonlyArray<readonly [string, PgtableLevel, bigint, number]> = [
    ['the clear entry', 0, 0n, 0],
    ['stray A and D, which are none', 0, 0x60n, 0xffffffffff],
    ['a PROT_NONE PTE of frame 0', 0, 0x000ffffffffff330n, 0],
    ['a PROT_NONE PTE of the highest frame', 0, 0x330n, 0xffffffffff],
    ['a PROT_NONE PMD leaf inverts from bit 21 on', 1, 0x000fffffffe003b0n, 0],
    ['a PROT_NONE PUD leaf inverts from bit 30 on', 2, 0x000fffffc00003b0n, 0],
    ['an invalidated PMD leaf inverts without PROTNONE', 1, 0x800fffff1fc002b6n, 0xe0200],
    ['a table', 1, 0x123456067n, 0x123456],
    ['a P4D entry without P does not invert', 3, 0x123456066n, 0x123456],
    ['a PGD entry without P does not invert', 4, 0x123456066n, 0x123456],
  ];
  test.each(cases)('%s', (_what, level, word, pfn) => {
    expect(splitEntry(arch, level, word).pfn).toBe(pfn);
  });

  test('PAT_LARGE and the reserved bits stay as they are when P goes', () => {
    const leaf = 0x80000000e03ff2b7n;
    expect(hex(changed(arch, 1, leaf, arch.pmd_mkinvalid))).toBe('0x800fffff1fdff2b6');
    expect(arch.pfn_leaf(1, splitEntry(arch, 1, leaf).pfn)).toBe(0xe0200);
  });

  test('a batch of PTEs counts up in frames and down in memory when it is inverted', () => {
    const step = (word: bigint, nr: number): string => {
      const { pfn, prot } = splitEntry(arch, 0, word);
      return hex(encodeEntry(arch, 0, arch.pte_advance_pfn(pfn, nr), prot));
    };
    expect(step(0x80000000e0001237n, 3)).toBe('0x80000000e0004237');
    expect(step(0x000fffff1fffe330n, 3)).toBe('0x000fffff1fffb330');
  });

  test('a huge leaf read as a PTE takes PAT_LARGE for an address bit', () => {
    expect(splitEntry(arch, 0, 0x80000000e02012bfn).pfn).toBe(0xe0201);
    expect(splitEntry(arch, 1, 0x80000000e02012bfn).pfn).toBe(0xe0200);
    expect(splitEntry(arch, 0, 0x80000000e02002b7n).pfn).toBe(0xe0200);
  });

  test('pfn_leaf drops the bits below the level', () => {
    expect([0, 1, 2].map((level) => arch.pfn_leaf(level as PgtableLevel, 0xfffffffffe))).toEqual([
      0xfffffffffe, 0xfffffffe00, 0xfffffc0000,
    ]);
  });
});

describe('the rule about the L1 terminal fault', () => {
  const affected = archOf({ cpu: { l1tf: true, physBits: 44 } });

  test('a frame in the upper half of the cache may not lose P', () => {
    expect(affected.l1tf_pfn_limit).toBe(2 ** 31);
    expect(affected.arch_has_pfn_modify_check()).toBe(true);
    expect(affected.pfn_modify_allowed(2 ** 31, 0x130)).toBe(false);
    expect(affected.pfn_modify_allowed(2 ** 31 - 1, 0x130)).toBe(true);
    expect(affected.pfn_modify_allowed(2 ** 31, 0x37)).toBe(true);
    expect(affected.pfn_modify_allowed(2 ** 31, 0)).toBe(true);
  });

  test('other CPUs allow everything', () => {
    expect(arch.arch_has_pfn_modify_check()).toBe(false);
    expect(arch.pfn_modify_allowed(2 ** 40 - 1, 0x130)).toBe(true);
  });
});
