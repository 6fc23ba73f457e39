// Goal: a page walk sees, skips and destroys what Linux's does. Method: every set of callbacks on every kind of entry; then
// sections 15.1 to 15.4 of the specification.
import { VM_PFNMAP } from '@pfnmap/mm-core';
import type { MmWalkOps } from '@pfnmap/mm-pagewalk';
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

type Callback = 'pud_entry' | 'pmd_entry' | 'pte_entry';
const SETS: readonly (readonly Callback[])[] = [
  [],
  ['pud_entry'],
  ['pmd_entry'],
  ['pte_entry'],
  ['pud_entry', 'pmd_entry'],
  ['pud_entry', 'pte_entry'],
  ['pmd_entry', 'pte_entry'],
  ['pud_entry', 'pmd_entry', 'pte_entry'],
];

/** Callbacks that write down what they are shown, as `pmd +200000 200000`. */
function witness(callbacks: readonly Callback[], seen: string[]): MmWalkOps {
  const note = (what: string, start: number, next: number): number => {
    seen.push(`${what} +${(start - VA).toString(16)} ${(next - start).toString(16)}`);
    return 0;
  };
  return {
    ...(callbacks.includes('pud_entry')
      ? { pud_entry: (_slot, start, next) => note('pud', start, next) }
      : {}),
    ...(callbacks.includes('pmd_entry')
      ? { pmd_entry: (_slot, start, next) => note('pmd', start, next) }
      : {}),
    ...(callbacks.includes('pte_entry')
      ? { pte_entry: (_slot, start, next) => note('pte', start, next) }
      : {}),
    pte_hole: (start, next) => note('hole', start, next),
  };
}

/** One GiB, walked by walk_page_vma(). */
function walked(bar: BarProcess, callbacks: readonly Callback[]): string[] {
  const seen: string[] = [];
  expect(bar.pagewalk.walk_page_vma(bar.vma(), witness(callbacks, seen))).toBe(0);
  return seen;
}

describe('walk_page_vma() over a PUD leaf', () => {
  test.each(SETS)('with %s %s %s: it goes when anything below is asked for', (...callbacks) => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.touch();
    const asked = callbacks.filter((one): one is Callback => one !== undefined);
    const below = asked.includes('pmd_entry') || asked.includes('pte_entry');
    expect(walked(bar, asked)).toEqual([
      ...(asked.includes('pud_entry') ? ['pud +0 40000000'] : []),
      ...(below ? ['hole +0 40000000'] : []),
    ]);
    expect(bar.entry()).toBe(below ? 'pud none' : 'pud 0x80000002000002b7');
    expect(bar.splits()).toEqual([0, below ? 1 : 0]);
  });
});

describe('walk_page_vma() over a PMD leaf', () => {
  test.each(SETS)('with %s %s %s: it goes only when PTEs are asked for', (...callbacks) => {
    const bar = new BarProcess();
    bar.mapLab(4 * MiB, { maxorder: 9 });
    bar.touch();
    const asked = callbacks.filter((one): one is Callback => one !== undefined);
    const below = asked.includes('pmd_entry') || asked.includes('pte_entry');
    const ptes = asked.includes('pte_entry');
    expect(walked(bar, asked)).toEqual([
      ...(asked.includes('pud_entry') ? ['pud +0 400000'] : []),
      ...(asked.includes('pmd_entry') ? ['pmd +0 200000'] : []),
      ...(ptes ? ['hole +0 200000'] : []),
      ...(below ? ['hole +200000 200000'] : []),
    ]);
    expect(bar.entry()).toBe(ptes ? 'pmd none' : 'pmd 0x80000002000002b7');
    expect(bar.splits()).toEqual([ptes ? 1 : 0, 0]);
  });
});

test('walk_page_vma() over a PTE table shows each of its entries in the range, empty ones too', () => {
  const bar = new BarProcess();
  bar.mapLab(3 * 4096, { maxorder: 0 }, { address: VA + 4096 });
  bar.touch(VA + 8192);
  const seen: string[] = [];
  bar.pagewalk.walk_page_vma(bar.vma(VA + 4096), witness(['pte_entry'], seen));
  expect(seen).toEqual(['pte +1000 1000', 'pte +2000 1000', 'pte +3000 1000']);
});

describe('walk_page_range()', () => {
  const all: readonly Callback[] = ['pud_entry', 'pmd_entry', 'pte_entry'];

  test('15.1: passes a PFN mapping over as a hole', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.touch();
    const seen: string[] = [];
    bar.pagewalk.walk_page_range(bar.process.mm, VA, VA + GiB, witness(all, seen));
    expect(seen).toEqual(['hole +0 40000000']);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });

  test('15.1: asks test_walk instead, where there is one', () => {
    for (const [answer, result, entry] of [
      [0, 0, 'pud none'],
      [1, 0, 'pud 0x80000002000002b7'],
      [-13, -13, 'pud 0x80000002000002b7'],
    ] as const) {
      const bar = new BarProcess();
      bar.map(GiB);
      bar.touch();
      const ops = { ...witness(all, []), test_walk: () => answer };
      expect(bar.pagewalk.walk_page_range(bar.process.mm, VA, VA + GiB, ops)).toBe(result);
      expect(bar.entry()).toBe(entry);
    }
  });

  test('tells holes between and around mappings, without a VMA', () => {
    const bar = new BarProcess();
    bar.map(4096, { address: VA + 4096 });
    const holes: string[] = [];
    bar.pagewalk.walk_page_range(bar.process.mm, VA, VA + 4 * 4096, {
      pte_hole: (start, next, vma) => {
        holes.push(`+${start - VA} ${next - start} ${vma === null ? 'no VMA' : 'VMA'}`);
        return 0;
      },
    });
    expect(holes).toEqual(['+0 4096 no VMA', '+4096 4096 VMA', '+8192 8192 no VMA']);
  });

  test('ends with the first answer that is not 0, wherever it came from', () => {
    const bar = new BarProcess();
    bar.mapFile(null, 8 * 4096, { shared: false });
    for (let page = 0; page < 8; page += 2) bar.touch(VA + page * 4096, true);
    const walk = (ops: MmWalkOps, start = VA, end = VA + 8 * 4096) =>
      bar.pagewalk.walk_page_range(bar.process.mm, start, end, ops);
    let calls = 0;
    const stops = (): number => (++calls === 2 ? 7 : 0);
    expect(walk({ pte_entry: stops })).toBe(7);
    expect(calls).toBe(2);
    expect(walk({ pmd_entry: () => 5 })).toBe(5);
    expect(walk({ pud_entry: () => 4 })).toBe(4);
    expect(walk({ pte_hole: () => 3 }, VA - 4096)).toBe(3);
    expect(walk({ pte_hole: () => 2 }, VA, VA + 9 * 4096)).toBe(2);
    bar.map(4096, { address: VA + GiB });
    expect(walk({ pte_hole: () => -1 }, VA + GiB, VA + GiB + 4096)).toBe(-1);
  });

  test('covers a range across 512 GiB whole, in holes and entries without overlap', () => {
    const bar = new BarProcess();
    bar.mapFile(null, 600 * GiB, { shared: false });
    for (const address of [VA, VA + 3 * GiB, VA + 599 * GiB]) bar.touch(address, true);
    let at = VA;
    const step = (start: number, next: number): number => {
      expect(start).toBe(at);
      at = next;
      return 0;
    };
    bar.pagewalk.walk_page_range(bar.process.mm, VA, VA + 600 * GiB, {
      pte_entry: (_slot, start, next) => step(start, next),
      pte_hole: step,
    });
    expect(at).toBe(VA + 600 * GiB);
  });

  test('walks tables whose PUD or PMD is folded', () => {
    for (const symbols of [
      ['ARM64_64K_PAGES', 'ARM64_VA_BITS_48'],
      ['ARM64_16K_PAGES', 'ARM64_VA_BITS_36'],
    ]) {
      const bar = new BarProcess({ arch: 'arm64', with: symbols });
      const { pageSize } = bar.machine.kernel.arch.geometry;
      const address = 2 ** 34;
      bar.mapFile(null, 4 * pageSize, { address, shared: false });
      bar.touch(address + 2 * pageSize, true);
      const present: number[] = [];
      bar.pagewalk.walk_page_range(bar.process.mm, address, address + 4 * pageSize, {
        pte_entry: (slot, start) => {
          if (!bar.machine.kernel.pt.pte_none(slot)) present.push((start - address) / pageSize);
          return 0;
        },
      });
      expect(present).toEqual([2]);
    }
  });
});

describe('F9: a leaf that another CPU puts back while it is cleared', () => {
  /** The first time that secondary MMUs hear of the end of a split, the leaf is faulted in again. */
  const refaulted = (profile: string): BarProcess => {
    const bar = new BarProcess({ kernel: profile });
    bar.map(GiB);
    bar.touch();
    let again = true;
    bar.process.mm.notifiers.push({
      invalidate_range_start: () => {},
      invalidate_range_end: () => {
        if (again) bar.machine.layers.memory.handle_mm_fault(bar.vma(), VA, 0);
        again = false;
      },
    });
    return bar;
  };

  test('is read as a table until the fix', () => {
    const walk = (): number => {
      const bar = refaulted('6.12');
      return bar.pagewalk.walk_page_vma(bar.vma(), { pmd_entry: () => 0 });
    };
    expect(walk).toThrow(KernelBug);
    expect(walk).toThrow('walk_pmd_range: a PUD leaf is read as a PMD table');
  });

  test.each(['6.12.117', '7.3'])('is cleared again with the fix (%s)', (profile) => {
    const bar = refaulted(profile);
    expect(walked(bar, ['pmd_entry'])).toEqual(['hole +0 40000000']);
    expect([bar.entry(), bar.splits()]).toEqual(['pud none', [0, 2]]);
  });
});

test('15.2: walk_page_vma() asks no test_walk and passes no PFN mapping over', () => {
  const bar = new BarProcess();
  bar.map(GiB);
  bar.touch();
  expect(bar.vma().vm_flags & VM_PFNMAP).toBe(VM_PFNMAP);
  const ops: MmWalkOps = { pmd_entry: () => 0, test_walk: () => 1 };
  bar.pagewalk.walk_page_vma(bar.vma(), ops);
  expect(bar.entry()).toBe('pud none');
});
