// Goal: which entries a BAR gets follows from addresses alone, as the table of the specification says (section 24). Method: all
// its rows, touched page by page where it matters, for the three forms of the driver.

import { BarProcess, GiB, KiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

/**
 * Touches every page that is not mapped yet, as a program does that reads all of it. Counts the answers of the driver, by
 * order and answer.
 */
function touchWhole(bar: BarProcess, start: number, end: number): Map<string, number> {
  const { pt, arch } = bar.machine.kernel;
  const { mm } = bar.process;
  const answers = new Map<string, number>();
  bar.machine.watchFaults(({ order, ret }) => {
    const answer = `order=${order} 0x${ret.toString(16)}`;
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  });
  for (let address = start; address < end; ) {
    bar.process.touch(address, false);
    pt.walk(mm, address);
    const { size } = arch.geometry.levels[pt.walked.level];
    address = Math.floor(address / size) * size + size;
  }
  return answers;
}

describe('24.2: a mapping of 6.12.117, touched whole, has', () => {
  const rows: ReadonlyArray<
    readonly [start: number, length: number, offset: number, pud: number, pmd: number, pte: number]
  > = [
    [0, GiB, 0, 1, 0, 0],
    [0, 8 * GiB, 0, 8, 0, 0],
    [2 * MiB, GiB, 2 * MiB, 0, 512, 0],
    [2 * MiB, 2 * GiB, 2 * MiB, 1, 512, 0],
    [0, GiB + 4 * KiB, 0, 1, 0, 1],
    [0, GiB + 2 * MiB + 4 * KiB, 0, 1, 1, 1],
    [0, GiB, 2 * MiB, 0, 512, 0],
    // An eighth of the row, which goes on in the same way.
    [0, 128 * MiB, 4 * KiB, 0, 0, 32768],
    [4 * KiB, GiB, 4 * KiB, 0, 511, 512],
    [4 * KiB, 3 * MiB, 4 * KiB, 0, 0, 768],
    [MiB, 3 * MiB, MiB, 0, 1, 256],
    [0, 16 * KiB, 0, 0, 0, 4],
  ];
  test.each(rows)(
    'address %i past 1 GiB, %i bytes, BAR offset %i: %i PUD, %i PMD, %i PTE',
    (start, length, offset, pud, pmd, pte) => {
      const bar = new BarProcess();
      const address = VA + start;
      bar.map(length, { address, offset });
      touchWhole(bar, address, address + length);
      expect(bar.entry(address)).not.toMatch('none');
      expect(bar.mapped(address, address + length)).toEqual([pud, pmd, pte]);
    },
  );
});

describe('24.3: the driver is called', () => {
  const answers = (length: number, offset: number): Record<string, number> => {
    const bar = new BarProcess();
    bar.map(length, { offset });
    return Object.fromEntries(touchWhole(bar, VA, VA + length));
  };
  test('once a GiB by PUDs', () => {
    expect(answers(2 * GiB, 0)).toEqual({ 'order=18 0x100': 2 });
  });
  test('513 times a GiB by PMDs', () => {
    expect(answers(GiB, 2 * MiB)).toEqual({ 'order=18 0x800': 1, 'order=9 0x100': 512 });
  });
  test('once a page by PTEs, and twice more for each 2 MiB, and once more for the GiB', () => {
    expect(answers(6 * MiB, 4 * KiB)).toEqual({
      'order=18 0x800': 1,
      'order=9 0x800': 3 * 2,
      'order=0 0x100': 3 * 512,
    });
  });
});

describe('24.4: the forms of the driver', () => {
  test('M24-1: as posted, the address of the fault itself must be aligned', () => {
    const aligned = new BarProcess({ kernel: '6.12' });
    aligned.map(GiB);
    expect(aligned.touch()).toEqual(['order=18 0x100']);
    const bar = new BarProcess({ kernel: '6.12' });
    bar.map(GiB);
    expect(bar.touch(VA + 0x201000).at(-1)).toBe('order=0 0x100');
    expect(bar.touch(VA + 0x400000)).toEqual(['order=9 0x100']);
    expect(bar.touch(VA)).toEqual(['order=9 0x100']);
    expect(bar.mapped(VA, VA + GiB)).toEqual([0, 2, 1]);
  });

  test('M24-1: as posted, a misaligned frame is mapped all the same', () => {
    const bar = new BarProcess({ kernel: '6.12' });
    bar.map(GiB, { offset: 4 * KiB });
    expect(bar.touch()).toEqual(['order=18 0x100']);
    // Offset 4 KiB is asked for, and what lies at offset 0 is mapped.
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });

  test('M24-2: from 6.15 on, and in 6.12.117, any first touch gives the PUD', () => {
    for (const profile of ['6.12.117', '7.3']) {
      for (const offset of [0, 0x201000, 0x3ffff000]) {
        const bar = new BarProcess({ kernel: profile });
        bar.map(GiB);
        expect(bar.touch(VA + offset)).toEqual(['order=18 0x100']);
      }
    }
  });

  test('M24-3: with the check of the frame alone, a misaligned one falls back to PTEs', () => {
    const bar = new BarProcess({ kernel: '6.12', with: ['FIX_VFIO_PFN_ALIGNED'] });
    bar.map(GiB, { offset: 4 * KiB });
    expect(bar.touch()).toEqual([
      'order=18 0x800',
      'order=9 0x800',
      'order=9 0x800',
      'order=0 0x100',
    ]);
  });
});
