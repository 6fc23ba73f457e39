import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdsRam, is_untracked_pat_range, pat_pagerange_is_ram } from '../src/physical-ranges.ts';
import { isLabRam } from './test-machine.ts';

const seed = 0x9a8;
const lab = { isRam: isLabRam };

describe('physical ranges', () => {
  test('14.3, 14.6: the ISA hole is 0xa0000 to 0xfffff, and a range must lie inside', () => {
    expect(is_untracked_pat_range(0xa0000, 0x100000)).toBe(true);
    expect(is_untracked_pat_range(0x9f000, 0x100000)).toBe(false);
    expect(is_untracked_pat_range(0xff000, 0x101000)).toBe(false);
  });

  test.each([
    [0x1000, 0x2000, 0],
    [0x100000, 0x101000, 1],
    [0x100001, 0x100002, 1],
    [0xff000, 0x101000, -1],
    [0x3ffde000, 0x3ffe0000, 1],
    [0x3ffdf000, 0x3ffe0000, 0],
    [0x200000000, 0x200001000, 0],
  ])('[%i, %i) is RAM as a running kernel says: %i', (start, end, kind) => {
    expect(pat_pagerange_is_ram(lab, start, end)).toBe(kind);
  });

  test(`are the same whether the end of RAM is known or not (seed ${seed})`, () => {
    const page = fc.oneof(
      fc.integer({ min: 0, max: 0x140 }),
      fc.integer({ min: 0x3ffc0, max: 0x40010 }),
    );
    fc.assert(
      fc.property(page, fc.integer({ min: 1, max: 64 }), (first, pages) => {
        const [start, end] = [first * 4096, (first + pages) * 4096];
        const bounded = { ...lab, max_pfn: 0x3ffdf };
        expect(pat_pagerange_is_ram(bounded, start, end)).toBe(
          pat_pagerange_is_ram(lab, start, end),
        );
        expect(holdsRam(bounded, start, end)).toBe(holdsRam(lab, start, end));
      }),
      { seed, numRuns: 300 },
    );
  });
});
