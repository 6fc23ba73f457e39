// Goal: an option that is off puts the generic fallback in force, and nothing else changes. Method: each gate off alone.
import { ARM64_GATES, createArchArm64 } from '@pfnmap/arch-arm64';
import { resolveKernel } from '@pfnmap/kconfig';
import { expect, test } from 'vitest';
import { arm64, configOf, PLAIN_CPU } from './kernels.ts';

const SPECIAL_BLOCK = 0x0168001000200fcdn;

test('without ARCH_SUPPORTS_PMD_PFNMAP a PMD is never special and cannot be made so', () => {
  const off = arm64({ without: ['ARCH_SUPPORTS_PMD_PFNMAP'] });
  const block = off.protOf(SPECIAL_BLOCK);
  expect(off.pmd_special(block)).toBe(false);
  expect(off.pmd_mkspecial(0)).toBe(0);
  expect(off.pte_special(block)).toBe(true);
  const on = arm64();
  expect(on.pmd_special(block)).toBe(true);
  expect(on.pgprot_val(on.pmd_mkspecial(0))).toBe(1n << 56n);
});

test('without TRANSPARENT_HUGEPAGE no PMD is a transparent huge page, or device memory', () => {
  const off = arm64({ without: ['TRANSPARENT_HUGEPAGE', 'ARCH_SUPPORTS_PMD_PFNMAP'] });
  expect(off.hasPmdThp).toBe(false);
  expect(off.pmd_trans_huge(off.protOf(SPECIAL_BLOCK))).toBe(false);
  expect(off.pmd_leaf(off.protOf(SPECIAL_BLOCK))).toBe(true);
  expect(off.pmd_devmap(-1)).toBe(false);
  expect(off.pte_devmap(-1)).toBe(true);
  expect(arm64().hasPmdThp).toBe(true);
});

test('no PUD is special, device memory or a transparent huge page in any configuration', () => {
  for (const kernel of ['6.12.117', '7.3.4'] as const) {
    const arch = arm64({ kernel });
    expect(arch.hasPudThp).toBe(false);
    expect([arch.pud_special(-1), arch.pud_devmap(-1), arch.pud_trans_huge(-1)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(arch.pud_mkspecial(5)).toBe(5);
  }
});

test('PROT_NONE is told apart with NUMA_BALANCING or ARCH_HAS_PTE_PROTNONE', () => {
  const neither = arm64({ without: ['NUMA_BALANCING'] });
  const later = arm64({ kernel: '7.3.4', without: ['NUMA_BALANCING'] });
  expect(neither.pte_protnone(neither.PAGE_NONE)).toBe(false);
  expect(neither.pmd_protnone(neither.PAGE_NONE)).toBe(false);
  expect(later.pte_protnone(later.PAGE_NONE)).toBe(true);
  expect(arm64().pte_protnone(arm64().PAGE_NONE)).toBe(true);
});

test('before patch 18 pmd_pgprot and pud_pgprot report protection 0, pte_pgprot the real one', () => {
  const before = arm64({ without: ['SERIES_PATCH_18', 'ARCH_SUPPORTS_PMD_PFNMAP'] });
  const prot = before.protOf(SPECIAL_BLOCK);
  expect([before.pmd_pgprot(prot), before.pud_pgprot(prot)]).toEqual([0, 0]);
  expect(before.pte_pgprot(prot)).toBe(prot);
  const after = arm64();
  expect([after.pmd_pgprot(prot), after.pud_pgprot(prot)]).toEqual([prot, prot]);
});

test('without HAVE_ARCH_USERFAULTFD_WP no entry is marked for userfaultfd', () => {
  const off = arm64({ without: ['HAVE_ARCH_USERFAULTFD_WP'] });
  expect([off.pte_uffd_wp(-1), off.pmd_uffd_wp(-1), off.pte_swp_uffd_wp(-1)]).toEqual([
    ...[false, false, false],
  ]);
  const entry = off.PAGE_SHARED;
  expect([off.pte_mkuffd_wp(entry), off.pmd_clear_uffd_wp(-1)]).toEqual([entry, -1]);
  expect([off.pte_swp_mkuffd_wp(0), off.pte_swp_clear_uffd_wp(8)]).toEqual([0, 8]);
});

test.each([
  ['ARM64_HW_AFDBM', { hafdbs: true }],
  ['ARM64_MTE', { mte: true }],
  ['ARM64_POE', { poe: true }],
  ['ARM64_GCS', { gcs: true }],
] as const)('without %s the kernel does not use what the CPU has', (symbol, feature) => {
  const cpu = { ...PLAIN_CPU, hafdbs: false, ...feature };
  const on = arm64({ kernel: '7.3.4', cpu });
  const off = arm64({ kernel: '7.3.4', cpu, without: [symbol] });
  const none = arm64({ kernel: '7.3.4', cpu: { ...PLAIN_CPU, hafdbs: false } });
  const answers = (arch: typeof on) => [
    arch.hardware.permits(0, arch.PAGE_SHARED, true, false),
    arch.MAIR_EL1,
    arch.vm_get_page_prot(11, 5),
    arch.vm_get_page_prot(3, 1 << 6),
  ];
  expect(answers(off)).toEqual(answers(none));
  expect(answers(on)).not.toEqual(answers(none));
});

test('every gate is a symbol of the kernels that can be configured', () => {
  for (const profile of ['6.11', '6.12', '6.12.117', '7.3']) {
    const config = resolveKernel({ profile, arch: 'arm64', with: ['TRANSPARENT_HUGEPAGE'] });
    for (const symbol of ARM64_GATES) expect(() => config.enabled(symbol)).not.toThrow();
    const arch = createArchArm64({ config, cpu: PLAIN_CPU });
    const isBefore = profile === '6.11';
    expect(arch.pmd_special(arch.protOf(SPECIAL_BLOCK))).toBe(!isBefore);
    expect(arch.pmd_pgprot(1)).toBe(isBefore ? 0 : 1);
    expect((arch.format.tableProt & 0x400) !== 0).toBe(profile === '7.3');
    expect(arch.pte_devmap(-1)).toBe(profile !== '7.3');
  }
});

test('the factory asks for the listed gates and no others, each once', () => {
  const asked: string[] = [];
  const config = configOf(new Set(['ARM64_64K_PAGES', 'ARM64_VA_BITS_52']));
  const enabled = (symbol: string): boolean => {
    asked.push(symbol);
    return config.enabled(symbol);
  };
  createArchArm64({ config: { ...config, enabled }, cpu: PLAIN_CPU });
  expect(new Set(asked).size).toBe(asked.length);
  expect(new Set(asked)).toEqual(new Set(ARM64_GATES));
});
