// Goal: each transformation changes the bits that Linux changes, at each level. Method: the table of transformations,
// on words of all zeroes, all ones and typical entries.

import type { ArchArm64 } from '@pfnmap/arch-arm64';
import { describe, expect, test } from 'vitest';
import { hex, onWords } from './entries.ts';
import { arm64, KERNELS } from './kernels.ts';

const B = (bit: number): bigint => 1n << BigInt(bit);
const WORDS = [
  0n,
  2n ** 64n - 1n,
  0x0168001000200fcdn,
  0x0168001000001fcfn,
  0x01e0001000200f8cn,
  0x0800004812345003n,
  0x00000000000017c0n,
];

const wrprotect = (word: bigint): bigint => {
  const dirty = (word & B(51)) !== 0n && (word & B(7)) === 0n ? B(55) : 0n;
  return ((word | dirty) & ~B(51)) | B(7);
};

type Name = keyof {
  [K in keyof ArchArm64 as ArchArm64[K] extends (prot: number) => number ? K : never]: 1;
};

const SETS_AND_CLEARS: ReadonlyArray<readonly [Name, set: bigint, clear: bigint]> = [
  ['pte_mkold', 0n, B(10)],
  ['pmd_mkold', 0n, B(10)],
  ['pte_mkyoung', B(10), 0n],
  ['pmd_mkyoung', B(10), 0n],
  ['pud_mkyoung', B(10), 0n],
  ['pte_mkclean', B(7), B(55)],
  ['pmd_mkclean', B(7), B(55)],
  ['pte_mkspecial', B(56), 0n],
  ['pmd_mkspecial', B(56), 0n],
  ['pud_mkspecial', 0n, 0n],
  ['pte_mkhuge', 0n, B(1)],
  ['pmd_mkhuge', 0n, B(1)],
  ['pud_mkhuge', 0n, B(1)],
  ['pte_mkinvalid', B(11), B(0)],
  ['pmd_mkinvalid', B(11), B(0)],
  ['pmd_mkcont', B(52), 0n],
  ['pte_mknoncont', 0n, B(52)],
  ['pmd_mknoncont', 0n, B(52)],
  ['pte_clear_uffd_wp', 0n, B(58)],
  ['pmd_clear_uffd_wp', 0n, B(58)],
  ['mk_pmd_sect_prot', B(0), B(1)],
  ['mk_pud_sect_prot', B(0), B(1)],
  ['pte_swp_mkexclusive', B(2), 0n],
  ['pte_swp_clear_exclusive', 0n, B(2)],
  ['pte_swp_mkuffd_wp', B(3), 0n],
  ['pte_swp_clear_uffd_wp', 0n, B(3)],
  ['pte_mksoft_dirty', 0n, 0n],
  ['pmd_clear_soft_dirty', 0n, 0n],
];

describe.each(KERNELS)('on %s', (kernel) => {
  const arch = arm64({ kernel });

  test.each(SETS_AND_CLEARS)('%s sets %s and clears %s', (name, set, clear) => {
    const helper = onWords(arch, arch[name]);
    for (const word of WORDS) expect(hex(helper(word))).toBe(hex((word & ~clear) | set));
  });

  test.each(['pte_mkuffd_wp', 'pmd_mkuffd_wp'] as const)('%s marks and write-protects', (name) => {
    const helper = onWords(arch, arch[name]);
    for (const word of WORDS) expect(hex(helper(word))).toBe(hex(wrprotect(word | B(58))));
  });

  test('modify takes VALID, AttrIndx, USER, RDONLY, nG, GP, WRITE, PXN, UXN and POIndex, and keeps the rest', () => {
    const mask = 0x706c0000000008ddn;
    const ones = arch.protOf(2n ** 64n - 1n);
    // Without WRITE in either protection no dirty state moves, so the mask shows itself.
    const clean = ones & ~arch.protOf(B(51) | B(55));
    for (const level of ['pte', 'pmd', 'pud'] as const) {
      const modify = arch[`${level}_modify`];
      expect(hex(arch.pgprot_val(modify(0, clean)))).toBe(hex(mask & ~B(51)));
      expect(hex(arch.pgprot_val(modify(clean, 0)))).toBe(hex(arch.pgprot_val(clean) & ~mask));
    }
  });

  test('modify takes the memory type from the new protection', () => {
    const device = arch.pgprot_noncached(arch.PAGE_SHARED);
    expect(arch.pte_modify(device, arch.PAGE_SHARED)).toBe(arch.PAGE_SHARED);
  });

  test('modify keeps a block a block', () => {
    const block = arch.pmd_mkhuge(arch.PAGE_SHARED);
    expect(arch.pmd_modify(block, arch.PAGE_NONE) & 3).toBe(0);
    expect(arch.pmd_modify(arch.pmd_modify(block, arch.PAGE_NONE), arch.PAGE_READONLY) & 3).toBe(1);
  });
});

test('6.12 marks a PTE of device memory special as well, a PMD not; 7.3 has no such mark', () => {
  const six = arm64({ kernel: '6.12.117' });
  const seven = arm64({ kernel: '7.3.4' });
  for (const word of WORDS) {
    expect(onWords(six, six.pte_mkdevmap)(word)).toBe(word | B(57) | B(56));
    expect(onWords(six, six.pmd_mkdevmap)(word)).toBe(word | B(57));
    expect(onWords(seven, seven.pte_mkdevmap)(word)).toBe(word);
    expect(onWords(seven, seven.pmd_mkdevmap)(word)).toBe(word);
  }
  expect(seven.pte_devmap(-1)).toBe(false);
  expect(seven.pmd_devmap(-1)).toBe(false);
});

test('pte_mkcont also makes a page in 6.12 and only sets CONT in 7.3', () => {
  const [six, seven] = KERNELS.map((kernel) => arm64({ kernel })) as [ArchArm64, ArchArm64];
  for (const word of WORDS) {
    expect(onWords(six, six.pte_mkcont)(word)).toBe(word | B(52) | 3n);
    expect(onWords(seven, seven.pte_mkcont)(word)).toBe(word | B(52));
  }
});
