// Goal: the CPU's part of an access, and the kernel's flushes after a change, are those of x86. Method: the rules of the
// manual and of Linux bit by bit.
import type { Prot } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { archOf, SYMBOLS_6_12 } from './fake-config.ts';

const arch = archOf();

describe('an access', () => {
  const { permits, accessed, refused } = arch.hardware;
  const NX = 1 << 31;
  const cases: ReadonlyArray<
    readonly [string, Prot, read: boolean, write: boolean, fetch: boolean]
  > = [
    ['a writable data page', 0x27 | NX, true, true, false],
    ['a read-only code page', 0x25, true, false, true],
    ['a kernel page', 0x23, false, false, false],
    ['a PROT_NONE page', 0x120, false, false, false],
    ['an invalidated leaf', 0x2b6, false, false, false],
  ];
  test.each(cases)('to %s', (_what, prot, read, write, fetch) => {
    expect([
      permits(1, prot, false, false),
      permits(1, prot, true, false),
      permits(1, prot, false, true),
    ]).toEqual([read, write, fetch]);
  });

  test('that is refused sets A in a 1 GiB leaf only, as captured (bar-5170)', () => {
    expect([0, 1, 2].map((level) => refused(level as 0 | 1 | 2, 0x295))).toEqual([
      0x295, 0x295, 0x2b5,
    ]);
  });

  test('sets A, and D when it stores', () => {
    expect([accessed(0, 0x07, false), accessed(0, 0x07, true)]).toEqual([0x27, 0x67]);
  });

  test('is refused by the protection key, unless it fetches', () => {
    const keyed = archOf({ cpu: { readPkru: () => 0b0100 } }).hardware;
    const leaf = 0x27 | (1 << 27);
    expect([keyed.permits(0, leaf, false, false), keyed.permits(0, leaf, false, true)]).toEqual([
      false,
      true,
    ]);
  });
});

describe('a flush after a change', () => {
  const leaf = 0xb7 | 0x60;
  const changedBit = (bit: number): readonly boolean[] => {
    const other = leaf ^ (1 << bit);
    return [
      arch.huge_pmd_needs_flush(leaf, other),
      arch.huge_pmd_needs_flush(other | 1, leaf),
      arch.pte_needs_flush(leaf, other),
    ];
  };
  // In order: the PMD changes this way, the PMD changes back, the PTE changes this way.
  test.each([
    ['P is lost', 0, [true, false, true]],
    ['RW changes', 1, [true, true, true]],
    ['US changes', 2, [true, true, true]],
    ['PWT changes', 3, [true, true, true]],
    ['PCD changes', 4, [true, true, true]],
    ['A is lost', 5, [true, false, false]],
    ['D is lost', 6, [true, false, true]],
    ['PSE changes', 7, [true, true, true]],
    ['G changes', 8, [true, true, true]],
    ['SPECIAL changes', 9, [false, false, false]],
    ['UFFD_WP changes', 10, [false, false, false]],
    ['SOFT_DIRTY changes', 11, [false, false, false]],
    ['PAT_LARGE changes', 12, [true, true, true]],
    ['DEVMAP changes', 25, [false, false, false]],
    ['SAVED_DIRTY changes', 26, [false, false, false]],
    ['the protection key changes', 27, [true, true, true]],
    ['NX changes', 31, [true, true, true]],
  ] as const)('when %s', (_what, bit, expected) => {
    expect(changedBit(bit)).toEqual(expected);
  });

  test('is never needed when the old entry had no P', () => {
    expect(arch.huge_pmd_needs_flush(0xb6, 0)).toBe(false);
    expect(arch.pte_needs_flush(0x120, 0x27)).toBe(false);
  });

  test('does not know protection keys that are not built in', () => {
    const keyless = archOf({
      symbols: SYMBOLS_6_12.filter((symbol) => symbol !== 'X86_INTEL_MEMORY_PROTECTION_KEYS'),
    });
    expect(keyless.pte_needs_flush(0x27, 0x27 | (1 << 27))).toBe(false);
  });
});

test('flushes of many steps become flushes of all, and huge leaves count by pages', () => {
  expect(arch.update.singlePageFlushCeiling).toBe(33);
  expect(arch.update.hugeFlushStepsByPage).toBe(true);
  expect(arch.update.invalidateAdFlushes).toBe(false);
});
