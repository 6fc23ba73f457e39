// Goal: page tables of s390 are as large as the machine has them, and their entries are its words. Method: mappings made by
// pgtable-core, read back as words; numbers of the specification and of the kernels' headers.
import { createArchS390, stored } from '@pfnmap/arch-s390';
import { resolveKernel } from '@pfnmap/kconfig';
import {
  createPgtable,
  createPhysMem,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
  wordAt,
} from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROFILES, s390 } from './kernels.ts';

const KiB = 2 ** 10;
const PAGE = 4 * KiB;
/** A page of PCI memory: a cookie in the upper half of 64 bits. */
const COOKIE_PFN = Number(0x4003000000005000n >> 12n);

const tablesOf = (profile: (typeof PROFILES)[number], levels: 3 | 4 = 3) => {
  const arch = s390(profile, [], levels);
  const mem = createPhysMem({ pageShift: 12, frames: 512 });
  const pt = createPgtable(arch, mem);
  return { arch, mem, pt, root: pt.pgd_alloc() };
};

test('B.2: a page, a segment of 1 MiB, a region of 2 GiB; orders 8 and 19', () => {
  const { geometry } = s390();
  const [pte, pmd, pud] = geometry.levels;
  expect([pte, pmd].map(({ shift, order, entries }) => [shift, order, entries])).toEqual([
    [12, 0, 256],
    [20, 8, 2048],
  ]);
  expect([pud.shift, pud.order, geometry.vaBits]).toEqual([31, 19, 42]);
  expect(s390('7.3', [], 4).geometry.vaBits).toBe(53);
});

describe.each(PROFILES)('%s', (profile) => {
  test.each([3, 4] as const)('tables of %i levels are counted by their bytes', (levels) => {
    const { mem, pt, root } = tablesOf(profile, levels);
    const [segment, region] = [16 * KiB, 16 * KiB];
    expect(mem.framesInUse()).toBe(4);
    expect(pt.mapPage(PGTABLE_LEVEL_PTE, root, 0x80001000, COOKIE_PFN, 0x335)).toBe(true);
    const above = segment + (levels === 4 ? region : 0);
    expect(root.pgtables_bytes).toBe(2 * KiB + above);
    expect(mem.framesInUse()).toBe(4 + 1 + above / PAGE);
    pt.unmapRange(root, 0, 2 ** (levels === 4 ? 42 : 31) * 2);
    expect([root.pgtables_bytes, mem.framesInUse()]).toEqual([0, 4]);
  });

  test('a table entry is the word of its level', () => {
    const { mem, pt, root } = tablesOf(profile, 4);
    pt.mapPage(PGTABLE_LEVEL_PTE, root, 0, COOKIE_PFN, 0x335);
    const pgdp = pt.pgd_offset(root, 0);
    const pudp = pt.pud_offset(pt.p4d_offset(pgdp, 0), 0);
    const pmdp = pt.pmd_offset(pudp, 0);
    const low = (level: PgtableLevel, slot: number): bigint =>
      stored(level, wordAt(mem.lanes, slot)) & 0xfffn;
    expect(low(3, pgdp)).toBe(0x00bn);
    expect(low(PGTABLE_LEVEL_PUD, pudp)).toBe(0x007n);
    expect(low(PGTABLE_LEVEL_PMD, pmdp)).toBe(profile === '7.3' ? 1n : 0n);
    expect(stored(0, wordAt(mem.lanes, pt.pte_offset(pmdp, 0)))).toBe(0x4003000000005335n);
  });

  test('empty entries are the empty words of their levels, and nothing is mapped there', () => {
    const { arch, mem, pt, root } = tablesOf(profile, 4);
    pt.mapPage(PGTABLE_LEVEL_PTE, root, 0, COOKIE_PFN, 0x335);
    expect([0, 1, 2, 3].map((level) => stored(level as PgtableLevel, 0n))).toEqual([
      0x400n,
      0x20n,
      0x24n,
      0x28n,
    ]);
    for (const address of [PAGE, 2 ** 20, 2 ** 31, 2 ** 42]) {
      const slot = pt.walk(root, address);
      expect(wordAt(mem.lanes, slot)).toBe(0n);
      expect(pt.translate(root, address)).toBe(-1);
      expect(arch.decode(pt.walked.level, 0n).kind).toBe('none');
    }
    expect(pt.translate(root, 0)).toBe(COOKIE_PFN);
  });

  test('whatever is stored is read again', () => {
    const { pt, root } = tablesOf(profile);
    const [pte, pmd] = [
      pt.walkAlloc(PGTABLE_LEVEL_PTE, root, 0),
      pt.walkAlloc(PGTABLE_LEVEL_PMD, root, 2 ** 20),
    ];
    const keeps = fc.property(
      fc.nat(2 ** 52 - 1),
      fc.nat(0xfff),
      fc.nat(0xffff),
      (pfn, page, segment) => {
        pt.set(PGTABLE_LEVEL_PTE, pte, pfn, page);
        expect([pt.pfnAt(PGTABLE_LEVEL_PTE, pte), pt.ptep_get(pte)]).toEqual([pfn, page]);
        const first = pfn - (pfn % 256);
        pt.set(PGTABLE_LEVEL_PMD, pmd, first, segment | 0x400);
        expect([pt.pfnAt(PGTABLE_LEVEL_PMD, pmd), pt.pmdp_get(pmd)]).toEqual([
          first,
          segment | 0x400,
        ]);
      },
    );
    fc.assert(keeps, { seed: 390 });
  });

  test('a run of entries is copied with bits changed, the inverted one among them', () => {
    const { arch, pt, root } = tablesOf(profile);
    const from = pt.walkAlloc(PGTABLE_LEVEL_PTE, root, 0);
    const to = pt.walkAlloc(PGTABLE_LEVEL_PTE, root, 2 ** 20);
    pt.set(PGTABLE_LEVEL_PTE, from, COOKIE_PFN, 0x13d);
    pt.set(PGTABLE_LEVEL_PTE, from + 4, COOKIE_PFN + 2, 0x731);
    pt.copyRun(PGTABLE_LEVEL_PTE, from, to, 3, (pte) => arch.pte_mkold(arch.pte_mkclean(pte)));
    expect([to, to + 2, to + 4].map((slot) => pt.pte_none(slot))).toEqual([false, true, false]);
    expect([pt.ptep_get(to), pt.ptep_get(to + 4)]).toEqual([0x731, 0x731]);
    expect(pt.pfnAt(PGTABLE_LEVEL_PTE, to + 4)).toBe(COOKIE_PFN + 2);
  });

  test('K-S4, 30.4: special PMDs and PUDs do not exist, special PTEs do', () => {
    const arch = s390(profile);
    expect(arch.pte_special(arch.pte_mkspecial(0x335))).toBe(true);
    for (const entry of [0, 0x1703, 0xffff]) {
      expect([arch.pmd_mkspecial(entry), arch.pud_mkspecial(entry)]).toEqual([entry, entry]);
      expect([arch.pmd_special(entry), arch.pud_special(entry)]).toEqual([false, false]);
    }
    expect([arch.hasPudThp, arch.hasPmdThp]).toEqual([false, true]);
  });

  test('B.3: a special page, shared for reading and writing', () => {
    const arch = s390(profile);
    expect(arch.vm_get_page_prot(0xb)).toBe(0x731);
    expect(arch.pte_mkspecial(0x731)).toBe(0x771);
    // pfn_pte() makes it young, as the headers say (test/vectors): 0x771 is never seen in a table.
    expect(arch.pte_mkspecial(arch.protOfNewPte(0x731))).toBe(0x375);
  });

  test('P08-S3: the protection of a PTE is real, those of PMDs and PUDs are 0', () => {
    const arch = s390(profile);
    expect([0x13d, 0x335, 0x731].map((pte) => arch.pte_pgprot(pte))).toEqual([0x13d, 0x13d, 0x13d]);
    expect(arch.pte_pgprot(0x711)).toBe(0x315);
    expect([arch.pmd_pgprot(0xffff), arch.pud_pgprot(0xffff)]).toEqual([0, 0]);
  });

  test('the CPU asks INVALID, PROTECT and NOEXEC, and notes nothing', () => {
    const { hardware } = s390(profile);
    const permits = (pte: number) =>
      [hardware.permits(0, pte, false, false), hardware.permits(0, pte, true, false)].map(Number);
    expect([0x731, 0x335, 0x13d].map(permits)).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
    ]);
    expect([
      hardware.permits(0, 0x13d, false, true),
      hardware.permits(0, 0x03d, false, true),
    ]).toEqual([false, true]);
    expect(hardware.accessed(0, 0x335, false)).toBe(0x335);
    expect(hardware.permits(1, 0x1703, false, false)).toBe(true);
    expect(hardware.permits(1, 0x1723, false, false)).toBe(false);
  });
});

test('entries are decoded with the names of the kernel', () => {
  const old = s390('6.12.117');
  const recent = s390('7.3');
  expect(old.decode(PGTABLE_LEVEL_PTE, stored(0, 0x4003000000005335n))).toEqual({
    kind: 'leaf',
    address: 0x4003000000005000n,
    flags: ['PRESENT', 'YOUNG', 'READ', 'WRITE', 'NOEXEC', 'PROTECT'],
    memoryType: '',
  });
  expect(old.decode(PGTABLE_LEVEL_PMD, stored(1, 0x12301703n)).flags).toEqual([
    'READ',
    'WRITE',
    'NOEXEC',
    'PROTECT',
    'LARGE',
    'YOUNG',
  ]);
  expect(recent.decode(PGTABLE_LEVEL_PMD, stored(1, 0x1230d701n)).flags).toEqual([
    'PRESENT',
    'NOEXEC',
    'PROTECT',
    'LARGE',
    'YOUNG',
    'READ',
    'WRITE',
  ]);
  expect(recent.decode(PGTABLE_LEVEL_PMD, stored(1, 0x8001n)).kind).toBe('table');
  expect(old.decode(PGTABLE_LEVEL_PTE, stored(0, 0x12345600n)).kind).toBe('not present');
});

test('without an option its helpers are the fallbacks', () => {
  const config = resolveKernel({
    profile: '6.12.117',
    arch: 's390',
    without: ['TRANSPARENT_HUGEPAGE'],
  });
  const arch = createArchS390({ config, levels: 3 });
  expect([arch.hasPmdThp, arch.pmd_trans_huge(0x1703), arch.pmd_leaf(0x1703)]).toEqual([
    false,
    false,
    true,
  ]);
  const noSoftDirty = s390('6.12.117', ['MEM_SOFT_DIRTY']);
  expect([noSoftDirty.pte_mksoft_dirty(1), noSoftDirty.pte_mkdirty(1)]).toEqual([1, 9]);
  expect([s390().pte_mksoft_dirty(1), s390().pte_mkdirty(1)]).toEqual([3, 11]);
  expect(s390().update.hasSoftDirty).toBe(true);
});
