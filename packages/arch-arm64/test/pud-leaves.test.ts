// EXPERIMENT_ARM64_PUD_PFNMAP: the PUD gets the PMD's helpers; without it everything is as it was.
import { resolveKernel } from '@pfnmap/kconfig';
import { describe, expect, test } from 'vitest';
import { createArchArm64 } from '../src/index.ts';
import { PLAIN_CPU } from './kernels.ts';

const SYMBOL = 'EXPERIMENT_ARM64_PUD_PFNMAP';
const kernel = (symbols: readonly string[]) =>
  resolveKernel({ profile: '7.3', arch: 'arm64', with: ['TRANSPARENT_HUGEPAGE', ...symbols] });
const with1G = createArchArm64({ config: kernel([SYMBOL]), cpu: PLAIN_CPU });
const without = createArchArm64({ config: kernel([]), cpu: PLAIN_CPU });

// A device block of user space: valid, block, AttrIndx 3, user, AF, nG, with WRITE, PXN, UXN and SPECIAL above.
const BLOCK = 0x0168000000000ccdn;

describe('with it', () => {
  const block = with1G.protOf(BLOCK);
  test('a special block is one at PUD level as at PMD level', () => {
    expect(with1G.hasPudThp).toBe(true);
    expect(with1G.pud_special(block)).toBe(true);
    expect(with1G.pud_trans_huge(block)).toBe(true);
    expect(with1G.pud_leaf(block)).toBe(true);
  });
  test('pud_mkspecial sets bit 56 and no other', () => {
    const plain = with1G.protOf(BLOCK & ~(1n << 56n));
    expect(with1G.pud_special(plain)).toBe(false);
    expect(with1G.pgprot_val(with1G.pud_mkspecial(plain) ^ plain)).toBe(1n << 56n);
  });
  test('a table is no leaf, an invalidated block still is', () => {
    expect(with1G.pud_trans_huge(3)).toBe(false);
    expect(with1G.pud_trans_huge(with1G.pud_mkinvalid(block))).toBe(true);
  });
  test('PUD helpers answer as PMD helpers, word by word', () => {
    for (const bits of [0, 1, 3, 0xccd, 0xccf, 0xc0c, 0x8cd]) {
      const prot = with1G.protOf(BigInt(bits) | (BLOCK & ~0xfffn));
      expect(with1G.pud_special(prot)).toBe(with1G.pmd_special(prot));
      expect(with1G.pud_trans_huge(prot)).toBe(with1G.pmd_trans_huge(prot));
      expect(with1G.pud_mkspecial(prot)).toBe(with1G.pmd_mkspecial(prot));
    }
  });
});

test('without it there is no huge PUD', () => {
  const block = without.protOf(BLOCK);
  expect(without.hasPudThp).toBe(false);
  expect([without.pud_special(block), without.pud_trans_huge(block)]).toEqual([false, false]);
  expect(without.pud_mkspecial(0)).toBe(0);
});

describe('where it can be turned on', () => {
  test.each([
    ['4K pages, 48 bits', ['ARM64_4K_PAGES', 'ARM64_VA_BITS_48']],
    ['4K pages, 52 bits', ['ARM64_4K_PAGES', 'ARM64_VA_BITS_52']],
  ])('%s', (_title, symbols) => {
    const config = kernel([SYMBOL, ...symbols]);
    expect(config.enabled('ARCH_SUPPORTS_PUD_PFNMAP')).toBe(true);
  });
  test.each([
    ['16K pages: no such block', ['ARM64_16K_PAGES', 'ARM64_VA_BITS_48'], 'ARM64_4K_PAGES'],
    ['64K pages: no such block', ['ARM64_64K_PAGES', 'ARM64_VA_BITS_48'], 'ARM64_4K_PAGES'],
    ['39 bits: no PUD level', ['ARM64_4K_PAGES', 'ARM64_VA_BITS_39'], 'PGTABLE_LEVELS > 3'],
  ])('not with %s', (_title, symbols, why) => {
    expect(() => kernel([SYMBOL, ...symbols])).toThrow(why);
  });
});
