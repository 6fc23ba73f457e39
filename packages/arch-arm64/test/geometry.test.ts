// Goal: every page size and address width has the levels of Linux. Method: the table of the architecture, row by row.
import { createArm64Geometry } from '@pfnmap/arch-arm64';
import { describe, expect, test } from 'vitest';
import { arm64, type Build, PLAIN_CPU, WIDE_CPU } from './kernels.ts';

// [page shift, VA bits, levels, PGD shift, PGD entries, PUD shift or 0, PMD shift or 0, entries of a whole table]
const ROWS = [
  [12, 39, 3, 30, 512, 0, 21, 512],
  [12, 48, 4, 39, 512, 30, 21, 512],
  [12, 52, 5, 48, 16, 30, 21, 512],
  [14, 36, 2, 25, 2048, 0, 0, 2048],
  [14, 47, 3, 36, 2048, 0, 25, 2048],
  [14, 48, 4, 47, 2, 36, 25, 2048],
  [14, 52, 4, 47, 32, 36, 25, 2048],
  [16, 42, 2, 29, 8192, 0, 0, 8192],
  [16, 48, 3, 42, 64, 0, 29, 8192],
  [16, 52, 3, 42, 1024, 0, 29, 8192],
] as const;

test.each(ROWS)(
  'pages of 2^%i bytes and %i address bits make %i levels: PGD 2^%i with %i entries, PUD 2^%i, PMD 2^%i',
  (pageShift, vaBits, levels, pgdShift, pgdEntries, pudShift, pmdShift, tableEntries) => {
    const geometry = createArm64Geometry(pageShift, vaBits);
    const [pte, pmd, pud, p4d, pgd] = geometry.levels;
    expect(geometry.levels.filter(({ folded }) => !folded)).toHaveLength(levels as number);
    expect([pgd.shift, pgd.entries]).toEqual([pgdShift, pgdEntries]);
    expect(pud.folded ? 0 : pud.shift).toBe(pudShift);
    expect(pmd.folded ? 0 : pmd.shift).toBe(pmdShift);
    expect([pte.shift, pte.entries]).toEqual([pageShift, tableEntries]);
    if (!pmd.folded) expect(pmd.entries).toBe(tableEntries);
    if (!pud.folded) expect(pud.entries).toBe(tableEntries);
    expect(p4d.folded ? 0 : p4d.shift).toBe(levels === 5 ? 39 : 0);
  },
);

test.each([
  [12, 9, 18],
  [14, 11, 22],
  [16, 13, 26],
] as const)('pages of 2^%i bytes have PMD_ORDER %i and PUD_ORDER %i', (pageShift, pmd, pud) => {
  const { levels } = createArm64Geometry(pageShift, 48);
  expect(levels[1].order).toBe(pmd);
  if (!levels[2].folded) expect(levels[2].order).toBe(pud);
  expect(pageShift + 2 * (pageShift - 3) - pageShift).toBe(pud);
});

describe('a kernel built for 52 bits folds its extra level on a CPU without them', () => {
  const cases: ReadonlyArray<readonly [string, Build, number, number]> = [
    ['4K pages, nothing wide', { page: '4K', va: 52, pa: 52, cpu: PLAIN_CPU }, 48, 4],
    [
      '4K pages, arm64.nolva',
      { page: '4K', va: 52, pa: 52, cpu: { ...WIDE_CPU, va52: false } },
      48,
      4,
    ],
    ['4K pages, no LPA2', { page: '4K', va: 52, pa: 52, cpu: { ...WIDE_CPU, lpa2: false } }, 48, 4],
    ['4K pages, LPA2', { page: '4K', va: 52, pa: 52, cpu: WIDE_CPU }, 52, 5],
    ['16K pages, nothing wide', { page: '16K', va: 52, pa: 52, cpu: PLAIN_CPU }, 47, 3],
    ['16K pages, LPA2', { page: '16K', va: 52, pa: 52, cpu: WIDE_CPU }, 52, 4],
    ['64K pages, nothing wide', { page: '64K', va: 52, pa: 52, cpu: PLAIN_CPU }, 48, 3],
    ['64K pages, LVA', { page: '64K', va: 52, pa: 52, cpu: { ...WIDE_CPU, lpa2: false } }, 52, 3],
  ];
  test.each(cases)('%s', (_name, build, vaBits, levels) => {
    const { geometry } = arm64(build);
    expect(geometry.vaBits).toBe(vaBits);
    expect(geometry.levels.filter(({ folded }) => !folded)).toHaveLength(levels);
  });
});

test('a CPU with wide addresses changes nothing for a kernel built for 48 bits', () => {
  const arch = arm64({ cpu: WIDE_CPU });
  expect(arch.geometry.vaBits).toBe(48);
  expect(arch.lpa2).toBe(false);
  expect(arch.physicalAddressBits).toBe(48);
});

test.each([
  ['4K', 16, 2 ** 16, 16, 2 ** 25],
  ['16K', 128, 2 ** 21, 32, 2 ** 30],
  ['64K', 32, 2 ** 21, 32, 2 ** 34],
] as const)(
  'with %s pages %i PTEs of %i bytes together and %i PMDs of %i bytes can be contiguous',
  (page, ptes, pteSize, pmds, pmdSize) => {
    const arch = arm64({ page });
    expect([arch.CONT_PTES, arch.CONT_PTE_SIZE]).toEqual([ptes, pteSize]);
    expect([arch.CONT_PMDS, arch.CONT_PMD_SIZE]).toEqual([pmds, pmdSize]);
    expect([2 ** arch.CONT_PTE_SHIFT, 2 ** arch.CONT_PMD_SHIFT]).toEqual([pteSize, pmdSize]);
    const cont = arch.pte_mkcont(arch.PAGE_SHARED);
    expect(arch.pte_leaf_size(cont)).toBe(pteSize);
    expect(arch.pte_leaf_size(arch.PAGE_SHARED)).toBe(arch.geometry.pageSize);
    expect(arch.pmd_leaf_size(arch.pmd_mkhuge(cont))).toBe(pmdSize);
    expect(arch.pmd_leaf_size(arch.pmd_mkhuge(arch.PAGE_SHARED))).toBe(
      arch.geometry.levels[1].size,
    );
  },
);

test.each([
  ['4K', true],
  ['16K', false],
  ['64K', false],
] as const)('with %s pages pud_sect_supported() is %s', (page, supported) => {
  expect(arm64({ page }).pud_sect_supported()).toBe(supported);
});

test('a migration entry keeps 36 bits of a frame number with 4K pages, and 40 with LPA2', () => {
  expect(arm64().SWP_PFN_BITS).toBe(36);
  expect(arm64({ va: 52, pa: 52 }).SWP_PFN_BITS).toBe(36);
  expect(arm64({ va: 52, pa: 52, cpu: WIDE_CPU }).SWP_PFN_BITS).toBe(40);
  expect(arm64({ page: '64K', va: 52, pa: 52 }).SWP_PFN_BITS).toBe(36);
});

test('a configuration without a page size is refused with the symbols to turn on', () => {
  expect(() => arm64({ page: '4K', without: ['ARM64_4K_PAGES'] })).toThrow(
    /no page size .*ARM64_4K_PAGES, ARM64_16K_PAGES, ARM64_64K_PAGES/,
  );
  expect(() => arm64({ without: ['ARM64_VA_BITS_48'] })).toThrow(/no virtual address width/);
});
