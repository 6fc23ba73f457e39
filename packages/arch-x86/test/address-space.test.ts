// Goal: four and five levels divide an address as Linux does. Method: the limits and index bits of the manual and of Linux.
import { describe, expect, test } from 'vitest';
import { archOf, SYMBOLS_6_12 } from './fake-config.ts';
import { hex } from './vector-rows.ts';

describe.each([
  [4, 39, 0x00007ffffffff000n, 47, 0x0000800000000000n],
  [5, 48, 0x00fffffffffff000n, 56, 0x0100000000000000n],
] as const)('%i levels', (levels, pgdShift, end, maskShift, firstBad) => {
  const { geometry, addressSpace, pgd_present, pgd_bad } = archOf({ levels });

  test('levels begin at bits 12, 21 and 30, and the top at 39 or 48', () => {
    expect(geometry.levels.map(({ shift }) => shift)).toEqual([12, 21, 30, 39, pgdShift]);
    expect(geometry.levels.map(({ entries }) => entries)).toEqual([
      512,
      512,
      512,
      levels === 4 ? 1 : 512,
      512,
    ]);
    expect(geometry.levels.map(({ order }) => order).slice(0, 3)).toEqual([0, 9, 18]);
  });

  test('user addresses end one page below the half', () => {
    expect(hex(addressSpace.TASK_SIZE_MAX)).toBe(hex(end));
    expect(hex(addressSpace.DEFAULT_MAP_WINDOW)).toBe('0x00007ffffffff000');
    expect(addressSpace.__VIRTUAL_MASK_SHIFT).toBe(maskShift);
    expect(addressSpace.userRootEntries).toBe(256);
  });

  test('an address is canonical when its high bits are equal', () => {
    expect(addressSpace.isCanonical(firstBad - 1n)).toBe(true);
    expect(addressSpace.isCanonical(firstBad)).toBe(false);
    expect(addressSpace.isCanonical(2n ** 64n - firstBad)).toBe(true);
    expect(addressSpace.isCanonical(2n ** 64n - firstBad - 1n)).toBe(false);
  });

  test('the PGD entry of a folded P4D is always present and never bad', () => {
    expect([pgd_present(0), pgd_bad(0)]).toEqual(levels === 4 ? [true, false] : [false, true]);
  });
});

test('a kernel without five-level paging walks four levels on any CPU', () => {
  const symbols = SYMBOLS_6_12.filter((symbol) => symbol !== 'X86_5LEVEL');
  expect(archOf({ symbols, levels: 5 }).geometry.vaBits).toBe(48);
});
