// Goal: table entries are told from leaves, from nothing and from rubbish. Method: the words of the x86 facts.
import { encodeEntry } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { protIn } from './entry-words.ts';
import { archOf, SYMBOLS_6_12 } from './fake-config.ts';
import { hex } from './vector-rows.ts';

const arch = archOf();
const isolated = [...SYMBOLS_6_12, 'MITIGATION_PAGE_TABLE_ISOLATION'];

test('a user table entry is the address and 0x67', () => {
  expect(hex(encodeEntry(arch, 1, 0x123456, arch.format.tableProt))).toBe('0x0000000123456067');
});

test('the walker tells tables and leaves apart by P and PSE, and none without A and D', () => {
  const { mask, value, noneMask, pgdNoneMask, validMask } = arch.format;
  expect([0x67, 0x63, 0x2b7, 0x3b0, 0x2b6, 0].map((lo) => (lo & mask) === value)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  expect([0, 0x20, 0x40, 0x60, 0x1, 0x120].map((lo) => (lo & noneMask) === 0)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(0x60 & pgdNoneMask).toBe(0x60);
  expect([0x237, 0x330].map((lo) => (lo & validMask) !== 0)).toEqual([true, false]);
});

test('no entry above the PUD is a leaf', () => {
  expect([arch.pud_leaf(0xe7), arch.p4d_leaf(0xe7), arch.pgd_leaf(0xe7)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('isolation makes p4d_bad and pgd_bad overlook NX', () => {
  const words = [0x67n, 0x8000000000000067n, 0x27n, 0n, 0x167n];
  const answers = (symbols: readonly string[]) => {
    const five = archOf({ symbols, levels: 5 });
    return words.map((word) => [
      five.p4d_bad(protIn(five, 3, word)),
      five.pgd_bad(protIn(five, 4, word)),
      five.pud_bad(protIn(five, 2, word)),
    ]);
  };
  expect(answers(SYMBOLS_6_12)).toEqual([
    [false, false, false],
    [true, true, true],
    [false, true, false],
    [false, true, false],
    [true, true, true],
  ]);
  expect(answers(isolated)[1]).toEqual([false, false, true]);
});

describe('a store to a root slot', () => {
  const both = archOf({ symbols: isolated, cpu: { pti: true } });
  const word = (prot: number | undefined) =>
    prot === undefined ? undefined : hex(both.pgprot_val(prot));
  const store = (index: number, value: bigint) => {
    const { kernel, user } = both.pti_set_user_pgtbl(index, both.protOf(value));
    return [word(kernel), word(user)];
  };

  test('in the user half makes the kernel copy not executable', () => {
    expect(store(0, 0x67n)).toEqual(['0x8000000000000067', '0x0000000000000067']);
    expect(store(255, 0x67n)).toEqual(['0x8000000000000067', '0x0000000000000067']);
  });

  test('that is no user table goes to both as it is', () => {
    expect(store(0, 0x63n)).toEqual(['0x0000000000000063', '0x0000000000000063']);
    expect(store(0, 0n)).toEqual(['0x0000000000000000', '0x0000000000000000']);
  });

  test('in the kernel half, or with NOPTISHADOW, makes no user copy', () => {
    expect(store(256, 0x67n)).toEqual(['0x0000000000000067', undefined]);
    expect(store(0, 0x0400000000000067n)).toEqual(['0x0400000000000067', undefined]);
  });

  test('without isolation makes no user copy', () => {
    expect(arch.pti_set_user_pgtbl(0, 0x67)).toEqual({ kernel: 0x67, user: undefined });
    const builtIn = archOf({ symbols: isolated });
    expect(builtIn.pti_set_user_pgtbl(0, 0x67)).toEqual({ kernel: 0x67, user: undefined });
  });

  test('on a CPU without NX changes nothing in the kernel copy', () => {
    const old = archOf({ symbols: isolated, cpu: { pti: true, nx: false } });
    expect(old.pti_set_user_pgtbl(0, 0x67)).toEqual({ kernel: 0x67, user: 0x67 });
  });
});

describe('a huge mapping of the kernel', () => {
  const uncached = arch.protOf(0x8000000000000173n);

  test('has the protection in large format and PSE', () => {
    const leaf = arch.pmd_set_huge(0, uncached);
    expect(hex(encodeEntry(arch, 1, 0xe0200, leaf ?? 0))).toBe('0x80000000e02001f3');
    expect(arch.pud_set_huge(0, arch.protOf(0x1ebn))).toBe(arch.protOf(0x11ebn));
  });

  test('takes the place of a leaf but not of a table', () => {
    expect(arch.pmd_set_huge(0x1e3, uncached)).toBe(uncached | 0x80);
    expect(arch.pmd_set_huge(0x63, uncached)).toBe(undefined);
    expect(arch.pud_set_huge(0x63, uncached)).toBe(undefined);
  });

  test('is cleared only where a leaf is', () => {
    expect([arch.pmd_clear_huge(0x1e3), arch.pmd_clear_huge(0x63)]).toEqual([true, false]);
    expect([arch.pud_clear_huge(0x1e3), arch.pud_clear_huge(0)]).toEqual([true, false]);
  });
});
