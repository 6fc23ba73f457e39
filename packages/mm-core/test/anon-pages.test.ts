// Goal: an anonymous page lives as long as an entry maps it, and is exclusive until it is shared. Method: random commands
// against a count per page.
import { createAnonPages } from '@pfnmap/mm-core';
import { createPhysMem, KernelBug } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Room for two large folios of four pages above the small ones. */
const ORDER = 2;
const ram = (frames = 8) =>
  createPhysMem({ pageShift: 12, frames, large: { order: ORDER, folios: 2 } });
const PARENT = 1;
const CHILD = 2;

test('a page is exclusive to its first process, until it is shared', () => {
  const anon = createAnonPages(ram(), ORDER);
  const page = anon.alloc();
  expect(anon.isExclusive(page)).toBe(true);
  anon.share(page, CHILD);
  expect(anon.isExclusive(page)).toBe(false);
  expect(anon.reuse(page)).toBe(false);
  anon.put(page, PARENT);
  expect(anon.isExclusive(page)).toBe(false);
  expect(anon.reuse(page)).toBe(true);
  expect(anon.isExclusive(page)).toBe(true);
});

test('without RAM there is no page', () => {
  const anon = createAnonPages(ram(3), ORDER);
  expect([anon.zeroPage, anon.alloc(), anon.alloc()]).toEqual([1, 2, -1]);
});

test('a page that nothing maps cannot be put again', () => {
  const anon = createAnonPages(ram(), ORDER);
  const page = anon.alloc();
  anon.put(page, PARENT);
  expect(() => anon.put(page, PARENT)).toThrow(KernelBug);
});

test('frames are in use exactly while an entry maps them', () => {
  const seed = 42;
  const step = fc.tuple(fc.constantFrom('alloc', 'share', 'put', 'reuse'), fc.nat(6));
  const countsEntries = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const mem = ram();
    const anon = createAnonPages(mem, ORDER);
    const pages = new Map<number, { mapped: number; exclusive: boolean }>();
    for (const [action, which] of steps) {
      const [page, state] = [...pages][which] ?? [];
      if (action === 'alloc') {
        const fresh = anon.alloc();
        expect(fresh < 0).toBe(pages.size === 6);
        if (fresh >= 0) pages.set(fresh, { mapped: 1, exclusive: true });
      } else if (page === undefined || state === undefined) {
        continue;
      } else if (action === 'share') {
        anon.share(page, CHILD);
        pages.set(page, { mapped: state.mapped + 1, exclusive: false });
      } else if (action === 'put') {
        anon.put(page, PARENT);
        if (state.mapped === 1) pages.delete(page);
        else pages.set(page, { ...state, mapped: state.mapped - 1 });
      } else {
        expect(anon.reuse(page)).toBe(state.mapped === 1);
        if (state.mapped === 1) pages.set(page, { mapped: 1, exclusive: true });
      }
      // The page of zeroes is there from the start.
      expect(mem.framesInUse()).toBe(1 + pages.size);
      for (const [pfn, { exclusive }] of pages) expect(anon.isExclusive(pfn)).toBe(exclusive);
    }
  });
  fc.assert(countsEntries, { seed });
});

test('a page that is pinned outlives its last entry, and is not taken for its own', () => {
  const mem = ram();
  const anon = createAnonPages(mem, ORDER);
  const page = anon.alloc();
  anon.pin(page);
  expect([anon.isPinned(page), anon.reuse(page)]).toEqual([true, false]);
  anon.put(page, PARENT);
  expect(mem.framesInUse()).toBe(2);
  anon.unpin(page);
  expect(mem.framesInUse()).toBe(1);
});

describe('a large folio', () => {
  const folio = () => {
    const anon = createAnonPages(ram(), ORDER);
    const head = anon.large.alloc(PARENT);
    return { anon, head };
  };

  test('is aligned to its size, and there is none when room is out', () => {
    const { anon, head } = folio();
    expect(head % 4).toBe(0);
    expect(anon.large.alloc(PARENT)).toBe(head + 4);
    expect([anon.large.alloc(PARENT), anon.large.hugeZeroPage()]).toEqual([-1, -1]);
    anon.large.put(head, PARENT);
    expect(anon.large.alloc(PARENT)).toBe(head);
  });

  test('is shared by fork, and one PMD alone takes it back', () => {
    const { anon, head } = folio();
    anon.large.share(head, CHILD);
    expect([anon.isExclusive(head), anon.large.reuse(head), anon.mapcount(head + 3)]).toEqual([
      false,
      false,
      2,
    ]);
    anon.large.put(head, CHILD);
    expect([anon.large.reuse(head), anon.isExclusive(head)]).toEqual([true, true]);
  });

  test('has every page exclusive after the split of its only PMD', () => {
    const { anon, head } = folio();
    anon.large.split(head, PARENT);
    expect([0, 1, 2, 3].map((page) => anon.isExclusive(head + page))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    for (const page of [0, 1, 2]) anon.put(head + page, PARENT);
    expect(anon.isLarge(head)).toBe(true);
    anon.put(head + 3, PARENT);
    expect(anon.isLarge(head)).toBe(false);
  });

  test('gives a page back only when one address space maps all of it', () => {
    const { anon, head } = folio();
    anon.large.split(head, PARENT);
    anon.share(head, CHILD);
    anon.share(head + 1, CHILD);
    anon.put(head, CHILD);
    expect([anon.reuse(head), anon.reuseOfLarge(head)]).toEqual([false, false]);
    anon.put(head + 1, CHILD);
    expect([anon.reuse(head), anon.reuseOfLarge(head)]).toEqual([false, true]);
  });
});

describe('what pages hold', () => {
  test('a new page holds zeroes until something is stored, and a copy holds the same', () => {
    const anon = createAnonPages(ram(), ORDER);
    const [page, copy, other] = [anon.alloc(), anon.alloc(), anon.alloc()];
    anon.copyContent(copy, page);
    expect([page, copy].map(anon.holdsZeroes)).toEqual([true, true]);
    anon.write(page);
    anon.copyContent(copy, page);
    anon.copyContent(other, anon.zeroPage);
    expect([page, copy, other].map(anon.holdsZeroes)).toEqual([false, false, true]);
  });

  test('a page that is used again holds zeroes', () => {
    const anon = createAnonPages(ram(), ORDER);
    const page = anon.alloc();
    anon.write(page);
    anon.put(page, PARENT);
    expect(anon.alloc()).toBe(page);
    expect(anon.holdsZeroes(page)).toBe(true);
  });

  test('a frame that is no page of memory holds something', () => {
    const anon = createAnonPages(ram(), ORDER);
    const page = anon.alloc();
    anon.write(1_000_000);
    anon.copyContent(page, 1_000_000);
    expect(anon.holdsZeroes(page)).toBe(false);
  });
});

describe('a large folio that is dissolved', () => {
  test('leaves pages that keep what they hold, and frees those that nobody maps', () => {
    const mem = ram();
    const anon = createAnonPages(mem, ORDER);
    const head = anon.large.alloc(PARENT);
    anon.write(head + 1);
    anon.setLazyFree(head, true);
    anon.large.split(head, PARENT);
    anon.put(head + 3, PARENT);
    anon.dissolve(head);
    const pages = [head, head + 1, head + 2];
    expect(pages.map(anon.isLarge)).toEqual([false, false, false]);
    expect(pages.map(anon.holdsZeroes)).toEqual([true, false, true]);
    expect(pages.map(anon.isLazyFree)).toEqual([true, true, true]);
    expect(pages.map((page) => anon.mapcount(page))).toEqual([1, 1, 1]);
    expect(pages.every((page) => anon.isAloneIn(page, PARENT))).toBe(true);
  });

  test('gives its room back with its last page', () => {
    const anon = createAnonPages(ram(), ORDER);
    const [first, second] = [anon.large.alloc(PARENT), anon.large.alloc(PARENT)];
    expect(anon.large.alloc(PARENT)).toBe(-1);
    anon.large.split(first, PARENT);
    anon.dissolve(first);
    for (let page = 0; page < 3; page++) anon.put(first + page, PARENT);
    expect(anon.large.alloc(PARENT)).toBe(-1);
    anon.put(first + 3, PARENT);
    expect(anon.large.alloc(PARENT)).toBe(first);
    expect(anon.large.folioOf(second)).toBeDefined();
  });
});
