// Goal: the IOMMU's page table holds what was mapped, in entries as large as allowed. Method: random maps and unmaps
// against a map of single pages.
import { createPhysMem } from '@pfnmap/pgtable-core';
import { GiB, KiB, MiB } from '@pfnmap/testbed';
import { createIommuPageTable, IOMMU_READ, IOMMU_WRITE } from '@pfnmap/vfio-type1';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const PAGE = 4 * KiB;
const memory = () => createPhysMem({ pageShift: 12, frames: 4096 });

test('every page translates as a map of single pages says, after any maps and unmaps', () => {
  const range = fc.record({
    start: fc.integer({ min: 0, max: 1100 }),
    pages: fc.integer({ min: 1, max: 1030 }),
    target: fc.integer({ min: 0, max: 2048 }),
    prot: fc.constantFrom(IOMMU_READ, IOMMU_READ | IOMMU_WRITE),
  });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 4 }), (ranges) => {
      const table = createIommuPageTable(memory(), [PAGE, 2 * MiB, GiB]);
      const model = new Map<number, number>();
      for (const { start, pages, target, prot } of ranges) {
        const taken = Array.from({ length: pages }, (_, page) => start + page);
        if (taken.some((page) => model.has(page))) continue;
        expect(table.map(start * PAGE, target * PAGE, pages * PAGE, prot)).toBe(true);
        for (const page of taken) model.set(page, target + page - start);
      }
      const [first] = ranges;
      if (first !== undefined) {
        table.unmap(first.start * PAGE, first.pages * PAGE);
        for (let page = 0; page < first.pages; page++) model.delete(first.start + page);
      }
      for (let page = 0; page < 2200; page += 7) {
        const found = table.lookup(page * PAGE);
        const target = found && (found.address + page * PAGE - found.iova) / PAGE;
        expect(target).toBe(model.get(page));
      }
    }),
    { seed: 20241122, numRuns: 60 },
  );
});

test('entries are as large as the domain, both addresses and the rest of the range allow', () => {
  const table = createIommuPageTable(memory(), [PAGE, 2 * MiB, GiB]);
  table.map(GiB - 2 * MiB - PAGE, 3 * GiB - 2 * MiB - PAGE, GiB + 2 * MiB + 2 * PAGE, IOMMU_READ);
  expect([...table.entries()].sort(([a], [b]) => b - a)).toEqual([
    [GiB, 1],
    [2 * MiB, 1],
    [PAGE, 2],
  ]);
});

test('a domain with 4K entries only has nothing larger', () => {
  const table = createIommuPageTable(memory(), [PAGE]);
  table.map(0, 0, 2 * MiB, IOMMU_READ);
  expect([...table.entries()]).toEqual([[PAGE, 512]]);
});

test('without RAM for a table a map fails', () => {
  const table = createIommuPageTable(createPhysMem({ pageShift: 12, frames: 3 }), [PAGE]);
  expect(table.map(0, 0, PAGE, IOMMU_READ)).toBe(false);
});

test('what is not mapped does not translate', () => {
  const table = createIommuPageTable(memory(), [PAGE, 2 * MiB, GiB]);
  expect(table.lookup(0x1234000)).toBe(undefined);
  expect(table.entries().size).toBe(0);
});
