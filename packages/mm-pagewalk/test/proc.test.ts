// Goal: reading /proc shows and destroys what it does on Linux. Method: the scenarios of section 15 of the specification, and of
// 21 and 22 as far as they are about readers.
import { EINVAL, ENOMEM, VM_MIXEDMAP, VM_SOFTDIRTY } from '@pfnmap/mm-core';
import { BarProcess, fileOf, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const SOFT_DIRTY = 0x0080000000000000n;

function withPud(setup = {}): BarProcess {
  const bar = new BarProcess(setup);
  bar.map(GiB);
  bar.touch();
  return bar;
}
const entryOf = (bar: BarProcess, address = VA) =>
  bar.pagewalk.smaps(bar.process.mm).find(({ start }) => start === address)!;

describe('smaps', () => {
  test('M15-1: takes a PUD leaf away, which comes back with the next touch', () => {
    const bar = withPud();
    entryOf(bar);
    expect([bar.entry(), bar.splits()]).toEqual(['pud none', [0, 1]]);
    expect(bar.touch()).toEqual(['order=18 0x100']);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });

  test('M15-2: leaves 512 PMD leaves as they are and counts none of them', () => {
    const bar = new BarProcess();
    bar.mapLab(GiB, { maxorder: 9 });
    bar.touchAll(VA, VA + GiB, 2 * MiB);
    const { Rss, Size } = entryOf(bar);
    expect([Rss, Size]).toEqual([0, 1048576]);
    expect(bar.mapped(VA, VA + GiB)).toEqual([0, 512, 0]);
    expect(bar.splits()).toEqual([0, 0]);
  });

  test('15.5: passes over PTEs of a BAR, and counts a page that was copied', () => {
    const bar = new BarProcess();
    bar.mapLab(12 * 1024, { mode: 'remap' }, { shared: false });
    expect(entryOf(bar).Rss).toBe(0);
    bar.touch(VA + 4096, true);
    expect(entryOf(bar).Rss).toBe(4);
  });

  test('15.6: says that 1 GiB of a BAR is eligible for THP, and a page is not', () => {
    const bar = withPud();
    bar.map(4096, { address: VA + 2 * GiB });
    expect([entryOf(bar).THPeligible, entryOf(bar, VA + 2 * GiB).THPeligible]).toEqual([1, 0]);
  });

  test('counts anonymous pages one by one', () => {
    const bar = new BarProcess();
    bar.mapFile(null, 4 * MiB, { shared: false });
    bar.machine.kernel.sysfs.thpEnabled = 'never';
    for (const page of [0, 1, 600]) bar.touch(VA + page * 4096, true);
    expect(entryOf(bar).Rss).toBe(12);
  });

  test('15.7: tells secondary MMUs about the whole GiB', () => {
    const bar = withPud();
    expect(bar.record('notifier', () => bar.pagewalk.smaps(bar.process.mm))).toEqual([
      'mmu notifier start CLEAR [0x7f0000000000, 0x7f0040000000)',
      'mmu notifier end CLEAR [0x7f0000000000, 0x7f0040000000)',
    ]);
  });
});

test('M15-4: smaps_rollup takes eight leaves of 8 GiB, each with its own notification', () => {
  const bar = new BarProcess();
  bar.map(8 * GiB);
  bar.touchAll(VA, VA + 8 * GiB, GiB);
  const lines = bar.record('notifier', () => bar.pagewalk.smaps_rollup(bar.process.mm));
  expect(lines.filter((line) => line.includes('start CLEAR'))).toHaveLength(8);
  expect(lines).toHaveLength(16);
  expect(bar.splits()).toEqual([0, 8]);
  expect(bar.mapped(VA, VA + 8 * GiB)).toEqual([0, 0, 0]);
});

test('numa_maps takes PUD leaves as well, and counts pages of RAM', () => {
  const bar = withPud();
  bar.mapFile(null, 8192, { address: VA + 2 * GiB, shared: false });
  bar.touch(VA + 2 * GiB, true);
  const pages = bar.pagewalk.numa_maps(bar.process.mm);
  expect(pages.find(({ start }) => start === VA)!.pages).toBe(0);
  expect(pages.find(({ start }) => start === VA + 2 * GiB)!.pages).toBe(1);
  expect([bar.entry(), bar.splits()]).toEqual(['pud none', [0, 1]]);
});

describe('pagemap', () => {
  test('M15-3: shows pages of a PFN mapping as holes that are soft-dirty, and touches nothing', () => {
    const bar = withPud();
    for (let page = 0; page < 8; page++) {
      expect(bar.pagewalk.pagemap(bar.process.mm, VA + page * 4096)).toBe(SOFT_DIRTY);
    }
    expect([bar.entry(), bar.splits()]).toEqual(['pud 0x80000002000002b7', [0, 0]]);
  });

  test('shows nothing where nothing is mapped', () => {
    const bar = new BarProcess();
    expect(bar.pagewalk.pagemap(bar.process.mm, VA)).toBe(0n);
  });

  test('shows frame, exclusiveness and state of an anonymous page', () => {
    const bar = new BarProcess();
    bar.mapFile(null, 8192, { shared: false });
    bar.touch(VA, true);
    const { pt } = bar.machine.kernel;
    const pfn = BigInt(pt.pfnAt(0, pt.walk(bar.process.mm, VA)));
    const present = 1n << 63n;
    const exclusive = 1n << 56n;
    const word = () => bar.pagewalk.pagemap(bar.process.mm, VA);
    expect(word()).toBe(present | exclusive | SOFT_DIRTY | pfn);
    expect(bar.pagewalk.pagemap(bar.process.mm, VA + 4096)).toBe(SOFT_DIRTY);
    bar.process.fork();
    expect(word() & exclusive).toBe(0n);
  });

  test('has no soft-dirty bit on arm64', () => {
    const bar = new BarProcess({ arch: 'arm64' });
    bar.map(GiB);
    expect(bar.pagewalk.pagemap(bar.process.mm, VA)).toBe(0n);
  });
});

describe('pages of RAM in a MIXEDMAP of a file', () => {
  const RAM = 0x400;
  const withPages = (level: 0 | 1): BarProcess => {
    const bar = new BarProcess();
    bar.mapFile(
      fileOf((vma) => {
        vma.vm_flags |= VM_MIXEDMAP;
        return 0;
      }),
      2 * MiB,
    );
    const { pt, arch } = bar.machine.kernel;
    const prot = bar.vma().vm_page_prot;
    const entry = level === 1 ? arch.pmd_mkhuge(prot) : prot;
    pt.set(level, pt.walkAlloc(level, bar.process.mm, VA), RAM, entry);
    return bar;
  };

  test('are present and of a file in pagemap, by their own frame in a leaf', () => {
    const present = (1n << 63n) | SOFT_DIRTY;
    const file = 1n << 61n;
    const page = withPages(0);
    expect(page.pagewalk.pagemap(page.process.mm, VA)).toBe(present | file | BigInt(RAM));
    const leaf = withPages(1);
    expect(leaf.pagewalk.pagemap(leaf.process.mm, VA + 5 * 4096)).toBe(
      present | file | BigInt(RAM + 5),
    );
  });

  test('are counted in smaps, a leaf whole', () => {
    expect([entryOf(withPages(0)).Rss, entryOf(withPages(1)).Rss]).toEqual([4, 2048]);
  });
});

describe('clear_refs', () => {
  test('M21-5: of soft-dirty bits is one notification over the whole mm', () => {
    const bar = withPud();
    expect(bar.record('notifier', () => bar.pagewalk.clear_refs(bar.process.mm, 4))).toEqual([
      'mmu notifier start SOFT_DIRTY [0x0, 0xffffffffffffffff)',
      'mmu notifier end SOFT_DIRTY [0x0, 0xffffffffffffffff)',
    ]);
  });

  test('15.8: leaves leaves as they are and takes write permission from what comes', () => {
    const bar = withPud();
    bar.map(GiB, { address: VA + GiB, offset: GiB });
    bar.pagewalk.clear_refs(bar.process.mm, 4);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
    for (const { vm_flags } of bar.process.mm.vmas) expect(vm_flags & VM_SOFTDIRTY).toBe(0);
    bar.touch(VA + GiB);
    expect(bar.entry(VA + GiB)).toBe('pud 0x80000002400002b5');
  });

  test('15.9: mprotect() to read-only and back repairs it', () => {
    const bar = withPud();
    bar.pagewalk.clear_refs(bar.process.mm, 4);
    bar.process.mprotect(VA, GiB, 1);
    bar.process.mprotect(VA, GiB, 3);
    bar.process.munmap(VA, GiB);
    bar.map(GiB);
    bar.touch();
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });

  test.each([
    [1, true],
    [2, true],
    [3, false],
    [5, false],
  ])('of type %i makes anonymous pages old: %s, and leaves a BAR alone', (type, makesOld) => {
    const bar = withPud();
    bar.mapFile(null, 4096, { address: VA + 2 * GiB, shared: false });
    bar.touch(VA + 2 * GiB, true);
    const young = (): boolean => (BigInt(bar.entry(VA + 2 * GiB).split(' ')[1]!) & 0x20n) !== 0n;
    expect(young()).toBe(true);
    expect(bar.record('notifier', () => bar.pagewalk.clear_refs(bar.process.mm, type))).toEqual([]);
    expect(young()).toBe(!makesOld);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
    expect(bar.vma().vm_flags & VM_SOFTDIRTY).toBe(VM_SOFTDIRTY);
  });

  test('of soft-dirty bits makes anonymous pages read-only and clean of the bit', () => {
    const bar = new BarProcess();
    bar.mapFile(null, 4096, { shared: false });
    bar.touch(VA, true);
    bar.pagewalk.clear_refs(bar.process.mm, 4);
    expect(BigInt(bar.entry().split(' ')[1]!) & 0x802n).toBe(0n);
  });

  test('of soft-dirty bits leaves a page alone while it is pinned for DMA', () => {
    const bar = new BarProcess();
    bar.mapFile(null, 4096, { shared: false });
    bar.touch(VA, true);
    const { anon, pt } = bar.machine.kernel;
    const pfn = pt.pfnAt(0, pt.walk(bar.process.mm, VA));
    const bits = (): bigint => BigInt(bar.entry().split(' ')[1]!) & 0x802n;
    anon.pin(pfn);
    bar.pagewalk.clear_refs(bar.process.mm, 4);
    expect(bits()).toBe(0x802n);
    anon.unpin(pfn);
    bar.pagewalk.clear_refs(bar.process.mm, 4);
    expect(bits()).toBe(0n);
  });

  test('of soft-dirty bits tells secondary MMUs and changes nothing where there are no such bits', () => {
    const bar = new BarProcess({ arch: 'arm64' });
    bar.map(GiB);
    bar.touch();
    bar.mapFile(null, 4096, { address: VA + 2 * GiB, shared: false });
    bar.touch(VA + 2 * GiB, true);
    const entries = () => [bar.entry(), bar.entry(VA + 2 * GiB), bar.vma().vm_page_prot];
    const before = entries();
    expect(bar.record('notifier', () => bar.pagewalk.clear_refs(bar.process.mm, 4))).toHaveLength(
      2,
    );
    expect(entries()).toEqual(before);
  });
});

describe('mincore', () => {
  test('22.4: says 0 in 6.12 for a BAR, mapped or not, and touches nothing', () => {
    const bar = withPud();
    expect(bar.pagewalk.mincore(bar.process.mm, VA, 4)).toEqual([0, 0, 0, 0]);
    expect([bar.entry(), bar.splits()]).toEqual(['pud 0x80000002000002b7', [0, 0]]);
  });

  test('answers EINVAL inside a page and ENOMEM where a part is not mapped', () => {
    const bar = withPud();
    expect(bar.pagewalk.mincore(bar.process.mm, VA + 1, 1)).toBe(-EINVAL);
    expect(bar.pagewalk.mincore(bar.process.mm, VA + GiB - 4096, 2)).toBe(-ENOMEM);
  });

  test('says 1 in 7.3 for what entries of any size map, and touches nothing', () => {
    const bar = withPud({ kernel: '7.3' });
    expect(bar.pagewalk.mincore(bar.process.mm, VA + GiB - 2 * 4096, 2)).toEqual([1, 1]);
    expect([bar.entry(), bar.splits()]).toEqual(['pud 0x80000002000002b7', [0, 0]]);
    const pages = new BarProcess({ kernel: '7.3' });
    pages.mapLab(4 * MiB, { maxorder: 0 });
    pages.touch(VA + 4096);
    expect(pages.pagewalk.mincore(pages.process.mm, VA, 3)).toEqual([0, 1, 0]);
  });

  test('says 1 for anonymous pages that are there', () => {
    const bar = new BarProcess();
    bar.mapFile(null, 4 * 4096, { shared: false });
    bar.touch(VA + 8192, true);
    expect(bar.pagewalk.mincore(bar.process.mm, VA, 4)).toEqual([0, 0, 1, 0]);
  });
});
