// Goal: huge entries of a VM_MIXEDMAP mapping meet the walkers of /proc as on real kernels. Method: the answers of 6.12.117 and 7.3.4
// to the lab's scenarios 60, 61 and 62.
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

function withLeaf(kernel: string): BarProcess {
  const bar = new BarProcess({ kernel });
  bar.mapLab(4 * MiB, { mode: 'mixed' });
  bar.touch(VA, true);
  return bar;
}

describe('6.12 takes the frame for one of memory', () => {
  test('when pagemap is read', () => {
    const bar = withLeaf('6.12.117');
    expect(() => bar.process.pagemap(VA)).toThrow(KernelBug);
  });

  test.each([1, 3])('when %d is written to clear_refs', (type) => {
    const bar = withLeaf('6.12.117');
    expect(() => bar.pagewalk.clear_refs(bar.process.mm, type)).toThrow(KernelBug);
  });

  test('not where the entry is empty, nor when only anonymous memory is asked for', () => {
    const bar = withLeaf('6.12.117');
    expect(bar.process.pagemap(VA + 2 * MiB)).toBe(1n << 55n);
    expect(bar.pagewalk.clear_refs(bar.process.mm, 2)).toBe(0);
  });
});

describe('7.3 looks whether the entry has a page', () => {
  test('and tells its frame', () => {
    expect(withLeaf('7.3').process.pagemap(VA)).toBe(0x8080000000200000n);
  });

  test.each([1, 3])('and leaves its accessed bit when %d is written to clear_refs', (type) => {
    const bar = withLeaf('7.3');
    const before = bar.entry();
    bar.pagewalk.clear_refs(bar.process.mm, type);
    expect(bar.entry()).toBe(before);
  });
});

test.each(['6.12.117', '7.3'])(
  'clearing soft-dirty bits write-protects the entry, with %s',
  (kernel) => {
    const bar = withLeaf(kernel);
    expect(bar.entry()).toBe('pmd 0x8000000200000af7');
    bar.pagewalk.clear_refs(bar.process.mm, 4);
    expect(bar.entry()).toBe('pmd 0x84000002000002b5');
  },
);
