// Goal: what is no table where one is expected is reported with its value, and destroyed. Method: section 1.19 and 12.3 of the
// specification; the lines are those of the captured kernels.

import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

describe.each([
  ['6.12.117', 42, 53],
  ['7.3', 44, 55],
])('%s', (profile, pudLine, pmdLine) => {
  test('a PUD leaf counts as bad', () => {
    const bar = new BarProcess({ kernel: profile });
    bar.map(GiB);
    bar.touch();
    const slot = bar.machine.kernel.pt.walk(bar.process.mm, VA);
    expect(bar.memory.pud_none_or_clear_bad(slot)).toBe(true);
    expect(bar.log()).toEqual([`mm/pgtable-generic.c:${pudLine}: bad pud(80000002000002b7)`]);
    expect(bar.entry()).toBe('pud none');
  });

  test('a PMD leaf counts as bad', () => {
    const bar = new BarProcess({ kernel: profile });
    bar.map(2 * MiB);
    bar.touch();
    const slot = bar.machine.kernel.pt.walk(bar.process.mm, VA);
    expect(bar.memory.pmd_none_or_clear_bad(slot)).toBe(true);
    expect(bar.log()).toEqual([`mm/pgtable-generic.c:${pmdLine}: bad pmd(80000002000002b7)`]);
    expect(bar.entry()).toBe('pmd none');
  });

  test('an empty entry and a table pass without a word', () => {
    const bar = new BarProcess({ kernel: profile });
    const { pt } = bar.machine.kernel;
    const { mm } = bar.process;
    const pudp = pt.walkAlloc(2, mm, VA);
    expect(bar.memory.pud_none_or_clear_bad(pudp)).toBe(true);
    const pmdp = pt.walkAlloc(1, mm, VA);
    expect(bar.memory.pud_none_or_clear_bad(pudp)).toBe(false);
    expect(bar.memory.pmd_none_or_clear_bad(pmdp)).toBe(true);
    pt.walkAlloc(0, mm, VA);
    expect(bar.memory.pmd_none_or_clear_bad(pmdp)).toBe(false);
    expect(bar.log()).toEqual([]);
  });
});
