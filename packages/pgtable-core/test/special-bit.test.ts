// Goal: patch 01's helpers do nothing until an architecture has the bit, and then set that bit alone. Method: the scenarios of
// the patch on the series cut off after each patch.

import { createArchArm64 } from '@pfnmap/arch-arm64';
import { encodeEntry, type PgtableLevel, splitEntry } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { configOf, x86 } from './architectures.ts';

const PMD: PgtableLevel = 1;
const PUD: PgtableLevel = 2;
const LEAF = 0x80000000e00000b7n;
const arm64At = (profile: string) =>
  createArchArm64({
    config: configOf('arm64', profile),
    cpu: {
      lpa2: false,
      va52: false,
      hafdbs: true,
      bti: false,
      mte: false,
      epan: false,
      poe: false,
    },
  });
const upTo = (first: number, last: number): string[] =>
  Array.from(
    { length: last - first + 1 },
    (_, index) => `posted-${String(first + index).padStart(2, '0')}`,
  );

describe('x86_64', () => {
  test.each(upTo(1, 16))(
    'P01-S1: with %s pmd_mkspecial() returns its argument, never special',
    (profile) => {
      const arch = x86(4, configOf('x86', profile));
      const { pfn, prot } = splitEntry(arch, PMD, LEAF);
      expect(encodeEntry(arch, PMD, pfn, arch.pmd_mkspecial(prot))).toBe(LEAF);
      expect(arch.pmd_special(arch.pmd_mkspecial(prot))).toBe(false);
      expect(encodeEntry(arch, PUD, pfn, arch.pud_mkspecial(prot))).toBe(LEAF);
      expect(arch.pud_special(prot | 0x200)).toBe(false);
    },
  );

  test.each([...upTo(17, 19), '6.12', '6.12.117', '7.3'])(
    'P01-S2: with %s it sets bit 9 and nothing else, and once is enough',
    (profile) => {
      const arch = x86(4, configOf('x86', profile));
      const { pfn, prot } = splitEntry(arch, PMD, LEAF);
      const special = arch.pmd_mkspecial(prot);
      expect(encodeEntry(arch, PMD, pfn, special)).toBe(0x80000000e00002b7n);
      expect([arch.pmd_special(special), arch.pmd_special(prot)]).toEqual([true, false]);
      expect(arch.pmd_mkspecial(special)).toBe(special);
      expect(encodeEntry(arch, PUD, pfn, arch.pud_mkspecial(prot))).toBe(0x80000000e00002b7n);
      expect(arch.pud_special(special)).toBe(true);
    },
  );
});

describe('arm64', () => {
  test.each(upTo(1, 17))('with %s a PMD cannot be marked special', (profile) => {
    const arch = arm64At(profile);
    const prot = arch.pmd_mkhuge(arch.vm_get_page_prot(0xb));
    expect(arch.pmd_mkspecial(prot)).toBe(prot);
    expect(arch.pmd_special(prot)).toBe(false);
  });

  test.each([...upTo(18, 19), '6.12', '6.12.117', '7.3'])(
    'P01-S3: with %s pmd_mkspecial() sets bit 56 only, and a PUD has no such bit',
    (profile) => {
      const arch = arm64At(profile);
      const prot = arch.pmd_mkhuge(arch.vm_get_page_prot(0xb));
      const changed =
        encodeEntry(arch, PMD, 0, prot) ^ encodeEntry(arch, PMD, 0, arch.pmd_mkspecial(prot));
      expect(changed).toBe(1n << 56n);
      expect(arch.pmd_special(arch.pmd_mkspecial(prot))).toBe(true);
      expect(arch.pud_mkspecial(prot)).toBe(prot);
      expect(arch.pud_special(arch.pmd_mkspecial(prot))).toBe(false);
    },
  );
});

test('P01-S4: without patch 01 no later patch of the series can be in a kernel', () => {
  const config = configOf('x86', 'posted-19', { without: ['SERIES_PATCH_01'] });
  const later = Array.from({ length: 19 }, (_, index) => String(index + 1).padStart(2, '0'));
  expect(later.filter((number) => config.enabled(`SERIES_PATCH_${number}`))).toEqual([]);
  expect(config.enabled('ARCH_SUPPORTS_PMD_PFNMAP')).toBe(false);
});
