// Goal: advices about anonymous memory leave the entries that kernels leave. Method: what 6.12.117 and 7.3.4 answered to scenarios
// 66 and 70 to 73; entries are told by their low bits, of 0x867 P RW US A D, of 0xa25 P US A SPECIAL.
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const [DONTNEED, FREE, COLD, PAGEOUT, COLLAPSE] = [4, 8, 20, 21, 25];
const PAGE = 4096;

function memory(kernel = '6.12.117', length = 4 * MiB): BarProcess {
  const bar = new BarProcess({ kernel });
  bar.mapFile(null, length, { shared: false });
  return bar;
}
/** Pages of memory besides the one that a program begins with. */
const pages = ({ process }: BarProcess): number => process.mm.rss.anon - 1;
const bits = (bar: BarProcess, address: number): string =>
  bar.entry(address).replace(/0x8.*(...)$/, '$1');
const advise = (bar: BarProcess, advice: number, start: number, length: number): number =>
  bar.process.madvise(start, length, advice);

describe('a huge page of which two single pages were written', () => {
  function written(kernel?: string): BarProcess {
    const bar = memory(kernel);
    bar.touch(VA, true);
    bar.touch(VA + 16 * PAGE, true);
    return bar;
  }

  test.each(['6.12.117', '7.3'])(
    'COLD of a part of it splits it, and pages of zeroes go (%s)',
    (kernel) => {
      const bar = written(kernel);
      expect(advise(bar, COLD, VA + 16 * PAGE, PAGE)).toBe(0);
      const told = [0, 1, 16, 17].map((page) => bits(bar, VA + page * PAGE));
      expect(told).toEqual(['pte 867', 'pte a25', 'pte 847', 'pte a25']);
      expect(pages(bar)).toBe(2);
    },
  );

  test('COLD of all of it leaves it huge, and old', () => {
    const bar = written();
    advise(bar, COLD, VA, 2 * MiB);
    expect(bits(bar, VA)).toBe('pmd 8c7');
  });

  test('FREE of all of it leaves it huge, old and clean; PAGEOUT then drops it', () => {
    const bar = written();
    advise(bar, FREE, VA, 2 * MiB);
    expect(bits(bar, VA)).toBe('pmd 887');
    advise(bar, PAGEOUT, VA, 2 * MiB);
    expect([bar.entry(VA), pages(bar)]).toEqual(['pte none', 0]);
  });

  test('PAGEOUT keeps what was written since it was freed', () => {
    const bar = written();
    advise(bar, FREE, VA, 2 * MiB);
    bar.touch(VA, true);
    advise(bar, PAGEOUT, VA, 2 * MiB);
    expect([bits(bar, VA), bits(bar, VA + 511 * PAGE)]).toEqual(['pte 867', 'pte 867']);
  });

  test('PAGEOUT of what was not freed splits it, since there is no swap', () => {
    const bar = written();
    advise(bar, PAGEOUT, VA, 2 * MiB);
    expect([0, 1].map((page) => bits(bar, VA + page * PAGE))).toEqual(['pte 867', 'pte a25']);
  });

  test('a part that was unmapped is not put back by the split', () => {
    const bar = written();
    advise(bar, DONTNEED, VA + MiB, 16 * PAGE);
    advise(bar, COLD, VA, PAGE);
    expect(bar.entry(VA + MiB)).toBe('pte none');
    expect(bits(bar, VA)).toBe('pte 847');
  });

  test('stays whole where another process maps it', () => {
    const bar = written();
    const child = bar.process.fork();
    expect(typeof child).toBe('object');
    advise(bar, COLD, VA, PAGE);
    advise(bar, FREE, VA, 2 * MiB);
    expect(bar.entry(VA)).toMatch(/^pmd /);
  });
});

describe('COLLAPSE', () => {
  test('makes a huge page of single ones, and keeps what they hold', () => {
    const bar = memory();
    bar.machine.kernel.sysfs.thpEnabled = 'never';
    bar.touch(VA + 16 * PAGE, true);
    expect(bar.entry(VA)).toBe('pte none');
    expect(advise(bar, COLLAPSE, VA, 2 * MiB)).toBe(0);
    expect([bits(bar, VA), pages(bar)]).toEqual(['pmd 8e7', 512]);
    advise(bar, COLD, VA, PAGE);
    expect([bits(bar, VA), bits(bar, VA + 16 * PAGE)]).toEqual(['pte a25', 'pte 867']);
  });

  test.each([
    ['6.12.117', -22],
    ['7.3', 0],
  ])(
    'of a range without a whole huge page or a boundary of one: %s answers %d',
    (kernel, result) => {
      const bar = memory(kernel);
      bar.touch(VA, true);
      expect(advise(bar, COLLAPSE, VA + PAGE, PAGE)).toBe(result);
    },
  );
});

test.each([COLD, PAGEOUT])(
  'advice %d of a huge entry in a mixed mapping kills 6.12, not 7.3',
  (advice) => {
    const mixed = (kernel: string): BarProcess => {
      const bar = new BarProcess({ kernel });
      bar.mapLab(4 * MiB, { mode: 'mixed' });
      bar.touch(VA);
      return bar;
    };
    expect(() => advise(mixed('6.12.117'), advice, VA, 2 * MiB)).toThrow(KernelBug);
    const bar = mixed('7.3');
    expect(advise(bar, advice, VA, 2 * MiB)).toBe(0);
    expect(bar.entry()).toBe('pmd 0x80000002000002b7');
  },
);
