// Goal: the helpers obey the laws that Linux checks in debug_vm_pgtable, at each level. Method: every protection of the
// protection map and random ones with a fixed seed, for each page size and kernel, with each gate on and off.
import { type ArchArm64, type Arm64Gate, VA_BITS_CHOICES } from '@pfnmap/arch-arm64';
import type { Prot } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arm64, type Build, KERNELS, WIDE_CPU } from './kernels.ts';

const SEED = 0x6c617773;
const PAGES = [
  ['4K', 12],
  ['16K', 14],
  ['64K', 16],
] as const;

const builds: ReadonlyArray<readonly [string, Build]> = KERNELS.flatMap((kernel) =>
  PAGES.flatMap(([page, shift]) =>
    VA_BITS_CHOICES[shift].map((va): readonly [string, Build] => {
      const pa = va === 52 ? 52 : 48;
      return [`${kernel}, ${page} pages, ${va} bits`, { kernel, page, va, pa, cpu: WIDE_CPU }];
    }),
  ),
);

const OFF: ReadonlyArray<readonly Arm64Gate[]> = [
  ['TRANSPARENT_HUGEPAGE', 'ARCH_SUPPORTS_PMD_PFNMAP'],
  ['ARCH_SUPPORTS_PMD_PFNMAP'],
  ['NUMA_BALANCING', 'ARCH_HAS_PTE_PROTNONE'],
  ['SERIES_PATCH_18', 'ARCH_SUPPORTS_PMD_PFNMAP'],
  ['FIX_ARM64_MKWRITE_CLEAN'],
];
const gated = OFF.map((without): readonly [string, Build] => [
  `without ${without.join(', ')}`,
  { without },
]);

type Law = (arch: ArchArm64, level: 'pte' | 'pmd' | 'pud', entry: Prot) => void;

const youngAndOld: Law = (arch, level, entry) => {
  const is = arch[`${level}_young`];
  expect(is(arch[`${level}_mkyoung`](arch[`${level}_mkold`](entry)))).toBe(true);
  expect(is(arch[`${level}_mkold`](arch[`${level}_mkyoung`](entry)))).toBe(false);
};

const dirtyAndClean: Law = (arch, level, entry) => {
  const is = arch[`${level}_dirty`];
  expect(is(arch[`${level}_mkdirty`](arch[`${level}_mkclean`](entry)))).toBe(true);
  expect(is(arch[`${level}_mkclean`](arch[`${level}_mkdirty`](entry)))).toBe(false);
  expect(is(arch[`${level}_wrprotect`](arch[`${level}_mkclean`](entry)))).toBe(false);
  expect(is(arch[`${level}_wrprotect`](arch[`${level}_mkdirty`](entry)))).toBe(true);
};

const writableAndNot: Law = (arch, level, entry) => {
  const is = arch[`${level}_write`];
  expect(is(arch[`${level}_mkwrite`](arch[`${level}_wrprotect`](entry)))).toBe(true);
  expect(is(arch[`${level}_wrprotect`](arch[`${level}_mkwrite`](entry)))).toBe(false);
};

const hugeAndInvalid: Law = (arch, level, entry) => {
  if (level === 'pte') return;
  const leaf = arch[`${level}_mkhuge`](entry);
  const invalid = arch[`${level}_mkinvalid`](leaf);
  expect(arch[`${level}_leaf`](leaf)).toBe(arch[`${level}_leaf`](invalid));
  expect(arch.pmd_present(invalid)).toBe(true);
  expect(arch.pmd_valid(invalid)).toBe(false);
  if (level === 'pmd') {
    expect(arch.pmd_leaf(leaf)).toBe(true);
    expect(arch.pmd_trans_huge(invalid)).toBe(arch.hasPmdThp);
    expect(arch.pmd_bad(leaf)).toBe(true);
  }
};

const specialOrStub: Law = (arch, level, entry) => {
  const special = arch[`${level}_mkspecial`](entry);
  if (arch[`${level}_special`](special))
    expect(arch[`${level}_modify`](special, entry)).toBe(
      arch[`${level}_mkspecial`](arch[`${level}_modify`](entry, entry)),
    );
  else expect(special).toBe(entry);
};

const changesAreIdempotent: Law = (arch, level, entry) => {
  for (const name of ['mkold', 'mkyoung', 'mkclean', 'mkdirty', 'mkwrite', 'wrprotect'] as const) {
    const helper = arch[`${level}_${name}`];
    expect(helper(helper(entry))).toBe(helper(entry));
  }
  const once = arch[`${level}_modify`](entry, arch.PAGE_NONE);
  expect(arch[`${level}_modify`](once, arch.PAGE_NONE)).toBe(once);
};

const protnoneIsPresent: Law = (arch, level, entry) => {
  if (level === 'pud') return;
  const none = arch[`${level}_modify`](entry, arch.PAGE_NONE);
  expect(arch[`${level}_present`](none)).toBe(true);
  expect(arch.hardware.permits(level === 'pte' ? 0 : 1, none, false, false)).toBe(false);
  expect(arch[`${level}_protnone`](entry)).toBe(false);
};

const softDirtyIsAbsent: Law = (arch, level, entry) => {
  expect(arch[`${level}_soft_dirty`](arch[`${level}_mksoft_dirty`](entry))).toBe(false);
  expect(arch[`${level}_clear_soft_dirty`](entry)).toBe(entry);
};

const LAWS: ReadonlyArray<readonly [string, Law]> = [
  ['mkyoung and mkold are opposites', youngAndOld],
  ['mkdirty and mkclean are opposites, and wrprotect keeps the dirty state', dirtyAndClean],
  ['mkwrite and wrprotect are opposites', writableAndNot],
  ['an invalidated leaf is still a leaf', hugeAndInvalid],
  ['mkspecial marks, or leaves the entry alone', specialOrStub],
  ['each change made twice is made once', changesAreIdempotent],
  ['PROT_NONE is present and faults', protnoneIsPresent],
  ['there is no soft-dirty state', softDirtyIsAbsent],
];

/** Entries of user space as Linux makes them: a protection of the map, with any software bits. */
const entriesOf = (arch: ArchArm64): fc.Arbitrary<Prot> =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 15 }).filter((flags) => flags !== 8),
      fc.bigInt({ min: 0n, max: 15n }),
    )
    .map(([flags, software]) => arch.vm_get_page_prot(flags) | arch.protOf(software << 55n));

describe.each([...builds, ...gated])('%s', (_name, build) => {
  const arch = arm64(build);
  for (const level of ['pte', 'pmd', 'pud'] as const) {
    test.each(LAWS)(`${level}: %s`, (_law, law) => {
      fc.assert(
        fc.property(entriesOf(arch), (entry) => law(arch, level, entry)),
        { seed: SEED, numRuns: 60 },
      );
    });
  }
});
