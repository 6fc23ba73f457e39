// Goal: a range mapped in one call is the same pages mapped one by one, and unmapping it leaves nothing behind. Method: every
// page of ranges that begin and end anywhere is translated; tables are counted by the frames in use.
import {
  type ArchPgtable,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type Pgtable,
  type PgtableLevel,
  type PgtableRoot,
} from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arm64, EVERY_SHAPE, pageTables, x86 } from './architectures.ts';

const BASE = 2 ** 35;
const userProt = (arch: ArchPgtable): number => arch.vm_get_page_prot(0xb);

/** The levels of the leaves in a range, one letter a leaf. */
function leavesOf(pt: Pgtable, root: PgtableRoot, address: number, bytes: number): string {
  const { levels } = pt.arch.geometry;
  let found = '';
  for (let at = address; at < address + bytes; ) {
    const slot = pt.walk(root, at);
    const { level } = pt.walked;
    found += pt.translate(root, at) < 0 ? '-' : 'tmg'[level];
    expect(slot).toBeGreaterThan(0);
    at = (Math.floor(at / levels[level].size) + 1) * levels[level].size;
  }
  return found;
}

describe('mapRange()', () => {
  const arch = x86(4);
  const MiB = 2 ** 20;
  const GiB = 2 ** 30;
  const map = (
    bytes: number,
    largest: PgtableLevel,
    { address = BASE, pfn = 0x100000 } = {},
  ): { leaves: string; mapped: number } => {
    const { pt } = pageTables(arch, 64);
    const root = pt.pgd_alloc();
    const mapped = pt.mapRange(root, { address, bytes, pfn, prot: userProt(arch), largest });
    return { leaves: leavesOf(pt, root, address, bytes), mapped };
  };

  test('the largest leaf that is allowed and aligned is used', () => {
    expect(map(GiB + 4 * MiB, PGTABLE_LEVEL_PUD).leaves).toBe('gmm');
    expect(map(4 * MiB, PGTABLE_LEVEL_PMD).leaves).toBe('mm');
    expect(map(4 * MiB + 0x1000, PGTABLE_LEVEL_PMD).leaves).toBe('mmt');
    expect(map(2 * MiB, PGTABLE_LEVEL_PTE).leaves).toBe('t'.repeat(512));
  });

  test('a frame that is not in phase with the address makes small leaves', () => {
    const smaller = map(GiB, PGTABLE_LEVEL_PUD, { pfn: 0x100000 + 512 });
    expect(smaller.leaves).toBe('m'.repeat(512));
    const smallest = map(2 * MiB, PGTABLE_LEVEL_PUD, { pfn: 0x100001 });
    expect(smallest.leaves).toBe('t'.repeat(512));
  });

  test('a range that begins inside a leaf of the next size grows into it', () => {
    const address = BASE + 2 * MiB - 0x2000;
    const pfn = 0x100000 + 512 - 2;
    expect(map(2 * MiB + 0x3000, PGTABLE_LEVEL_PMD, { address, pfn }).leaves).toBe('ttmt');
  });

  test('it stops where an entry is in use, and says how far it came', () => {
    const { pt } = pageTables(arch, 64);
    const root = pt.pgd_alloc();
    pt.mapPage(PGTABLE_LEVEL_PTE, root, BASE + 0x5000, 7, userProt(arch));
    const range = { address: BASE, bytes: 0x10000, pfn: 0x900, prot: userProt(arch) };
    expect(pt.mapRange(root, { ...range, largest: PGTABLE_LEVEL_PTE })).toBe(0x5000);
    expect(pt.translate(root, BASE + 0x4000)).toBe(0x904);
    expect(pt.translate(root, BASE + 0x5000)).toBe(7);
    expect(pt.translate(root, BASE + 0x6000)).toBe(-1);
  });

  test('it stops below a leaf, and when RAM is exhausted', () => {
    const leaf = pageTables(arch, 64).pt;
    const root = leaf.pgd_alloc();
    const prot = userProt(arch);
    leaf.mapPage(PGTABLE_LEVEL_PMD, root, BASE, 0x200, arch.pmd_mkhuge(prot));
    const range = {
      address: BASE,
      bytes: 0x1000,
      pfn: 1,
      prot,
      largest: PGTABLE_LEVEL_PTE,
    } as const;
    expect(leaf.mapRange(root, range)).toBe(0);
    const small = pageTables(arch, 6).pt;
    const bytes = 64 * MiB;
    // The first frame is never used and one is the PGD; of the other four one is a PUD table and one a PMD table.
    expect(small.mapRange(small.pgd_alloc(), { ...range, bytes })).toBe(4 * MiB);
  });
});

describe.each(EVERY_SHAPE)('%s', (_name, make) => {
  const arch = make();
  const { pageSize, levels } = arch.geometry;
  const seed = 11;

  test('every page of a range is the page that follows, and none outside is mapped', () => {
    const anywhere = fc.record({
      page: fc.nat(3 * levels[1].entries),
      pages: fc.integer({ min: 1, max: 3000 }),
      inPhase: fc.boolean(),
      largest: fc.constantFrom(PGTABLE_LEVEL_PTE, PGTABLE_LEVEL_PMD),
    });
    const mapsAll = fc.property(anywhere, ({ page, pages, inPhase, largest }) => {
      const { pt, mem } = pageTables(arch, 40);
      const root = pt.pgd_alloc();
      const address = page * pageSize;
      const bytes = pages * pageSize;
      const pfn = 2 ** 20 + page + (inPhase ? 0 : 1);
      const used = mem.framesInUse();
      expect(pt.mapRange(root, { address, bytes, pfn, prot: userProt(arch), largest })).toBe(bytes);
      for (let index = 0; index < pages; index++) {
        expect(pt.translate(root, address + index * pageSize)).toBe(pfn + index);
      }
      if (page > 0) expect(pt.translate(root, address - 1)).toBe(-1);
      expect(pt.translate(root, address + bytes)).toBe(-1);

      pt.unmapRange(root, address, bytes);
      for (let index = 0; index < pages; index++) {
        expect(pt.translate(root, address + index * pageSize)).toBe(-1);
      }
      // Tables at the ends of the range stay; those of the span that holds it go.
      const span = levels[4].size;
      const first = Math.floor(address / span) * span;
      pt.unmapRange(root, first, Math.ceil((address + bytes - first) / span) * span);
      expect(mem.framesInUse()).toBe(used);
      expect(root.pgtables_bytes).toBe(0);
    });
    fc.assert(mapsAll, { seed, numRuns: 12 });
  });
});

describe('unmapRange()', () => {
  const shapes: ReadonlyArray<readonly [string, ArchPgtable]> = [
    ['x86_64', x86(4)],
    ['arm64', arm64('ARM64_4K_PAGES', 'ARM64_VA_BITS_48')],
  ];
  test.each(shapes)('%s: a table goes when the range covers its whole span', (_name, arch) => {
    const { pt, mem } = pageTables(arch, 64);
    const root = pt.pgd_alloc();
    const prot = userProt(arch);
    const [, pmd, pud] = arch.geometry.levels;
    const range = { pfn: 0, prot, largest: PGTABLE_LEVEL_PTE } as const;
    pt.mapRange(root, { ...range, address: BASE, bytes: 2 * pmd.size });
    expect(mem.framesInUse()).toBe(5);
    pt.unmapRange(root, BASE, 2 * pmd.size - 0x1000);
    expect(mem.framesInUse()).toBe(4);
    expect(pt.translate(root, BASE + 2 * pmd.size - 1)).toBe(1023);
    pt.unmapRange(root, BASE, pud.size);
    expect(mem.framesInUse()).toBe(2);
    pt.unmapRange(root, 0, 2 ** 39);
    expect(mem.framesInUse()).toBe(1);
    expect(root.pgtables_bytes).toBe(0);
  });

  test.each(shapes)('%s: a leaf that the range covers in part goes away whole', (_name, arch) => {
    const { pt } = pageTables(arch, 64);
    const root = pt.pgd_alloc();
    const [, pmd] = arch.geometry.levels;
    const range = { address: BASE, bytes: 2 * pmd.size, pfn: 0x200, prot: userProt(arch) };
    pt.mapRange(root, { ...range, largest: PGTABLE_LEVEL_PMD });
    pt.unmapRange(root, BASE + 0x1000, 0x1000);
    expect(leavesOf(pt, root, BASE, 2 * pmd.size)).toBe('-m');
  });
});
