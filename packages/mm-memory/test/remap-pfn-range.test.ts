// Goal: remap_pfn_range() maps, refuses and complains as Linux does. Method: the scenarios of section 6 of the specification.
import { EINVAL, ENOMEM, formatVmFlags, VM_PFNMAP } from '@pfnmap/mm-core';
import { KernelBug, wordAt } from '@pfnmap/pgtable-core';
import { BarProcess, fileOf, GiB, KiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const SIGBUS = 7;
const PFN = 0x200200;

/** Maps a file whose driver calls remap_pfn_range() with a part of its VMA. */
function remapPart(
  bar: BarProcess,
  length: number,
  part: { readonly at?: number; readonly size: number; readonly pfn?: number },
  shared = true,
): number {
  const { at = 0, size, pfn = PFN } = part;
  const { arch } = bar.machine.kernel;
  return bar.mapFile(
    fileOf((vma) => {
      const prot = arch.pgprot_noncached(vma.vm_page_prot);
      vma.vm_page_prot = prot;
      return bar.memory.remap_pfn_range(vma, vma.vm_start + at, pfn, size, prot);
    }),
    length,
    { shared },
  );
}

const words = (bar: BarProcess, pages: number, process = bar.process): bigint[] => {
  const { pt, mem } = bar.machine.kernel;
  return Array.from({ length: pages }, (_, page) =>
    wordAt(mem.lanes, pt.walk(process.mm, VA + page * 4 * KiB)),
  );
};

describe('M6-1: 4 MiB of a BAR', () => {
  const bar = new BarProcess();
  bar.mapLab(4 * MiB, { mode: 'remap', pfn: PFN });

  test('are 1024 entries in step', () => {
    const expected = Array.from(
      { length: 1024 },
      (_, page) => 0x8000000200200237n + BigInt(page) * 0x1000n,
    );
    expect(words(bar, 1024)).toEqual(expected);
  });

  test('are not eligible for THP and are tracked by their VMA', () => {
    const [entry] = bar.process.smaps().filter(({ start }) => start === VA);
    expect(entry!.THPeligible).toBe(0);
    expect(formatVmFlags(entry!.vma.vm_flags)).toBe('rd wr sh mr mw me ms pf io de ar dd sd');
  });
});

describe('M6-2: a page unmapped in the middle of 4 MiB', () => {
  const punched = (profile: string): BarProcess => {
    const bar = new BarProcess({ kernel: profile });
    bar.mapLab(4 * MiB, { mode: 'remap', pfn: PFN });
    bar.process.munmap(VA + 2 * MiB, 4096);
    return bar;
  };
  const complaint = (range: string): string =>
    `x86/PAT: run:1 freeing invalid memtype [mem ${range}]`;

  test('is a hole, and in 6.12.117 a complaint at once and at exit', () => {
    const bar = punched('6.12.117');
    expect(bar.mapped(VA, VA + 4 * MiB)).toEqual([0, 0, 1023]);
    expect(bar.log()).toEqual([complaint('0x200400000-0x200400fff')]);
    bar.process.exit();
    expect(bar.log()).toEqual([complaint('0x200200000-0x2003fffff')]);
  });

  test('is a hole without a word in 7.3', () => {
    const bar = punched('7.3');
    expect(bar.mapped(VA, VA + 4 * MiB)).toEqual([0, 0, 1023]);
    bar.process.exit();
    expect(bar.log()).toEqual([]);
  });
});

describe('M6-3: a private mapping of three pages', () => {
  const bar = new BarProcess();
  expect(remapPart(bar, 12 * KiB, { size: 12 * KiB }, false)).toBe(VA);
  const anonBefore = bar.process.mm.rss.anon;
  const before = words(bar, 3);
  bar.touch(VA + 4096, true);
  const written = words(bar, 3);
  const child = bar.process.fork();
  if (typeof child === 'number') throw new Error(`fork answered ${child}`);
  const flagsOf = (word: bigint): bigint => word & ~0x000ffffffffff000n;

  test('starts read-only, with the frame as its offset, which tells copies from the device', () => {
    expect(bar.vma().vm_pgoff).toBe(PFN);
    expect(before).toEqual([0x8000000200200235n, 0x8000000200201235n, 0x8000000200202235n]);
  });
  test('gets a page of RAM where it is written, with the memory type of the device', () => {
    expect(flagsOf(written[1]!)).toBe(0x8000000000000877n);
    expect(bar.machine.kernel.mem.isRam(Number((written[1]! >> 12n) & 0xffffffn))).toBe(true);
    expect([written[0], written[2]]).toEqual([before[0], before[2]]);
    expect(bar.process.mm.rss.anon).toBe(anonBefore + 1);
  });
  test('gives a child its entries old, and the page read-only on both sides', () => {
    const inChild = words(bar, 3, child);
    expect(inChild[0]).toBe(0x8000000200200215n);
    expect(flagsOf(inChild[1]!)).toBe(0x8400000000000815n);
    expect(flagsOf(words(bar, 3)[1]!)).toBe(0x8400000000000835n);
  });
});

describe('what is refused', () => {
  test.each(['6.12', '6.12.117', '7.3'])(
    'M6-4: half of a private mapping is EINVAL (%s)',
    (profile) => {
      const bar = new BarProcess({ kernel: profile });
      expect(remapPart(bar, 8 * KiB, { size: 4 * KiB }, false)).toBe(-EINVAL);
      expect(bar.process.mm.vma_lookup(VA)).toBe(null);
      expect(bar.mapped(VA, VA + 8 * KiB)).toEqual([0, 0, 0]);
    },
  );

  test('half of a shared mapping is fine', () => {
    const bar = new BarProcess();
    expect(remapPart(bar, 8 * KiB, { size: 4 * KiB })).toBe(VA);
    expect(bar.mapped(VA, VA + 8 * KiB)).toEqual([0, 0, 1]);
  });

  test('6.2: a misaligned address is EINVAL with a warning', () => {
    const bar = new BarProcess();
    expect(remapPart(bar, 8 * KiB, { at: 0x800, size: 4 * KiB })).toBe(-EINVAL);
    expect(bar.log()).toContain('WARNING: remap_pfn_range: misaligned address');
  });

  test('6.3: without a frame for a table is ENOMEM, and nothing stays mapped', () => {
    const bar = new BarProcess();
    const { mem } = bar.machine.kernel;
    // Room for the upper tables and one PTE table only.
    const spare = Array.from({ length: 3 }, () => mem.allocFrame());
    while (mem.allocFrame() >= 0);
    for (const frame of spare) mem.freeFrame(frame);
    expect(remapPart(bar, 4 * MiB, { size: 4 * MiB })).toBe(-ENOMEM);
    expect(bar.process.mm.vma_lookup(VA)).toBe(null);
    expect(mem.allocFrame()).toBeGreaterThan(0);
  });
});

describe('what is a bug', () => {
  test('M6-5: an entry that is filled already', () => {
    const bar = new BarProcess();
    expect(remapPart(bar, 8 * KiB, { size: 8 * KiB })).toBe(VA);
    const again = () =>
      bar.memory.remap_pfn_range(bar.vma(), VA, PFN, 4096, bar.vma().vm_page_prot);
    expect(again).toThrow(KernelBug);
    expect(again).toThrow('remap_pte_range: a PTE is already filled');
  });
  test('6.2: an empty range', () => {
    const bar = new BarProcess();
    expect(() => remapPart(bar, 8 * KiB, { size: 0 })).toThrow(
      'remap_pfn_range: the range is empty',
    );
  });
});

test('M6-6: 0x1001 bytes are two pages', () => {
  const bar = new BarProcess();
  remapPart(bar, 16 * KiB, { size: 0x1001 });
  expect(bar.mapped(VA, VA + 16 * KiB)).toEqual([0, 0, 2]);
});

test('M6-7: what was zapped is SIGBUS when touched, since there is no handler', () => {
  const bar = new BarProcess();
  bar.mapLab(8 * KiB, { mode: 'remap' });
  expect(bar.touch()).toEqual([]);
  bar.memory.zap_vma_ptes(bar.vma(), VA, 4096);
  expect(bar.touch()).toEqual([`signal ${SIGBUS}`]);
  expect(bar.touch(VA + 4096)).toEqual([]);
});

test('6.1: no size and no alignment makes larger entries, in any kernel', () => {
  for (const profile of ['posted-19', '6.12.117', '7.3']) {
    const bar = new BarProcess({ kernel: profile });
    bar.mapLab(16 * MiB, { mode: 'remap' });
    expect(bar.mapped(VA, VA + 16 * MiB)).toEqual([0, 0, 4096]);
  }
});

test('a mapping across table and 1 GiB boundaries is whole', () => {
  const bar = new BarProcess();
  const start = VA + GiB - 3 * 4096;
  bar.mapLab(2 * MiB + 6 * 4096, { mode: 'remap' }, { address: start });
  const { pt } = bar.machine.kernel;
  for (let page = 0; page < 518; page++) {
    const slot = pt.walk(bar.process.mm, start + page * 4096);
    expect(pt.pfnAt(0, slot)).toBe(bar.machine.bar2Pfn + page);
  }
  expect(bar.vma(start).vm_flags & VM_PFNMAP).toBe(VM_PFNMAP);
});
