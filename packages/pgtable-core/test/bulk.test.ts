// Goal: work on runs does what work entry by entry does. Method: both are done to equal memories, which must stay equal, with
// frames on both sides of every place where an address wraps or is stored in parts.
import {
  type ArchPgtable,
  type Pgtable,
  type PgtableLevel,
  type Prot,
  type Slot,
  wordAt,
} from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arm64, pageTables, x86 } from './architectures.ts';

const ARCHS: ReadonlyArray<readonly [string, ArchPgtable, maxPfn: number]> = [
  ['x86_64', x86(4), 2 ** 34],
  ['x86_64 without L1TF', x86(4, undefined, false), 2 ** 34],
  ['arm64, 4K pages, LPA2', arm64('ARM64_4K_PAGES', 'ARM64_VA_BITS_52'), 2 ** 40],
  ['arm64, 4K pages, 48 bits', arm64('ARM64_4K_PAGES', 'ARM64_VA_BITS_48'), 2 ** 36],
  ['arm64, 16K pages, LPA2', arm64('ARM64_16K_PAGES', 'ARM64_VA_BITS_52'), 2 ** 38],
  ['arm64, 64K pages, 52 bits', arm64('ARM64_64K_PAGES', 'ARM64_VA_BITS_52'), 2 ** 36],
];

/** Protections of user mappings: shared writable, read-only, none, of the level's own kind. */
function protsOf(arch: ArchPgtable, level: PgtableLevel): Prot[] {
  const ofLevel = { 0: (prot: Prot) => prot, 1: arch.pmd_mkhuge, 2: arch.pud_mkhuge };
  return [0xf, 0x9, 0x8].map((vm_flags) =>
    ofLevel[level as 0 | 1 | 2](arch.vm_get_page_prot(vm_flags)),
  );
}

/** One table with its first slot. */
function oneTable(arch: ArchPgtable): { pt: Pgtable; first: Slot; words: () => bigint[] } {
  const { pt, mem } = pageTables(arch, 4);
  const first = mem.slotOfFrame(mem.allocFrame());
  const entries = arch.geometry.pageSize / 8;
  const words = (): bigint[] =>
    Array.from({ length: entries }, (_, index) => wordAt(mem.lanes, first + index * 2));
  return { pt, first, words };
}

describe.each(ARCHS)('%s', (_name, arch, maxPfn) => {
  const levels = ([0, 1, 2] as const).filter((level) => !arch.geometry.levels[level].folded);

  test('fill() is set() of one frame after the other', () => {
    const seed = 4;
    const run = fc.record({
      level: fc.constantFrom(...levels),
      prot: fc.nat(2),
      // Around the boundaries of a lane and of the parts of an address, and anywhere.
      around: fc.oneof(
        fc.constantFrom(0, 2 ** 16, 2 ** 20, 2 ** 36 / 2 ** arch.geometry.pageShift, maxPfn / 2),
        fc.integer({ min: 0, max: maxPfn - 1 }),
      ),
      before: fc.nat(40),
      start: fc.nat(400),
      count: fc.nat(111),
    });
    const fillsAsSets = fc.property(run, ({ level, prot, around, before, start, count }) => {
      const { order } = arch.geometry.levels[level];
      const step = 2 ** order;
      const pfn = Math.max(0, Math.floor(around / step) - before) * step;
      if (pfn + count * step > maxPfn) return;
      const word = protsOf(arch, level)[prot]!;
      const bulk = oneTable(arch);
      const single = oneTable(arch);
      expect(bulk.pt.fill(level, bulk.first + start * 2, count, pfn, word)).toBe(count);
      for (let index = 0; index < count; index++) {
        single.pt.set(level, single.first + (start + index) * 2, pfn + index * step, word);
      }
      expect(bulk.words()).toEqual(single.words());
      for (let index = 0; index < count; index++) {
        expect(bulk.pt.pfnAt(level, bulk.first + (start + index) * 2)).toBe(pfn + index * step);
      }
    });
    fc.assert(fillsAsSets, { seed, numRuns: 60 });
  });

  test('fill() stops at the first entry that is not empty and says how far it came', () => {
    const prot = protsOf(arch, 0)[0]!;
    for (const occupied of [0, 1, 99]) {
      const { pt, first, words } = oneTable(arch);
      pt.set(0, first + occupied * 2, 7, prot);
      expect(pt.fill(0, first, 100, 0x1000, prot)).toBe(occupied);
      expect(pt.pfnAt(0, first + occupied * 2)).toBe(7);
      expect(words().filter((word) => word !== 0n)).toHaveLength(occupied + 1);
    }
  });

  test('clearRun() empties its run and nothing else; countUsed() counts what is left', () => {
    const { pt, first, words } = oneTable(arch);
    const entries = words().length;
    pt.fill(0, first, entries, 0x1000, protsOf(arch, 0)[0]!);
    expect(pt.countUsed(first, entries)).toBe(entries);
    pt.clearRun(first + 2 * 10, 20);
    expect(pt.countUsed(first, entries)).toBe(entries - 20);
    expect(pt.countUsed(first + 2 * 10, 20)).toBe(0);
    expect(words().map((word) => word !== 0n)).toEqual(
      words().map((_, index) => index < 10 || index >= 30),
    );
    pt.clearRun(first, 0);
    expect(pt.countUsed(first, 10)).toBe(10);
  });

  test('copyRun() is a copy entry by entry with the changed protection', () => {
    const bitwise: ReadonlyArray<(prot: Prot) => Prot> = [
      (prot) => prot,
      (prot) => arch.pte_mkold(prot),
      (prot) => arch.pte_mkold(prot) & ~0x40,
      (prot) => prot | 0x40,
      (prot) => (prot & ~(0x8000_0000 | 2)) | 0x20,
    ];
    const seed = 5;
    const entry = fc.option(
      fc.record({ pfn: fc.integer({ min: 0, max: maxPfn - 1 }), prot: fc.nat(1) }),
    );
    const run = fc.record({
      entries: fc.array(entry, { minLength: 1, maxLength: 60 }),
      from: fc.nat(100),
      to: fc.integer({ min: 200, max: 300 }),
      change: fc.nat(bitwise.length - 1),
    });
    const copiesEach = fc.property(run, ({ entries, from, to, change }) => {
      const { pt, first } = oneTable(arch);
      for (const [index, one] of entries.entries()) {
        const slot = first + (from + index) * 2;
        if (one !== null) pt.set(0, slot, one.pfn, protsOf(arch, 0)[one.prot]!);
      }
      pt.copyRun(0, first + from * 2, first + to * 2, entries.length, bitwise[change]!);
      for (const [index, one] of entries.entries()) {
        const copy = first + (to + index) * 2;
        expect(pt.pte_none(copy)).toBe(one === null);
        if (one === null) continue;
        expect(pt.pfnAt(0, copy)).toBe(one.pfn);
        expect(pt.ptep_get(copy)).toBe(bitwise[change]!(protsOf(arch, 0)[one.prot]!) | 0);
        expect(pt.ptep_get(first + (from + index) * 2)).toBe(protsOf(arch, 0)[one.prot]!);
      }
      expect(pt.countUsed(first + (to + entries.length) * 2, 50)).toBe(0);
    });
    fc.assert(copiesEach, { seed, numRuns: 100 });
  });
});
