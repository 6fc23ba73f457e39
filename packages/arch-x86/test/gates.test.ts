// Goal: an option that is off has its fallback in place of the helper, and nothing else changes. Method: each option taken
// away alone, and the configurations of Debian's kernels.
import { createArchX86 } from '@pfnmap/arch-x86';
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { describe, expect, test } from 'vitest';
import { archOf, PLAIN_CPU, SYMBOLS_6_12, SYMBOLS_7_3 } from './fake-config.ts';

const ALL_FLAGS = 0xfff0000000001fffn;
const without = (...off: readonly string[]) =>
  archOf({ symbols: SYMBOLS_6_12.filter((symbol) => !off.includes(symbol)) });
const every = archOf().protOf(ALL_FLAGS);

describe('special bits', () => {
  test('of PMDs and PUDs need patch 17, THP and the option of the level', () => {
    const answers = (off: string) => {
      const arch = without(off);
      return [arch.pte_special(every), arch.pmd_special(every), arch.pud_special(every)];
    };
    expect(answers('')).toEqual([true, true, true]);
    expect(answers('SERIES_PATCH_17')).toEqual([true, false, false]);
    expect(answers('TRANSPARENT_HUGEPAGE')).toEqual([true, false, false]);
    expect(answers('ARCH_SUPPORTS_PMD_PFNMAP')).toEqual([true, false, true]);
    expect(answers('ARCH_SUPPORTS_PUD_PFNMAP')).toEqual([true, true, false]);
  });

  test('are not set where they would not be seen', () => {
    const arch = without('SERIES_PATCH_17');
    expect(arch.pmd_mkspecial(0x2b7 & ~0x200)).toBe(0xb7);
    expect(arch.pud_mkspecial(0xb7)).toBe(0xb7);
    expect(arch.pte_mkspecial(0x37)).toBe(0x237);
  });
});

test('without THP no huge leaf is transparent, and none is created', () => {
  const arch = without('TRANSPARENT_HUGEPAGE');
  expect([arch.hasPmdThp, arch.hasPudThp]).toEqual([false, false]);
  expect([arch.pmd_trans_huge(0x2b7), arch.pud_trans_huge(0x2b7)]).toEqual([false, false]);
  expect([arch.pmd_leaf(0x2b7), arch.pud_leaf(0x2b7)]).toEqual([true, true]);
  const pmdOnly = without('HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD');
  expect([pmdOnly.hasPmdThp, pmdOnly.hasPudThp]).toEqual([true, false]);
});

test('protnone is seen with NUMA balancing, or where the architecture has it', () => {
  expect([archOf().pte_protnone(0x120), archOf().pmd_protnone(0x1a0)]).toEqual([true, true]);
  const blind = without('NUMA_BALANCING');
  expect([blind.pte_protnone(0x120), blind.pmd_protnone(0x1a0)]).toEqual([false, false]);
  expect(blind.pte_present(0x120)).toBe(true);
  const later = archOf({ symbols: SYMBOLS_7_3.filter((symbol) => symbol !== 'NUMA_BALANCING') });
  expect([later.pte_protnone(0x120), later.pmd_protnone(0x1a0)]).toEqual([true, true]);
});

describe('device mappings', () => {
  const arch = archOf();
  const later = archOf({ symbols: SYMBOLS_7_3 });

  test('P03-S3: of 6.12 are special as PTEs only, and no transparent huge leaves', () => {
    const pmd = arch.pmd_mkdevmap(arch.protOf(0x80000000000000b7n));
    expect(arch.pgprot_val(pmd)).toBe(0x82000000000000b7n);
    expect([arch.pmd_trans_huge(pmd), arch.pmd_devmap(pmd), arch.pmd_special(pmd)]).toEqual([
      false,
      true,
      false,
    ]);
    const pte = arch.pte_mkdevmap(arch.protOf(0x8000000000000037n));
    expect(arch.pgprot_val(pte)).toBe(0x8200000000000237n);
    expect([arch.pte_special(pte), arch.pte_devmap(pte)]).toEqual([true, true]);
    expect(arch.pud_devmap(arch.pud_mkdevmap(0xb7))).toBe(true);
  });

  test('do not exist in 7.3', () => {
    expect([later.pte_devmap(every), later.pmd_devmap(every), later.pud_devmap(every)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(later.pmd_trans_huge(every)).toBe(true);
    expect([later.pte_mkdevmap(0x37), later.pmd_mkdevmap(0xb7), later.pud_mkdevmap(0xb7)]).toEqual([
      0x37, 0xb7, 0xb7,
    ]);
  });

  test('without the option are not seen', () => {
    const off = without('ARCH_HAS_PTE_DEVMAP');
    expect([off.pte_devmap(every), off.pmd_devmap(every), off.pud_devmap(every)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(off.pmd_trans_huge(every)).toBe(false);
  });
});

test('a mark that is not built in is neither made, seen nor kept', () => {
  const soft = without('MEM_SOFT_DIRTY');
  expect(soft.pte_mkdirty(0x27)).toBe(0x67);
  expect(soft.pte_swp_mksoft_dirty(0x200)).toBe(0x200);
  expect(soft.pte_swp_soft_dirty(0x202)).toBe(false);
  expect(soft.pte_modify(0x827, 0x25)).toBe(0x25);
  const uffd = without('HAVE_ARCH_USERFAULTFD_WP');
  expect(uffd.pte_mkuffd_wp(0x27)).toBe(0x27);
  expect(uffd.pte_uffd_wp(0x427)).toBe(false);
  expect(uffd.pmd_swp_mkuffd_wp(0x200)).toBe(0x200);
  expect(uffd.pte_modify(0x427, 0x25)).toBe(0x25);
});

describe("Debian's kernels", () => {
  const archOfRelease = (release: string) => {
    const { profile, arch, dotConfig } = configForRelease(release);
    const config = resolveKernel({ profile, arch, dotConfig });
    return createArchX86({ config, levels: 4, cpu: PLAIN_CPU });
  };

  test.each([
    ['6.12.117+deb12-amd64', true, true],
    ['7.3.4+deb13-amd64', true, true],
    ['6.12.117+deb12-rt-amd64', false, false],
  ])('%s has huge pfn mappings of both sizes: %s', (release, pmd, pud) => {
    const arch = archOfRelease(release);
    expect([arch.pmd_special(every), arch.pud_special(every)]).toEqual([pmd, pud]);
    expect([arch.hasPmdThp, arch.hasPudThp]).toEqual([pmd, pud]);
  });

  test('differ in the bit of device mappings and in write-combining', () => {
    const [stable, later] = ['6.12.117+deb12-amd64', '7.3.4+deb13-amd64'].map(archOfRelease);
    expect([stable?.pmd_devmap(every), later?.pmd_devmap(every)]).toEqual([true, false]);
    expect([stable?.pgprot_writecombine(0x37), later?.pgprot_writecombine(0x37)]).toEqual([
      0x3f, 0x2f,
    ]);
  });

  test('before patch 17 have no special huge leaves', () => {
    const { arch, dotConfig } = configForRelease('6.12.117+deb12-amd64');
    const answers = ['posted-16', 'posted-17'].map((profile) => {
      const config = resolveKernel({ profile, arch, dotConfig });
      const model = createArchX86({ config, levels: 4, cpu: PLAIN_CPU });
      return [model.pmd_special(every), model.pud_special(every)];
    });
    expect(answers).toEqual([
      [false, false],
      [true, true],
    ]);
  });
});
