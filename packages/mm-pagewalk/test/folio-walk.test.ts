// Goal: folio_walk_start() finds no page behind device memory, from patch 06 on. Method: the scenarios of the patch and rows Q6,
// Q7 of the replay table.
import { VM_SHARED } from '@pfnmap/mm-core';
import { hiOfWord, loOfWord } from '@pfnmap/pgtable-core';
import { BarProcess, fileOf, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { FW_MIGRATION, FW_ZEROPAGE } from '../src/index.ts';

const NONE = -1;
const BAR_PFN = 0x200000;
const PATCH_06 = ['SERIES_PATCH_06', 'FIX_FOLIO_WALK_PRESENT_PMD'];

const upTo = (first: number, last: number): string[] =>
  Array.from(
    { length: last - first + 1 },
    (_, at) => `posted-${String(first + at).padStart(2, '0')}`,
  );

/** R1: a BAR with one leaf of a level, whatever the driver of that kernel would do. */
function withLeaf(level: 1 | 2, setup = {}): BarProcess {
  const bar = new BarProcess(setup);
  const { kernel } = bar.machine;
  bar.mapFile(
    fileOf((vma) => {
      vma.vm_flags |= 0x400;
      vma.vm_ops = {};
      return 0;
    }),
    GiB,
  );
  const { pt, arch } = kernel;
  const prot = arch.pgprot_noncached(bar.vma().vm_page_prot);
  const leaf =
    level === 1
      ? arch.pmd_mkspecial(arch.pmd_mkhuge(prot))
      : arch.pud_mkspecial(arch.pud_mkhuge(prot));
  pt.set(level, pt.walkAlloc(level, bar.process.mm, VA), BAR_PFN, leaf);
  return bar;
}
const find = (bar: BarProcess, address = VA): number =>
  bar.pagewalk.folio_walk_start(bar.vma(), address);

test.each([...upTo(1, 19), '6.12', '6.12.117', '7.3'])(
  'Q6, P06-S1: behind a PMD leaf of a shared PFN mapping there is none, patch or not (%s)',
  (profile) => {
    expect(find(withLeaf(1, { kernel: profile }), VA + MiB)).toBe(NONE);
  },
);

describe('Q7, P06-S2: behind a PUD leaf there is', () => {
  test.each(upTo(1, 16))('a frame that has no page, with %s', (profile) => {
    expect(find(withLeaf(2, { kernel: profile }))).toBe(BAR_PFN);
  });
  test.each([...upTo(17, 19), '6.12', '6.12.117', '7.3'])('none, with %s', (profile) => {
    expect(find(withLeaf(2, { kernel: profile }))).toBe(NONE);
  });
  test('a frame that has no page, in the full series without patch 06', () => {
    expect(find(withLeaf(2, { kernel: '6.12', reverted: PATCH_06 }))).toBe(BAR_PFN);
  });
});

describe('P06-S4: behind a special PMD leaf out of line in a private mapping there is', () => {
  const RAM = 0x400;
  const privately = (setup = {}): number => {
    const bar = withLeaf(1, setup);
    const { pt } = bar.machine.kernel;
    pt.set(1, pt.walk(bar.process.mm, VA), RAM, pt.pmdp_get(pt.walk(bar.process.mm, VA)));
    bar.vma().vm_flags &= ~VM_SHARED;
    return find(bar);
  };
  test.each(['posted-19', '6.12', '6.12.117', '7.3'])('none, with %s', (profile) => {
    expect(privately({ kernel: profile })).toBe(NONE);
  });
  test('the page of that frame, without patch 06', () => {
    expect(privately({ kernel: '6.12', reverted: PATCH_06 })).toBe(RAM);
  });
});

describe('P06-S3: of a PMD under migration, FW_MIGRATION', () => {
  // A writable migration entry (type 30) of the frame 0x100000; with the offset inverted, bits 9 to 17 are all set.
  const MIGRATION = 0xf7ffffffdffffe00n;
  const asked = (setup: object, flags: number): number => {
    const bar = withLeaf(1, setup);
    const { pt, mem } = bar.machine.kernel;
    const slot = pt.walk(bar.process.mm, VA);
    mem.lanes[slot] = loOfWord(MIGRATION);
    mem.lanes[slot + 1] = hiOfWord(MIGRATION);
    return bar.pagewalk.folio_walk_start(bar.vma(), VA, flags);
  };

  test.each(['base', 'posted-05', 'posted-16', '6.12-rc1', '6.12.117'])(
    'finds the folio, with %s',
    (profile) => {
      expect(asked({ kernel: profile }, FW_MIGRATION)).toBe(0x100000);
    },
  );
  test.each(['posted-17', 'posted-19'])(
    'finds none, with %s: the offset looks special',
    (profile) => {
      expect(asked({ kernel: profile }, FW_MIGRATION)).toBe(NONE);
    },
  );
  test('finds none since nobody asks any more, with 7.3', () => {
    expect(asked({ kernel: '7.3' }, FW_MIGRATION)).toBe(NONE);
  });
  test('is needed to find it', () => {
    expect(asked({ kernel: '6.12' }, FW_ZEROPAGE)).toBe(NONE);
  });
});

describe('there is none behind', () => {
  test('an entry that is empty, at any level', () => {
    const bar = new BarProcess();
    bar.mapLab(GiB, { maxorder: 0 });
    expect(find(bar)).toBe(NONE);
    const { pt } = bar.machine.kernel;
    for (const level of [2, 1, 0] as const) {
      pt.walkAlloc(level, bar.process.mm, VA);
      expect(find(bar)).toBe(NONE);
    }
  });

  test('a page of a BAR', () => {
    const bar = new BarProcess();
    bar.mapLab(4096, { mode: 'remap' });
    expect(find(bar)).toBe(NONE);
  });

  test('a leaf without access', () => {
    for (const length of [GiB, 2 * MiB]) {
      const bar = new BarProcess();
      bar.map(length);
      bar.touch();
      bar.process.mprotect(VA, length, 0);
      expect(find(bar)).toBe(NONE);
    }
  });

  test('an address outside the VMA, which is warned about', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    for (const address of [VA - 4096, VA + GiB]) expect(find(bar, address)).toBe(NONE);
    expect(bar.machine.kernel.events.take()).toMatchObject([
      { kind: 'warn', where: 'folio_walk_start' },
      { kind: 'warn', where: 'folio_walk_start' },
    ]);
  });
});

test('behind an anonymous page there is that page', () => {
  const bar = new BarProcess();
  bar.mapFile(null, 8192, { shared: false });
  bar.touch(VA + 4096, true);
  const { pt } = bar.machine.kernel;
  expect(find(bar, VA + 4096)).toBe(pt.pfnAt(0, pt.walk(bar.process.mm, VA + 4096)));
  expect(find(bar)).toBe(NONE);
});
