// Goal: which orders a mapping may have is decided as Linux decides it. Method: the scenarios of the specification (section 3,
// patch 04), and its decision procedure Y1 against every combination of what it asks.
import {
  type ThpEnabled,
  VM_HUGEPAGE,
  VM_MIXEDMAP,
  VM_NOHUGEPAGE,
  VM_PFNMAP,
} from '@pfnmap/mm-core';
import type { TvaReason } from '@pfnmap/mm-huge';
import { BarProcess, computer, GiB, MiB, VA, type Wanted } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { deviceFile, Insertion, SHARED_PFNMAP } from './insertion.ts';

const ALL_ORDERS = 0x7fffffff;
const bits = (...orders: number[]): number => orders.reduce((sum, order) => sum | (1 << order), 0);
const MIXEDMAP = (SHARED_PFNMAP & ~VM_PFNMAP) | VM_MIXEDMAP;
const NOHUGEPAGE = 15;
const HUGEPAGE = 14;

describe('the handler is asked for', () => {
  const newer = ['6.12.117', '7.3'];

  test.each(newer)('M3-1: 1 GiB although THP is switched to never (%s)', (profile) => {
    const bar = new BarProcess({ kernel: profile, thp: 'never' });
    bar.map(GiB);
    expect(bar.touch()).toEqual(['order=18 0x100']);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });

  test.each(['posted-19', '6.12'])('M3-2, P04-S3: one page with THP never (%s)', (profile) => {
    const bar = new BarProcess({ kernel: profile, thp: 'never' });
    bar.map(GiB);
    expect(bar.touch()).toEqual(['order=0 0x100']);
    expect(bar.entry()).toMatch(/^pte 0x8000000200000237/);
    expect(bar.entry(VA + 4096)).toBe('pte none');
  });

  test('M3-3: one page with THP madvise, 1 GiB once the mapping was advised (6.12)', () => {
    const bar = new BarProcess({ kernel: '6.12', thp: 'madvise' });
    bar.map(GiB);
    expect(bar.touch()).toEqual(['order=0 0x100']);
    bar.process.munmap(VA, GiB);
    bar.map(GiB);
    expect(bar.process.madvise(VA, GiB, HUGEPAGE)).toBe(0);
    expect(bar.touch()).toEqual(['order=18 0x100']);
  });

  test.each(['posted-03', 'posted-04', 'posted-19', ...newer])(
    'M3-4, P04-S4: one page a fault after MADV_NOHUGEPAGE (%s)',
    (profile) => {
      const bar = new BarProcess({ kernel: profile });
      bar.map(GiB);
      expect(bar.process.madvise(VA, GiB, NOHUGEPAGE)).toBe(0);
      expect(bar.touch()).toEqual(['order=0 0x100']);
    },
  );

  test('M3-5: nothing while the leaf is there, one page after a zap, when advised late', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.touch();
    expect(bar.process.madvise(VA, GiB, NOHUGEPAGE)).toBe(0);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
    expect(bar.touch()).toEqual([]);
    const { memory } = bar.machine.layers;
    const vma = bar.process.mm.vma_lookup(VA)!;
    memory.zap_vma_ptes(vma, VA, GiB);
    expect(bar.touch()).toEqual(['order=0 0x100']);
    expect(bar.entry()).toMatch(/^pte/);
  });

  test.each(['6.12', '6.12.117', '7.3'])('M3-6: 2 MiB but never 1 GiB on arm64 (%s)', (profile) => {
    const bar = new BarProcess({ arch: 'arm64', kernel: profile });
    bar.map(GiB);
    expect(bar.touch()).toEqual(['order=9 0x100']);
  });

  test.each<[string, Wanted, string[]]>([
    ['4K: order 9', { with: ['ARM64_VA_BITS_48'] }, ['order=9 0x100']],
    ['16K: order 11', { with: ['ARM64_16K_PAGES', 'ARM64_VA_BITS_47'] }, ['order=11 0x100']],
    ['64K: order 13', { with: ['ARM64_64K_PAGES', 'ARM64_VA_BITS_48'] }, ['order=13 0x100']],
  ])('P04-S2: the order of a PMD on arm64 with pages of %s', (_what, setup, calls) => {
    const bar = new BarProcess({ arch: 'arm64', ...setup });
    bar.map(GiB);
    expect(bar.touch()).toEqual(calls);
  });

  test('3.9: single pages without THP, which PREEMPT_RT excludes', () => {
    for (const setup of [{ without: ['TRANSPARENT_HUGEPAGE'] }, { with: ['PREEMPT_RT'] }]) {
      expect(computer(setup).kernel.config.enabled('TRANSPARENT_HUGEPAGE')).toBe(false);
      const bar = new BarProcess(setup);
      bar.map(GiB);
      expect(bar.touch()).toEqual(['order=0 0x100']);
    }
  });

  test('3.5: single pages while the process has THP disabled', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.process.mm.thpDisabled = true;
    expect(bar.touch()).toEqual(['order=0 0x100']);
  });
});

describe('P04-S1: the orders of a file PFN mapping in a fault', () => {
  test.each([
    ['posted-03', 'x86_64', [], bits(1, 2, 3, 4, 5, 6, 7, 8, 9)],
    ['posted-04', 'x86_64', [], bits(9, 18)],
    ['7.3', 'x86_64', [], bits(9, 18)],
    ['posted-03', 'arm64', ['ARM64_16K_PAGES'], bits(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)],
    ['posted-04', 'arm64', ['ARM64_16K_PAGES'], bits(11, 22)],
    // P04-S2: 13 is beyond the largest order of the page cache.
    ['posted-03', 'arm64', ['ARM64_64K_PAGES'], bits(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)],
    ['posted-04', 'arm64', ['ARM64_64K_PAGES'], bits(13, 26)],
  ] as const)('%s, %s %j: %i', (profile, arch, symbols, orders) => {
    const driver = new Insertion({ kernel: profile, arch, with: symbols });
    const vma = driver.vma(VA, VA + GiB);
    expect(driver.huge.thp_vma_allowable_orders(vma, 'fault', ALL_ORDERS)).toBe(orders);
  });

  test('P04-S5: order 4 of a MIXEDMAP file is offered before patch 04 and not after', () => {
    for (const [profile, offered] of [
      ['posted-03', true],
      ['posted-04', false],
    ] as const) {
      const driver = new Insertion({ kernel: profile });
      const vma = driver.vma(VA, VA + GiB, MIXEDMAP);
      expect(driver.huge.thp_vma_allowable_order(vma, 'fault', 4)).toBe(offered);
    }
  });

  test.each([
    ['6.12', bits(1, 2, 3, 4, 5, 6, 7, 8, 9)],
    ['6.12.117', bits(1, 2, 3, 4, 5, 6, 7, 8, 9)],
    ['7.3', bits(9, 18)],
  ])('M3-7: of one without a file: 1 GiB from 7.x on only (%s)', (profile, orders) => {
    const driver = new Insertion({ kernel: profile });
    const vma = driver.vma(VA, VA + GiB, SHARED_PFNMAP, null);
    expect(driver.huge.thp_vma_allowable_orders(vma, 'fault', ALL_ORDERS)).toBe(orders);
    expect(driver.huge.vma_is_special_huge(vma)).toBe(profile === '7.3');
  });

  test('3.7: neither size nor alignment of the VMA matters', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA + 4096, VA + 8192);
    expect(driver.huge.thp_vma_allowable_order(vma, 'fault', 18)).toBe(true);
  });
});

test('R6: without patch 04 in the full series 1 GiB is never offered', () => {
  const driver = new Insertion({ kernel: '6.12', reverted: ['SERIES_PATCH_04'] });
  const vma = driver.vma(VA, VA + GiB);
  expect(driver.huge.thp_vma_allowable_orders(vma, 'fault', bits(9, 18))).toBe(bits(9));
});

describe('THPeligible of smaps', () => {
  const eligible = (start: number, end: number, vm_pgoff = 0): number => {
    const driver = new Insertion();
    const vma = driver.vma(start, end);
    vma.vm_pgoff = vm_pgoff;
    return driver.huge.thp_vma_allowable_orders(vma, 'smaps', ALL_ORDERS);
  };
  test('3.8: asks for an aligned range of the order in the VMA', () => {
    expect(eligible(VA, VA + GiB)).toBe(bits(9, 18));
    expect(eligible(VA, VA + GiB - 4096)).toBe(bits(9));
    expect(eligible(VA, VA + 2 * MiB)).toBe(bits(9));
    expect(eligible(VA + 4096, VA + 2 * MiB)).toBe(0);
  });
  test('3.3: goes by the offset in the file, not by the frame', () => {
    expect(eligible(VA, VA + 2 * GiB, 1)).toBe(0);
    expect(eligible(VA, VA + 2 * GiB, 512)).toBe(bits(9));
    expect(eligible(VA + 4096, VA + 3 * GiB, 1)).toBe(bits(9, 18));
  });
  test('3.8: is 0 for a driver without huge_fault', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + GiB);
    vma.vm_ops = {};
    expect(driver.huge.thp_vma_allowable_orders(vma, 'smaps', ALL_ORDERS)).toBe(0);
  });
});

test('khugepaged never gets an order of a PFN mapping', () => {
  for (const profile of ['6.12', '6.12.117', '7.3']) {
    const driver = new Insertion({ kernel: profile });
    for (const vm_flags of [SHARED_PFNMAP, MIXEDMAP]) {
      const vma = driver.vma(VA, VA + GiB, vm_flags);
      expect(driver.huge.thp_vma_allowable_orders(vma, 'khugepaged', ALL_ORDERS)).toBe(0);
      // P04.9: without operations it counts as anonymous, and a fault may ask for what those may have: of the sizes that
      // anonymous memory may have, the settings of all but the PMD's are off.
      vma.vm_ops = null;
      expect(driver.huge.thp_vma_allowable_orders(vma, 'khugepaged', ALL_ORDERS)).toBe(0);
      expect(driver.huge.thp_vma_allowable_orders(vma, 'fault', ALL_ORDERS)).toBe(bits(9));
    }
  }
});

describe('Y1: every combination of what decides', () => {
  const policies: readonly ThpEnabled[] = ['always', 'madvise', 'never'];
  const advices = [0, VM_HUGEPAGE, VM_NOHUGEPAGE];
  const reasons: readonly TvaReason[] = ['fault', 'smaps', 'khugepaged'];

  test.each([
    ['posted-03', false, false],
    ['posted-04', true, false],
    ['6.12', true, false],
    ['6.12.117', true, true],
    ['7.3', true, true],
  ] as const)('%s', (profile, patch04, ignoresPolicy) => {
    const driver = new Insertion({ kernel: profile });
    for (const policy of policies)
      for (const advice of advices)
        for (const hasHandler of [false, true])
          for (const disabled of [false, true])
            for (const reason of reasons) {
              driver.kernel.sysfs.thpEnabled = policy;
              driver.mm.thpDisabled = disabled;
              const vma = driver.vma(VA, VA + 2 * GiB, SHARED_PFNMAP | advice, deviceFile);
              vma.vm_ops = hasHandler ? { huge_fault: () => 0 } : {};
              const forbidden = advice === VM_NOHUGEPAGE || disabled || !hasHandler;
              const allows =
                ignoresPolicy ||
                policy === 'always' ||
                (policy === 'madvise' && advice === VM_HUGEPAGE);
              const none = forbidden || !allows || reason === 'khugepaged';
              const offered = patch04 ? bits(9, 18) : bits(9);
              const asked = bits(9, 18);
              expect(driver.huge.thp_vma_allowable_orders(vma, reason, asked)).toBe(
                none ? 0 : offered,
              );
            }
  });
});
