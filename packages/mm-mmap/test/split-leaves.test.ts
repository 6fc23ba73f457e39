// EXPERIMENT_SPLIT_LEAVES: system calls on part of a leaf take only what they name.
import { BarProcess, GiB, KiB, MiB, VA } from '@pfnmap/testbed';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const PAGES = GiB / (4 * KiB);

function mapped(symbols: readonly string[] = ['EXPERIMENT_SPLIT_LEAVES']): BarProcess {
  const bar = new BarProcess({ kernel: '7.3', with: symbols });
  bar.map(GiB);
  bar.touch();
  return bar;
}
const pagesOf = (bar: BarProcess): number => {
  const [pud, pmd, pte] = bar.mapped(VA, VA + GiB);
  return pud * PAGES + pmd * 512 + pte;
};

describe('munmap of one page inside a PUD leaf', () => {
  const bar = mapped();
  test('does not kill the kernel, and leaves 511 PMD leaves and 511 PTEs', () => {
    expect(bar.process.munmap(VA + 4 * KiB, 4 * KiB)).toBe(0);
    expect(bar.mapped(VA, VA + GiB)).toEqual([0, 511, 511]);
  });
  test('costs no fault: none of the other pages is missing', () => {
    const others = [VA, VA + 8 * KiB, VA + 2 * MiB, VA + GiB - 4 * KiB];
    expect(others.flatMap((address) => bar.touch(address))).toEqual([]);
    expect(bar.touch(VA + 4 * KiB)).toEqual(['signal 11']);
  });
  test('is a KernelBug today', () => {
    expect(() => mapped([]).process.munmap(VA + 4 * KiB, 4 * KiB)).toThrow('__split_huge_pmd');
  });
});

describe('on a PMD boundary, where today the rest of the leaf goes', () => {
  test.each([
    ['munmap', 0, 511],
    ['mprotect', 0, 512],
  ] as const)('%s of 2 MiB: %i faults to reach the rest again', (call, faults, pmds) => {
    const bar = mapped();
    if (call === 'munmap') bar.process.munmap(VA + 2 * MiB, 2 * MiB);
    else bar.process.mprotect(VA + 2 * MiB, 2 * MiB, 1);
    const calls = [VA, VA + 4 * MiB, VA + 512 * MiB].flatMap((address) => bar.touch(address));
    expect(calls).toHaveLength(faults);
    expect(bar.mapped(VA, VA + GiB)).toEqual([0, pmds, 0]);
  });
  test.each(['munmap', 'mprotect'] as const)('%s today: 511 faults', (call) => {
    const bar = mapped([]);
    if (call === 'munmap') bar.process.munmap(VA + 2 * MiB, 2 * MiB);
    else bar.process.mprotect(VA + 2 * MiB, 2 * MiB, 1);
    const faults = (): number => bar.machine.cpu.faults();
    const before = faults();
    for (let at = 0; at < GiB; at += 2 * MiB) if (at !== 2 * MiB) bar.touch(VA + at);
    expect(faults() - before).toBe(511);
  });
});

test('whatever is unmapped or protected, no other page is lost', () => {
  const range = fc
    .tuple(
      fc.constantFrom(0, 2 * MiB, 6 * MiB, GiB - 2 * MiB),
      fc.nat(511),
      fc.integer({ min: 1, max: 1024 }),
    )
    .map(([base, page, pages]) => ({ at: base + page * 4 * KiB, bytes: pages * 4 * KiB }));
  const step = fc.record({
    call: fc.constantFrom('munmap' as const, 'mprotect' as const, 'mremap' as const),
    range,
  });
  const property = fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
    const bar = mapped();
    const gone = new Set<number>();
    for (const {
      call,
      range: { at, bytes },
    } of steps) {
      const length = Math.min(bytes, GiB - at);
      const pages = Array.from({ length: length / (4 * KiB) }, (_, page) => at / (4 * KiB) + page);
      if (call === 'mprotect') bar.process.mprotect(VA + at, length, 1);
      else if (call === 'munmap' || pages.some((page) => gone.has(page))) {
        bar.process.munmap(VA + at, length);
      } else if (gone.size > 0) {
        // What was split by an earlier step moves entry by entry.
        const to = VA + 4 * GiB + at;
        const request = { address: VA + at, oldLength: length, newLength: length, flags: 3 };
        if (bar.process.mremap({ ...request, newAddress: to }) < 0) continue;
      } else continue;
      if (call !== 'mprotect') for (const page of pages) gone.add(page);
      expect(pagesOf(bar)).toBe(PAGES - gone.size);
    }
  });
  fc.assert(property, { seed: 20240826, numRuns: 60 });
});
