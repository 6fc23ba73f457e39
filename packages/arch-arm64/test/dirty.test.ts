// Goal: the dirty state survives every change of an entry as in Linux. Method: the truth table of WRITE, RDONLY and DIRTY
// (bits 51, 7, 55), and the table of set_access_flags.

import { PTE_AF, PTE_DIRTY, PTE_RDONLY, PTE_WRITE } from '@pfnmap/arch-arm64';
import { expect, test } from 'vitest';
import { arm64, KERNELS } from './kernels.ts';

const WRITE = 1n << 51n;
const RDONLY = 1n << 7n;
const DIRTY = 1n << 55n;
const ALL = WRITE | RDONLY | DIRTY;

const bitsOf = (text: string): bigint =>
  (text[0] === '1' ? WRITE : 0n) | (text[1] === '1' ? RDONLY : 0n) | (text[2] === '1' ? DIRTY : 0n);
const textOf = (value: bigint): string =>
  [WRITE, RDONLY, DIRTY].map((bit) => ((value & bit) === 0n ? '0' : '1')).join('');

// [W,RO,D, hw_dirty, sw_dirty, dirty, write, mkwrite, mkdirty, mkclean, wrprotect, modify RW, modify R, modify NONE]
const ROWS = [
  ['000', 0, 0, 0, 0, '100', '001', '010', '010', '110', '010', '010'],
  ['001', 0, 1, 1, 0, '101', '001', '010', '011', '101', '011', '011'],
  ['010', 0, 0, 0, 0, '110', '011', '010', '010', '110', '010', '010'],
  ['011', 0, 1, 1, 0, '101', '011', '010', '011', '101', '011', '011'],
  ['100', 1, 0, 1, 1, '100', '101', '110', '011', '101', '011', '011'],
  ['101', 1, 1, 1, 1, '101', '101', '110', '011', '101', '011', '011'],
  ['110', 0, 0, 0, 1, '110', '101', '110', '010', '110', '010', '010'],
  ['111', 0, 1, 1, 1, '101', '101', '110', '011', '101', '011', '011'],
] as const;

const BACKGROUND = 0x0160000000000c4dn & ~ALL;

for (const kernel of KERNELS) {
  const arch = arm64({ kernel });
  for (const [state, hw, sw, dirty, write, ...results] of ROWS) {
    test(`on ${kernel} WRITE, RDONLY, DIRTY ${state} is changed to ${results.join(', ')}`, () => {
      const entry = arch.protOf(BACKGROUND | bitsOf(state));
      expect([
        arch.pte_hw_dirty(entry),
        arch.pte_sw_dirty(entry),
        arch.pte_dirty(entry),
        arch.pte_write(entry),
      ]).toEqual([hw === 1, sw === 1, dirty === 1, write === 1]);
      for (const level of ['pte', 'pmd', 'pud'] as const) {
        const found = [
          arch[`${level}_mkwrite`](entry),
          arch[`${level}_mkdirty`](entry),
          arch[`${level}_mkclean`](entry),
          arch[`${level}_wrprotect`](entry),
          arch[`${level}_modify`](entry, arch.PAGE_SHARED),
          arch[`${level}_modify`](entry, arch.PAGE_READONLY),
          arch[`${level}_modify`](entry, arch.PAGE_NONE),
        ];
        expect(found.map((prot) => textOf(arch.pgprot_val(prot)))).toEqual(results);
      }
    });
  }
}

for (const [state] of ROWS) {
  test(`before its repair, mkwrite of WRITE, RDONLY, DIRTY ${state} is writable and not RDONLY`, () => {
    const old = arm64({ without: ['FIX_ARM64_MKWRITE_CLEAN'] });
    const entry = old.protOf(BACKGROUND | bitsOf(state));
    for (const level of ['pte', 'pmd', 'pud'] as const) {
      expect(textOf(old.pgprot_val(old[`${level}_mkwrite`](entry)))).toBe(`10${state[2]}`);
    }
  });
}

// WRITE, RDONLY, DIRTY, AF of the old entry, the new one, and what is stored.
test.each([
  ['1100', '1101', '1101'],
  ['1101', '1011', '1011'],
  ['1001', '1101', '1001'],
  ['0101', '1011', '1011'],
  ['1011', '0100', '1011'],
])('set_access_flags of %s with %s stores %s', (old, entry, stored) => {
  const arch = arm64();
  const bits = [PTE_WRITE, PTE_RDONLY, PTE_DIRTY, PTE_AF];
  const prot = (text: string): number =>
    bits.reduce((sum, bit, index) => (text[index] === '1' ? sum | bit : sum), 0);
  const background = arch.protOf(0x0100000000000041n);
  for (const dirty of [false, true]) {
    const result = arch.update.setAccessFlags(
      background | prot(old),
      background | prot(entry),
      dirty,
    );
    expect(result).toBe(background | prot(stored));
  }
});

test('set_access_flags ignores every other bit of the new entry', () => {
  const arch = arm64();
  const others = arch.protOf(2n ** 64n - 1n) & ~(PTE_WRITE | PTE_RDONLY | PTE_DIRTY | PTE_AF);
  expect(arch.update.setAccessFlags(PTE_RDONLY, PTE_RDONLY | others, false)).toBe(PTE_RDONLY);
  expect(arch.update.setAccessFlags(others, 0, true)).toBe(others);
});
