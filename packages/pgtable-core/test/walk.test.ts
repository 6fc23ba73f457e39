// Goal: the tables in simulated RAM are what hardware would walk. Method: a walker of our own reads the bytes of the frames by
// the rules of the manuals (Intel SDM 4.5, Arm ARM D8.2) and must arrive where pt.walk() arrives.
import {
  type ArchPgtable,
  createPgtable,
  createPhysMem,
  encodeEntry,
  hiOfWord,
  LEVEL_NAMES,
  loOfWord,
  NO_SLOT,
  PGTABLE_LEVEL_PGD,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type Pgtable,
  type PgtableLevel,
  type PgtableRoot,
  splitEntry,
  wordAt,
} from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { EVERY_SHAPE, pageTables } from './architectures.ts';
import { hardwareWalk } from './hardware-walk.ts';

const existing = (arch: ArchPgtable): PgtableLevel[] =>
  arch.geometry.levels.filter(({ folded }) => !folded).map(({ level }) => level);

/** Addresses that have every index once at its lowest, its highest and in between, at each level. */
function probes(arch: ArchPgtable): number[] {
  const { levels, vaBits } = arch.geometry;
  // Half of the address space is the user's on x86_64, all of it is a table of its own on arm64.
  const limit = 2 ** (arch.name === 'x86_64' ? vaBits - 1 : vaBits);
  const found = [0, limit - 1];
  for (const { folded, size, entries } of levels) {
    if (folded) continue;
    for (const index of [1, entries >>> 1, entries - 1]) {
      if (size * index < limit) found.push(size * index, size * index + size - 1);
    }
  }
  return [...new Set(found)].filter(Number.isSafeInteger);
}

const protOfLeaf = (arch: ArchPgtable): number => arch.vm_get_page_prot(0xf);

describe.each(EVERY_SHAPE)('%s', (_name, make) => {
  const arch = make();
  const fill = (pt: Pgtable, root: PgtableRoot, address: number, pfn: number): number => {
    const slot = pt.walkAlloc(PGTABLE_LEVEL_PTE, root, address);
    pt.set(PGTABLE_LEVEL_PTE, slot, pfn, protOfLeaf(arch));
    return slot;
  };

  test('an empty address space ends every walk in the top table', () => {
    const { pt, mem } = pageTables(arch);
    const root = pt.pgd_alloc();
    for (const address of probes(arch)) {
      const slot = pt.walk(root, address);
      const top = Math.max(
        ...existing(arch)
          .slice(0, -1)
          .map((level) => level + 1),
      ) as PgtableLevel;
      expect(pt.walked.level).toBe(top === 4 ? PGTABLE_LEVEL_PGD : top);
      expect(wordAt(mem.lanes, slot)).toBe(0n);
      expect(hardwareWalk(arch, mem, root, address).word).toBe(0n);
    }
    expect(root.pgtables_bytes).toBe(0);
  });

  test('every page that is mapped is found by its address, by the model and by hardware', () => {
    const { pt, mem } = pageTables(arch, 256);
    const root = pt.pgd_alloc();
    const addresses = probes(arch);
    for (const [index, address] of addresses.entries()) fill(pt, root, address, 0x30000 + index);
    const { pageSize } = arch.geometry;
    const pages = new Map<number, number>();
    for (const [index, address] of addresses.entries()) {
      pages.set(Math.floor(address / pageSize), 0x30000 + index);
    }
    for (const address of addresses) {
      const slot = pt.walk(root, address);
      expect(pt.walked.level).toBe(PGTABLE_LEVEL_PTE);
      const { level, word } = hardwareWalk(arch, mem, root, address);
      expect(level).toBe(PGTABLE_LEVEL_PTE);
      expect(wordAt(mem.lanes, slot)).toBe(word);
      expect(splitEntry(arch, PGTABLE_LEVEL_PTE, word)).toEqual({
        pfn: pages.get(Math.floor(address / pageSize)),
        prot: protOfLeaf(arch),
      });
    }
  });

  test('offsets and allocation lead to the same slots, level by level', () => {
    const { pt } = pageTables(arch, 256);
    const root = pt.pgd_alloc();
    for (const address of probes(arch)) {
      const pgdp = pt.pgd_offset(root, address);
      const p4dp = pt.p4d_alloc(root, pgdp, address);
      const pudp = pt.pud_alloc(root, p4dp, address);
      const pmdp = pt.pmd_alloc(root, pudp, address);
      const ptep = pt.pte_alloc(root, pmdp, address);
      expect(pt.p4d_offset(pgdp, address)).toBe(p4dp);
      expect(pt.pud_offset(p4dp, address)).toBe(pudp);
      expect(pt.pmd_offset(pudp, address)).toBe(pmdp);
      expect(pt.pte_offset(pmdp, address)).toBe(ptep);
      expect(pt.walkAlloc(PGTABLE_LEVEL_PTE, root, address)).toBe(ptep);
      expect(pt.walkAlloc(PGTABLE_LEVEL_PMD, root, address)).toBe(pmdp);
      expect(pt.walkAlloc(PGTABLE_LEVEL_PUD, root, address)).toBe(pudp);
    }
  });

  test('a folded level is the level above, and is never empty', () => {
    const { pt } = pageTables(arch);
    const root = pt.pgd_alloc();
    const { levels } = arch.geometry;
    const pgdp = pt.pgd_offset(root, 0);
    const empty = [pt.pgd_none, pt.p4d_none, pt.pud_none].map((none) => none(pgdp));
    expect(empty).toEqual([3, 2, 1].map((below) => !levels[below as PgtableLevel].folded));
    expect(pt.pmd_none(pgdp)).toBe(true);
  });

  test('each table counts one page, the P4D and the PGD none', () => {
    const { pt, mem } = pageTables(arch);
    const root = pt.pgd_alloc();
    fill(pt, root, 0, 1);
    const tables = existing(arch).filter((level) => level <= PGTABLE_LEVEL_PUD);
    expect(root.pgtables_bytes).toBe(tables.length * arch.geometry.pageSize);
    expect(mem.framesInUse()).toBe(existing(arch).length);
  });

  test.each(existing(arch).filter((level) => level === 1 || level === 2))(
    'a leaf of level %i ends the walk of its whole span, and is not read as a table',
    (level) => {
      const { pt, mem } = pageTables(arch);
      const root = pt.pgd_alloc();
      const { size, order } = arch.geometry.levels[level];
      const pfn = 2 ** order * 3;
      const base = size;
      const slot = pt.walkAlloc(level, root, base);
      const huge = level === PGTABLE_LEVEL_PMD ? arch.pmd_mkhuge : arch.pud_mkhuge;
      pt.set(level, slot, pfn, huge(protOfLeaf(arch)));
      const bytes = root.pgtables_bytes;
      for (const address of [base, base + size / 2, base + size - 1]) {
        expect(pt.walk(root, address)).toBe(slot);
        expect(pt.walked.level).toBe(level);
        expect(hardwareWalk(arch, mem, root, address)).toEqual({
          level,
          word: encodeEntry(arch, level, pfn, huge(protOfLeaf(arch))),
        });
      }
      expect(pt.isTable(slot)).toBe(false);
      const below = level === PGTABLE_LEVEL_PMD ? pt.pte_offset : pt.pmd_offset;
      const alloc = level === PGTABLE_LEVEL_PMD ? pt.pte_alloc : pt.pmd_alloc;
      const name = LEVEL_NAMES[level];
      const isBug = `page walk: a ${name} that is no table is read as one (level=${name}, entry=0x`;
      expect(() => below(slot, base)).toThrow(isBug);
      expect(() => alloc(root, slot, base)).toThrow(isBug);
      expect(pt.walkAlloc(PGTABLE_LEVEL_PTE, root, base)).toBe(NO_SLOT);
      expect(root.pgtables_bytes).toBe(bytes);
    },
  );

  test('a table that is freed leaves its slot empty, its frame free and its bytes uncounted', () => {
    const { pt, mem } = pageTables(arch);
    const root = pt.pgd_alloc();
    fill(pt, root, 0, 1);
    const parents = existing(arch).slice(1);
    for (const parent of parents) {
      let slot = pt.pgd_offset(root, 0);
      const down = [pt.p4d_offset, pt.pud_offset, pt.pmd_offset];
      for (let level = 3; level >= parent; level--) slot = down[3 - level]!(slot, 0);
      const child = Math.max(...existing(arch).filter((level) => level < parent)) as PgtableLevel;
      pt.freeTable(root, child, slot);
      expect(wordAt(mem.lanes, slot)).toBe(0n);
    }
    expect(root.pgtables_bytes).toBe(0);
    expect(mem.framesInUse()).toBe(1);
    pt.pgd_free(root);
    expect(mem.framesInUse()).toBe(0);
  });

  test('without a frame to spare there is NO_SLOT, and what was built stays', () => {
    const levels = existing(arch);
    for (let spare = 0; spare < levels.length - 1; spare++) {
      // One frame is never handed out and one is the PGD.
      const { pt, mem } = pageTables(arch, 2 + spare);
      const root = pt.pgd_alloc();
      expect(pt.walkAlloc(PGTABLE_LEVEL_PTE, root, 0)).toBe(NO_SLOT);
      expect(mem.framesInUse()).toBe(1 + spare);
    }
    const { pt } = pageTables(arch, 1);
    expect(() => pt.pgd_alloc()).toThrow('simulated RAM is exhausted: no frame for a PGD');
  });

  test('setProt keeps the address, set replaces it, clear leaves nothing', () => {
    const { pt, mem } = pageTables(arch);
    const root = pt.pgd_alloc();
    const slot = fill(pt, root, 0, 0x12345);
    const readOnly = arch.vm_get_page_prot(0x9);
    pt.setProt(PGTABLE_LEVEL_PTE, slot, readOnly);
    expect([pt.pfnAt(PGTABLE_LEVEL_PTE, slot), pt.ptep_get(slot)]).toEqual([0x12345, readOnly]);
    pt.set(PGTABLE_LEVEL_PTE, slot, 0x54321, readOnly);
    expect(pt.pfnAt(PGTABLE_LEVEL_PTE, slot)).toBe(0x54321);
    pt.clear(slot);
    expect(wordAt(mem.lanes, slot)).toBe(0n);
    expect(pt.pte_none(slot)).toBe(true);
  });
});

test('memory of another page size is refused with both sizes', () => {
  const arch = EVERY_SHAPE.find(([name]) => name.includes('64K'))![1]();
  const mem = createPhysMem({ pageShift: 12, frames: 8 });
  expect(() => createPgtable(arch, mem)).toThrow(
    `${arch.name} with 65536-byte pages needs memory with frames of that size, not 4096`,
  );
});

test('accessed and dirty bits alone leave an x86_64 entry empty', () => {
  const { pt, mem } = pageTables(EVERY_SHAPE[0]![1]());
  const root = pt.pgd_alloc();
  const pudp = pt.walkAlloc(PGTABLE_LEVEL_PUD, root, 0);
  const word = 0x60n;
  mem.lanes[pudp] = loOfWord(word);
  mem.lanes[pudp + 1] = hiOfWord(word);
  expect(pt.pud_none(pudp)).toBe(true);
  expect(pt.walkAlloc(PGTABLE_LEVEL_PMD, root, 0)).toBeGreaterThan(0);
});
