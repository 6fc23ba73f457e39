// Goal: a run ends where the first entry differs, and flipping bits is storing another protection word. Method: tables of two
// kinds of entries are compared entry by entry; a flip is compared with setProt() on an equal memory.
import {
  type ArchPgtable,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  wordAt,
} from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVERY_SHAPE, pageTables } from './architectures.ts';

describe.each(EVERY_SHAPE)('%s', (_name, make) => {
  const arch: ArchPgtable = make();
  const shared = arch.vm_get_page_prot(0xb);
  const readOnly = arch.vm_get_page_prot(0x9);
  const oneTable = () => {
    const { pt, mem } = pageTables(arch, 8);
    return { pt, mem, first: mem.slotOfFrame(mem.allocFrame()), root: pt.pgd_alloc() };
  };

  test('an empty run ends at the first entry that is not all zero', () => {
    const { pt, mem, first } = oneTable();
    pt.set(PGTABLE_LEVEL_PTE, first + 9 * 2, 1, shared);
    expect(pt.emptyRun(first, 100)).toBe(9);
    expect(pt.emptyRun(first, 4)).toBe(4);
    expect(pt.emptyRun(first + 9 * 2, 4)).toBe(0);
    mem.lanes[first + 3 * 2 + 1] = 1;
    expect(pt.emptyRun(first, 100)).toBe(3);
  });

  test('a tableless run ends at the first table, not at a leaf', () => {
    const { pt, root } = oneTable();
    const { size } = arch.geometry.levels[PGTABLE_LEVEL_PMD];
    const slot = pt.walkAlloc(PGTABLE_LEVEL_PMD, root, 0);
    pt.set(PGTABLE_LEVEL_PMD, slot + 2, 0, arch.pmd_mkhuge(shared));
    pt.walkAlloc(PGTABLE_LEVEL_PTE, root, 5 * size);
    expect(pt.tablelessRun(slot, 20)).toBe(5);
    expect(pt.tablelessRun(slot, 3)).toBe(3);
    expect(pt.tablelessRun(slot + 5 * 2, 20)).toBe(0);
    expect(pt.tablelessRun(slot + 6 * 2, 20)).toBe(20);
  });

  test('flipping the bits in which two protections differ stores the second, for every frame', () => {
    const leaf = (level: PgtableLevel, prot: number): number =>
      level === PGTABLE_LEVEL_PTE ? prot : arch.pmd_mkhuge(prot);
    const usable = [shared, readOnly].flatMap((prot) => [
      arch.pte_mkyoung(prot),
      arch.pte_mkdirty(arch.pte_mkyoung(prot)),
      arch.pte_mkspecial(arch.pgprot_noncached(prot)),
    ]);
    const pair = fc.record({
      pfn: fc.integer({ min: 0, max: 2 ** 36 / 2 ** (arch.geometry.pageShift - 12) - 1 }),
      from: fc.constantFrom(...usable),
      to: fc.constantFrom(...usable),
      level: fc.constantFrom(PGTABLE_LEVEL_PTE, PGTABLE_LEVEL_PMD),
    });
    const flipsAsStores = fc.property(pair, ({ pfn: any, from, to, level }) => {
      const pages = 2 ** arch.geometry.levels[level].order;
      const pfn = Math.floor(any / pages) * pages;
      const [flipped, stored] = [oneTable(), oneTable()];
      for (const { pt, first } of [flipped, stored]) pt.set(level, first, pfn, leaf(level, from));
      flipped.pt.flipProt(flipped.first, leaf(level, from) ^ leaf(level, to));
      stored.pt.set(level, stored.first, pfn, leaf(level, to));
      const words = [flipped, stored].map(({ mem, first }) => wordAt(mem.lanes, first));
      expect(words[0]).toBe(words[1]);
      stored.pt.setProt(level, stored.first, leaf(level, from));
      expect(stored.pt.pfnAt(level, stored.first)).toBe(pfn);
    });
    fc.assert(flipsAsStores, { seed: 12, numRuns: 60 });
  });
});
