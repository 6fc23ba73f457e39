// Goal: splitting a leaf of device memory is clearing it, and the boundary rule of VMAs has the hole that Linux has. Method:
// section 8 and 10.2 of the specification, with what secondary MMUs and TLBs see.
import { KernelBug } from '@pfnmap/pgtable-core';
import { GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { Insertion } from './insertion.ts';

const PFN = 0x4000000;

describe.each([
  ['PMD', 1, 2 * MiB, '0x7f0000000000, 0x7f0000200000'],
  ['PUD', 2, GiB, '0x7f0000000000, 0x7f0040000000'],
] as const)('splitting a %s leaf', (name, level, size, range) => {
  const split = (driver: Insertion, address: number, end = VA + 2 * GiB): string[] => {
    const vma = driver.vma(VA, end);
    const vmf = driver.fault(vma, VA, level);
    return driver.record(() => {
      if (level === 1) driver.huge.split_huge_pmd(vma, vmf.pmd, address);
      else driver.huge.split_huge_pud(vma, vmf.pud, address);
    });
  };
  const mapped = (setup = {}): Insertion => {
    const driver = new Insertion(setup);
    driver.insert(level, driver.vma(VA, VA + 2 * GiB), VA, PFN);
    return driver;
  };
  const counted = (driver: Insertion): number =>
    driver.kernel.events.counts[level === 1 ? 'thp_split_pmd' : 'thp_split_pud'];

  test('clears it and makes nothing smaller', () => {
    const driver = mapped();
    const before = driver.mm.pgtables_bytes;
    split(driver, VA + size / 2);
    expect(driver.entry(VA)).toBe(`${name.toLowerCase()} none`);
    expect(driver.mm.pgtables_bytes).toBe(before);
    expect(driver.mm.rss).toEqual({ file: 0, anon: 0, swap: 0, shmem: 0 });
  });

  test('is counted once and tells about the whole leaf, wherever in it the address is', () => {
    for (const address of [VA, VA + 4096, VA + size - 4096]) {
      const driver = mapped();
      expect(split(driver, address)).toEqual([
        `mmu notifier start CLEAR [${range})`,
        'tlb flush: whole mm',
        `mmu notifier end CLEAR [${range})`,
      ]);
      expect(counted(driver)).toBe(1);
    }
  });

  test('an empty slot or a table is passed over without a word', () => {
    const empty = new Insertion();
    expect(split(empty, VA)).toEqual([]);
    const table = new Insertion();
    table.kernel.pt.walkAlloc((level - 1) as 0 | 1, table.mm, VA);
    const before = table.entry(VA);
    expect(split(table, VA)).toEqual([]);
    expect(table.entry(VA)).toBe(before);
    expect([counted(empty), counted(table)]).toEqual([0, 0]);
  });

  test('8.4: by a VMA that does not hold all of it is a bug with DEBUG_VM, and goes on without', () => {
    const debug = mapped({ with: ['DEBUG_VM'] });
    expect(() => split(debug, VA, VA + size / 2)).toThrow(KernelBug);
    expect(() => split(debug, VA, VA + size / 2)).toThrow('the VMA does not hold the whole leaf');
    const normal = mapped();
    split(normal, VA, VA + size / 2);
    expect(normal.entry(VA)).toBe(`${name.toLowerCase()} none`);
  });

  test('does nothing in a kernel without THP', () => {
    const driver = mapped({ without: ['TRANSPARENT_HUGEPAGE'] });
    const before = driver.entry(VA);
    expect(split(driver, VA)).toEqual([]);
    expect(driver.entry(VA)).toBe(before);
  });
});

test('30.1: on arm64 nothing is done at PUD level', () => {
  const driver = new Insertion({ arch: 'arm64' });
  const vma = driver.vma(VA, VA + 2 * GiB);
  driver.insert(2, vma, VA, PFN);
  const before = driver.entry(VA);
  const { pud } = driver.fault(vma, VA, 2);
  expect(driver.record(() => driver.huge.split_huge_pud(vma, pud, VA))).toEqual([]);
  expect(driver.entry(VA)).toBe(before);
});

test('on arm64 a PMD is flushed by its own size', () => {
  const driver = new Insertion({ arch: 'arm64' });
  const vma = driver.vma(VA, VA + 2 * GiB);
  driver.insert(1, vma, VA, PFN);
  const { pmd } = driver.fault(vma, VA, 1);
  expect(driver.record(() => driver.huge.split_huge_pmd(vma, pmd, VA))[1]).toBe(
    'tlb flush [0x7f0000000000, 0x7f0000200000) in steps of 0x200000',
  );
});

describe('a VMA gets a new boundary', () => {
  const bounded = (level: 1 | 2, boundary: number, start = VA, end = VA + 2 * GiB) => {
    const driver = new Insertion();
    driver.insert(level, driver.vma(VA, VA + 2 * GiB), VA, PFN);
    const vma = driver.vma(start, end);
    const lines = driver.record(() => driver.huge.vma_adjust_trans_huge(vma, boundary));
    return { entry: driver.entry(VA), lines, counts: driver.kernel.events.counts };
  };

  test('10.2: across a PMD leaf, which goes away', () => {
    const { entry, lines, counts } = bounded(1, VA + 4096);
    expect(entry).toBe('pmd none');
    expect(lines).toHaveLength(3);
    expect(counts.thp_split_pmd).toBe(1);
  });

  test('at an edge of a PMD leaf, which stays', () => {
    for (const boundary of [VA, VA + 2 * MiB]) {
      const { entry, lines } = bounded(1, boundary);
      expect(entry).toBe('pmd 0x80000040000002b7');
      expect(lines).toEqual([]);
    }
  });

  test('where its 2 MiB are not all of the VMA: nobody looks', () => {
    expect(bounded(1, VA + 4096, VA + 4096).entry).toMatch(/^pmd 0x8/);
    expect(bounded(1, VA + 8192, VA, VA + 2 * MiB - 4096).entry).toMatch(/^pmd 0x8/);
  });

  test('10.2: inside a PUD leaf at 2 MiB: the leaf stays and spans the boundary', () => {
    const { entry, lines } = bounded(2, VA + 2 * MiB);
    expect(entry).toBe('pud 0x80000040000002b7');
    expect(lines).toEqual([]);
  });

  test('10.3, H3: inside a PUD leaf at any other address: the leaf is read as a table', () => {
    for (const profile of ['6.12', '6.12.117', '7.3']) {
      const driver = new Insertion({ kernel: profile });
      const vma = driver.vma(VA, VA + 2 * GiB);
      driver.insert(2, vma, VA, PFN);
      const adjust = () => driver.huge.vma_adjust_trans_huge(vma, VA + 0x1000);
      expect(adjust).toThrow(KernelBug);
      expect(adjust).toThrow(/^__split_huge_pmd: .*\(address=0x7f0000001000\)$/);
    }
  });

  test('where no table is yet: nothing happens', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + 2 * GiB);
    expect(driver.record(() => driver.huge.vma_adjust_trans_huge(vma, VA + 4096))).toEqual([]);
  });

  test('in an empty PMD slot: secondary MMUs are told all the same', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + 2 * GiB);
    driver.kernel.pt.walkAlloc(1, driver.mm, VA);
    expect(driver.record(() => driver.huge.split_huge_pmd_address(vma, VA + 4096))).toEqual([
      'mmu notifier start CLEAR [0x7f0000000000, 0x7f0000200000)',
      'mmu notifier end CLEAR [0x7f0000000000, 0x7f0000200000)',
    ]);
    expect(driver.kernel.events.counts.thp_split_pmd).toBe(0);
  });
});
