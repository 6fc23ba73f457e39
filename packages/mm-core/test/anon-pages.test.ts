// Goal: an anonymous page lives as long as an entry maps it, and is exclusive until it is shared. Method: random commands
// against a count per page.
import { createAnonPages } from '@pfnmap/mm-core';
import { createPhysMem, KernelBug } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const ram = () => createPhysMem({ pageShift: 12, frames: 8 });

test('a page is exclusive to its first process, until it is shared', () => {
  const anon = createAnonPages(ram());
  const page = anon.alloc();
  expect(anon.isExclusive(page)).toBe(true);
  anon.share(page);
  expect(anon.isExclusive(page)).toBe(false);
  expect(anon.reuse(page)).toBe(false);
  anon.put(page);
  expect(anon.isExclusive(page)).toBe(false);
  expect(anon.reuse(page)).toBe(true);
  expect(anon.isExclusive(page)).toBe(true);
});

test('without RAM there is no page', () => {
  const anon = createAnonPages(createPhysMem({ pageShift: 12, frames: 3 }));
  expect([anon.zeroPage, anon.alloc(), anon.alloc()]).toEqual([1, 2, -1]);
});

test('a page that nothing maps cannot be put again', () => {
  const anon = createAnonPages(ram());
  const page = anon.alloc();
  anon.put(page);
  expect(() => anon.put(page)).toThrow(KernelBug);
});

test('frames are in use exactly while an entry maps them', () => {
  const seed = 42;
  const step = fc.tuple(fc.constantFrom('alloc', 'share', 'put', 'reuse'), fc.nat(6));
  const countsEntries = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const mem = ram();
    const anon = createAnonPages(mem);
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
        anon.share(page);
        pages.set(page, { mapped: state.mapped + 1, exclusive: false });
      } else if (action === 'put') {
        anon.put(page);
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
