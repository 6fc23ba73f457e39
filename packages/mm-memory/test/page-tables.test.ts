// Goal: tables are made and freed as /proc/PID/status shows them. Method: the scenarios of section 2 of the specification.

import { BarProcess, GiB, KiB, MiB, VA } from '@pfnmap/testbed';
import { expect, test } from 'vitest';

const NOHUGEPAGE = 15;
const HUGEPAGE = 14;

/** A process that has a table of 512 GiB around VA already. */
function withPudTable(setup = {}): BarProcess {
  const bar = new BarProcess(setup);
  bar.mapFile(null, 4096, { address: VA + 300 * GiB, shared: false });
  bar.touch(VA + 300 * GiB);
  return bar;
}

test('M2-1: 1 GiB mapped by one PUD needs no table of its own', () => {
  const bar = withPudTable();
  bar.map(GiB);
  expect(bar.tables(() => bar.touch())).toBe(0);
  expect(bar.mapped(VA, VA + GiB)).toEqual([1, 0, 0]);
});

test('M2-1: it needs one of 4096 bytes where there was no PUD table', () => {
  const bar = new BarProcess();
  bar.map(GiB);
  expect(bar.tables(() => bar.touch())).toBe(4096);
});

test('M2-2: by PMDs, 1 GiB needs one table more', () => {
  const bar = withPudTable();
  bar.mapLab(GiB, { maxorder: 9 });
  expect(bar.tables(() => bar.touchAll(VA, VA + GiB, 2 * MiB))).toBe(4096);
  expect(bar.mapped(VA, VA + GiB)).toEqual([0, 512, 0]);
});

test('M2-2, M2-3: by PTEs it needs 513 tables, which a zap keeps and munmap frees', () => {
  const bar = withPudTable();
  bar.mapLab(GiB, { maxorder: 0 });
  // One page of each 2 MiB makes all tables.
  expect(bar.tables(() => bar.touchAll(VA, VA + GiB, 2 * MiB))).toBe(2101248);
  expect(bar.tables(() => bar.memory.zap_vma_ptes(bar.vma(), VA, GiB))).toBe(0);
  expect(bar.mapped(VA, VA + GiB)).toEqual([0, 0, 0]);
  expect(bar.tables(() => bar.process.munmap(VA, GiB))).toBe(-2101248);
});

test('M2-4: a PTE table that is there already keeps its 2 MiB from a PMD and its 1 GiB from a PUD', () => {
  const bar = new BarProcess();
  bar.map(GiB);
  bar.process.madvise(VA, GiB, NOHUGEPAGE);
  expect(bar.touch()).toEqual(['order=0 0x100']);
  bar.process.madvise(VA, GiB, HUGEPAGE);
  bar.memory.zap_vma_ptes(bar.vma(), VA, GiB);
  const calls = bar.touchAll(VA, VA + 2 * MiB).concat(bar.touchAll(VA, VA + GiB, 2 * MiB));
  expect(bar.mapped(VA, VA + GiB)).toEqual([0, 511, 512]);
  expect(calls.filter((call) => call.startsWith('order=18'))).toEqual([]);
});

test('M2-5: 8 GiB need no table by PUDs and 16809984 bytes by PTEs', () => {
  const puds = withPudTable();
  puds.map(8 * GiB);
  expect(puds.tables(() => puds.touchAll(VA, VA + 8 * GiB, GiB))).toBe(0);
  expect(puds.mapped(VA, VA + 8 * GiB)).toEqual([8, 0, 0]);
  const ptes = withPudTable();
  ptes.mapLab(8 * GiB, { maxorder: 0 });
  expect(ptes.tables(() => ptes.touchAll(VA, VA + 8 * GiB, 2 * MiB))).toBe(16809984);
});

test('M2-6: 4 MiB by remap_pfn_range() need two tables, and a hole of one page frees none', () => {
  const bar = withPudTable();
  bar.mapFile(null, 4 * KiB, { address: VA + 512 * MiB, shared: false });
  bar.touch(VA + 512 * MiB);
  expect(bar.tables(() => bar.mapLab(4 * MiB, { mode: 'remap' }))).toBe(8192);
  expect(bar.tables(() => bar.process.munmap(VA + 2 * MiB, 4096))).toBe(0);
});

test('I13: after munmap of the last mapping in 1 GiB a PUD is possible again', () => {
  const bar = withPudTable();
  bar.mapLab(GiB, { maxorder: 0 });
  bar.touch();
  bar.process.munmap(VA, GiB);
  bar.map(GiB);
  bar.touch();
  expect(bar.mapped(VA, VA + GiB)).toEqual([1, 0, 0]);
});

test('2.8: a table stays while another mapping needs its span, and goes with the last one', () => {
  const bar = withPudTable();
  const pte = { maxorder: 0 };
  // Two mappings in the same 2 MiB, a third in the same 1 GiB.
  bar.mapLab(4096, pte);
  bar.mapLab(4096, pte, { address: VA + 8192 });
  bar.mapLab(4096, pte, { address: VA + 4 * MiB });
  for (const address of [VA, VA + 8192, VA + 4 * MiB]) bar.touch(address);
  const unmap = (address: number) => bar.tables(() => bar.process.munmap(address, 4096));
  expect(unmap(VA)).toBe(0);
  expect(unmap(VA + 8192)).toBe(-4096);
  expect(unmap(VA + 4 * MiB)).toBe(-8192);
});

test('2.7: after exit no table, no page and no counter is left', () => {
  const bar = new BarProcess();
  const { mem } = bar.machine.kernel;
  const before = mem.framesInUse();
  const other = bar.machine.spawn();
  other.mmap({
    address: VA,
    length: 2 * GiB + 6 * MiB + 4096,
    prot: 3,
    shared: true,
    file: bar.machine.device.file,
    offset: 2 * 2 ** 40,
  });
  for (const address of [VA, VA + GiB, VA + 2 * GiB, VA + 2 * GiB + 6 * MiB]) {
    expect(other.touch(address, true)).toBe(0);
  }
  other.exit();
  expect(mem.framesInUse()).toBe(before);
  expect(other.mm.pgtables_bytes).toBe(0);
  expect(other.mm.rss).toEqual({ file: 0, anon: 0, swap: 0, shmem: 0 });
  expect(bar.log()).toEqual([]);
});
