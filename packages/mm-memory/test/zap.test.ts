// Goal: entries go away as Linux takes them away: leaves whole, with the events and complaints of the kernel. Method: the
// scenarios of sections 7 and 21 of the specification.
import { VM_MIXEDMAP, VM_PFNMAP } from '@pfnmap/mm-core';
import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const LEAF = 'pud 0x80000002000002b7';

/** 1 GiB of the BAR, mapped by one PUD. */
function withPud(setup = {}, length = GiB): BarProcess {
  const bar = new BarProcess(setup);
  bar.map(length);
  bar.touch();
  expect(bar.entry()).toBe(LEAF);
  return bar;
}
const BAR2 = 2 * 2 ** 40;
const throughFile = (bar: BarProcess, offset: number, length: number): void =>
  bar.memory.unmap_mapping_range(bar.machine.device.file.f_mapping, BAR2 + offset, length, true);

describe('M7-1: a page of 1 GiB unmapped through the file', () => {
  const WARNING = 'WARNING: at include/linux/rwsem.h:80 unmap_page_range';
  test.each([
    ['6.12', [WARNING]],
    ['6.12.117', [WARNING]],
    ['7.3', []],
  ])('takes all of it away, with a warning until it was dropped (%s)', (profile, log) => {
    const bar = withPud({ kernel: profile });
    for (const splits of [1, 2]) {
      throughFile(bar, 0x1000, 4096);
      expect(bar.entry()).toBe('pud none');
      expect(bar.splits()).toEqual([0, splits]);
      expect(bar.log()).toEqual(log);
      expect(bar.touch()).toEqual(['order=18 0x100']);
      expect(bar.entry()).toBe(LEAF);
    }
  });
});

test('M7-2: a page zapped by the driver under mmap_lock takes all away without a warning', () => {
  const bar = withPud();
  bar.process.mm.mmap_lock = 'read';
  bar.memory.zap_vma_ptes(bar.vma(), VA + 0x200000, 0x1000);
  expect([bar.entry(), bar.splits(), bar.log()]).toEqual(['pud none', [0, 1], []]);
});

test('M7-3: the whole GiB is not a split', () => {
  const bar = withPud();
  bar.memory.zap_vma_ptes(bar.vma(), VA, GiB);
  expect([bar.entry(), bar.splits()]).toEqual(['pud none', [0, 0]]);
});

test('M7-4: a page of 2 MiB takes all 2 MiB away', () => {
  const bar = new BarProcess();
  bar.map(2 * MiB);
  bar.touch();
  bar.memory.zap_vma_ptes(bar.vma(), VA + 4096, 4096);
  expect([bar.entry(), bar.splits()]).toEqual(['pmd none', [1, 0]]);
});

test('M7-5: a full munmap of 1 GiB and 2 MiB splits nothing', () => {
  const bar = withPud({}, GiB + 2 * MiB);
  bar.touch(VA + GiB);
  expect(bar.mapped(VA, VA + GiB + 2 * MiB)).toEqual([1, 1, 0]);
  bar.process.munmap(VA, GiB + 2 * MiB);
  expect(bar.splits()).toEqual([0, 0]);
  expect(bar.mapped(VA, VA + 2 * GiB)).toEqual([0, 0, 0]);
});

test('M7-6: everything of the file goes in every process', () => {
  const bar = withPud();
  const child = bar.process.fork();
  if (typeof child === 'number') throw new Error(`fork answered ${child}`);
  expect(bar.entry(VA, child)).toBe('pud 0x8000000200000297');
  bar.memory.unmap_mapping_range(bar.machine.device.file.f_mapping, 0, 0, true);
  expect([bar.entry(), bar.entry(VA, child)]).toEqual(['pud none', 'pud none']);
  expect(bar.splits()).toEqual([0, 0]);
});

test('M7-7: tables stay when what they hold goes', () => {
  const bar = new BarProcess();
  bar.mapLab(8 * MiB, { maxorder: 9 });
  bar.touchAll(VA, VA + 6 * MiB, 2 * MiB);
  bar.process.munmap(VA + 6 * MiB, 2 * MiB);
  bar.mapLab(2 * MiB, { maxorder: 0 }, { address: VA + 6 * MiB, offset: 6 * MiB });
  bar.touchAll(VA + 6 * MiB, VA + 8 * MiB, 64 * 4096);
  expect(bar.mapped(VA, VA + 8 * MiB)).toEqual([0, 3, 8]);
  const zapped = bar.tables(() => {
    bar.memory.unmap_mapping_range(bar.machine.pfnlab.file.f_mapping, 0, 0, true);
  });
  expect(zapped).toBe(0);
  expect(bar.mapped(VA, VA + 8 * MiB)).toEqual([0, 0, 0]);
  expect(bar.entry(VA + 6 * MiB)).toBe('pte none');
});

describe('what a range of a file reaches', () => {
  const mappedAt = (bar: BarProcess, pages: number[]): number[] =>
    pages.filter((page) => bar.entry(VA + page * 4096) !== 'pte none');
  const PAGES = [0, 1, 2, 3, 4, 5, 6, 7];
  const eightPages = (): BarProcess => {
    const bar = new BarProcess();
    // Pages 4 to 11 of the BAR.
    bar.map(8 * 4096, { offset: 4 * 4096 });
    bar.touchAll(VA, VA + 8 * 4096);
    return bar;
  };

  test.each([
    ['nothing before the mapping', 0, 4 * 4096, PAGES],
    ['its first page', 0, 5 * 4096, [1, 2, 3, 4, 5, 6, 7]],
    ['a page of which one byte is meant', 4 * 4096, 1, [1, 2, 3, 4, 5, 6, 7]],
    ['its last page', 11 * 4096, 4096, [0, 1, 2, 3, 4, 5, 6]],
    ['nothing after it', 12 * 4096, 4096, PAGES],
    ['all from a page on, for length 0', 8 * 4096, 0, [0, 1, 2, 3]],
  ])('%s', (_what, begin, length, left) => {
    const bar = eightPages();
    throughFile(bar, begin, length);
    expect(mappedAt(bar, PAGES)).toEqual(left);
  });
});

describe('zap_vma_ptes() does nothing', () => {
  test('outside the VMA, or for a mapping of another kind', () => {
    const bar = withPud();
    bar.memory.zap_vma_ptes(bar.vma(), VA, 2 * GiB);
    bar.memory.zap_vma_ptes(bar.vma(), VA - 4096, 8192);
    bar.vma().vm_flags &= ~VM_PFNMAP;
    bar.memory.zap_vma_ptes(bar.vma(), VA, GiB);
    expect(bar.entry()).toBe(LEAF);
  });

  test.each([
    ['6.12.117', LEAF],
    ['7.3', 'pud none'],
  ])('7.11: for a MIXEDMAP, until zap_special_vma_range() (%s)', (profile, entry) => {
    const bar = withPud({ kernel: profile });
    bar.vma().vm_flags = (bar.vma().vm_flags & ~VM_PFNMAP) | VM_MIXEDMAP;
    bar.memory.zap_vma_ptes(bar.vma(), VA, GiB);
    expect(bar.entry()).toBe(entry);
  });
});

describe('secondary MMUs', () => {
  test('M21-1: hear of the page and, nested, of the whole leaf', () => {
    const bar = withPud();
    expect(bar.record('notifier', () => throughFile(bar, 0x1000, 4096))).toEqual([
      'mmu notifier start CLEAR [0x7f0000001000, 0x7f0000002000)',
      'mmu notifier start CLEAR [0x7f0000000000, 0x7f0040000000)',
      'mmu notifier end CLEAR [0x7f0000000000, 0x7f0040000000)',
      'mmu notifier end CLEAR [0x7f0000001000, 0x7f0000002000)',
    ]);
  });

  test('M21-4: hear of each of three mappings in two processes by itself', () => {
    const bar = withPud();
    bar.map(2 * MiB, { address: VA + 2 * GiB });
    const other = bar.machine.spawn();
    const vma = bar.vma();
    other.mmap({
      address: VA,
      length: GiB,
      prot: 3,
      shared: true,
      file: vma.vm_file!,
      offset: BAR2,
    });
    const lines = bar.record('notifier', () => throughFile(bar, 0, GiB));
    expect(lines).toEqual([
      'mmu notifier start CLEAR [0x7f0000000000, 0x7f0040000000)',
      'mmu notifier end CLEAR [0x7f0000000000, 0x7f0040000000)',
      'mmu notifier start CLEAR [0x7f0080000000, 0x7f0080200000)',
      'mmu notifier end CLEAR [0x7f0080000000, 0x7f0080200000)',
      'mmu notifier start CLEAR [0x7f0000000000, 0x7f0040000000)',
      'mmu notifier end CLEAR [0x7f0000000000, 0x7f0040000000)',
    ]);
  });

  test('hear of a page that is copied on write', () => {
    const bar = new BarProcess();
    bar.mapLab(8192, { mode: 'remap' }, { shared: false });
    expect(bar.record('notifier', () => bar.touch(VA + 4096, true))).toEqual([
      'mmu notifier start CLEAR [0x7f0000001000, 0x7f0000002000)',
      'mmu notifier end CLEAR [0x7f0000001000, 0x7f0000002000)',
    ]);
  });

  test('hear nothing of a fault that inserts', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    expect(bar.record('notifier', () => bar.touch())).toEqual([]);
  });
});

describe('TLB flushes', () => {
  test('7.12: a zap flushes before secondary MMUs hear of its end', () => {
    const bar = withPud();
    const { events } = bar.machine.kernel;
    events.recording = true;
    bar.memory.zap_vma_ptes(bar.vma(), VA, GiB);
    const kinds = events
      .take()
      .map(({ kind }) => kind)
      .filter((kind) => kind !== 'lock');
    expect(kinds).toEqual(['notifier', 'tlb', 'notifier']);
  });

  test('9.7: no flush for an insertion', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    expect(bar.record('tlb', () => bar.touch())).toEqual([]);
  });

  test('M9-4: 33 PMDs in single steps, 34 as a whole', () => {
    for (const [count, line] of [
      [
        33,
        `tlb flush [0x7f0000000000, 0x${(VA + 33 * 2 * MiB).toString(16)}) in steps of 0x200000`,
      ],
      [34, 'tlb flush: whole mm'],
    ] as const) {
      const bar = new BarProcess();
      bar.map(count * 2 * MiB);
      bar.touchAll(VA, VA + count * 2 * MiB, 2 * MiB);
      const zap = () => bar.memory.zap_vma_ptes(bar.vma(), VA, count * 2 * MiB);
      expect(bar.record('tlb', zap)).toEqual([line]);
    }
  });
});

test('private pages stay when a file is unmapped for others than their copies', () => {
  const bar = new BarProcess();
  bar.mapLab(8192, { mode: 'remap' }, { shared: false });
  bar.touch(VA, true);
  const anon = bar.process.mm.rss.anon;
  const { f_mapping } = bar.machine.pfnlab.file;
  const vma = bar.vma();
  // remap_pfn_range() made vm_pgoff the frame, so the file is asked for that.
  const offset = vma.vm_pgoff * 4096;
  bar.memory.unmap_mapping_range(f_mapping, offset, 0, false);
  expect(bar.mapped(VA, VA + 8192)).toEqual([0, 0, 1]);
  expect(bar.process.mm.rss.anon).toBe(anon);
  bar.memory.unmap_mapping_range(f_mapping, offset, 0, true);
  expect(bar.mapped(VA, VA + 8192)).toEqual([0, 0, 0]);
  expect(bar.process.mm.rss.anon).toBe(anon - 1);
});
