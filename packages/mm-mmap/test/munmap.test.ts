// Goal: mappings go, split and stay as on Linux, with the crash that Linux has. Method: the scenarios of sections 9, 10 and 21
// of the specification.
import { EINVAL } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const SIGSEGV = 11;

function withPud(setup = {}, length = GiB): BarProcess {
  const bar = new BarProcess(setup);
  bar.map(length);
  bar.touchAll(VA, VA + length, GiB);
  return bar;
}
const mappings = (bar: BarProcess): string[] =>
  bar.process.mm
    .overlapping(VA, VA + 16 * GiB)
    .map(({ vm_start, vm_end }) => `${(vm_start - VA).toString(16)}-${(vm_end - VA).toString(16)}`);

describe('munmap() inside 1 GiB that one PUD maps', () => {
  test('M10-1: of 2 MiB clears the PUD; the rest comes back by PMDs, the hole does not', () => {
    const bar = withPud();
    expect(bar.process.munmap(VA + 2 * MiB, 2 * MiB)).toBe(0);
    expect(mappings(bar)).toEqual(['0-200000', '400000-40000000']);
    expect([bar.entry(), bar.splits()]).toEqual(['pud none', [0, 1]]);
    expect(bar.touch()).toEqual(['order=18 0x800', 'order=9 0x100']);
    expect(bar.touch(VA + 2 * MiB)).toEqual([`signal ${SIGSEGV}`]);
  });

  test.each(['6.12', '6.12.117', '7.3'])(
    'M10-2: of a page reads the leaf as a table (%s)',
    (profile) => {
      const bar = withPud({ kernel: profile });
      const unmap = () => bar.process.munmap(VA + 0x1000, 0x1000);
      expect(unmap).toThrow(KernelBug);
      expect(unmap).toThrow('__split_huge_pmd');
    },
  );

  test('M10-2: of its last page is the same bug', () => {
    const bar = withPud();
    expect(() => bar.process.munmap(VA + GiB - 4096, 4096)).toThrow(KernelBug);
  });

  test('M10-4: of one whole GiB of three leaves the others, and splits nothing', () => {
    const bar = withPud({}, 3 * GiB);
    bar.process.munmap(VA, GiB);
    expect(bar.mapped(VA, VA + 3 * GiB)).toEqual([2, 0, 0]);
    expect(bar.splits()).toEqual([0, 0]);
    expect(mappings(bar)).toEqual(['40000000-c0000000']);
  });
});

test('M10-3: of a page of 2 MiB clears that PMD alone, which comes back by PTEs', () => {
  const bar = new BarProcess();
  bar.map(8 * MiB);
  bar.touchAll(VA, VA + 8 * MiB, 2 * MiB);
  bar.process.munmap(VA + 0x1000, 0x1000);
  expect(bar.splits()).toEqual([1, 0]);
  expect(bar.mapped(VA, VA + 8 * MiB)).toEqual([0, 3, 0]);
  expect(bar.touch()).toEqual(['order=9 0x800', 'order=9 0x800', 'order=0 0x100']);
  expect(bar.touch(VA + 0x2000)).toEqual(['order=0 0x100']);
  expect(bar.touch(VA + 0x1000)).toEqual([`signal ${SIGSEGV}`]);
});

describe('what is flushed and told', () => {
  test('M9-1: 8 GiB by PUDs are one flush in steps of 1 GiB, and one of the tables', () => {
    const bar = withPud({}, 8 * GiB);
    expect(bar.record('tlb', () => bar.process.munmap(VA, 8 * GiB))[0]).toBe(
      'tlb flush [0x7f0000000000, 0x7f0200000000) in steps of 0x40000000',
    );
  });

  test('M21-2: a PUD and anonymous memory in one call are one notification', () => {
    const bar = withPud();
    bar.mapFile(null, 2 * MiB, { address: VA + GiB, shared: false });
    bar.touch(VA + GiB, true);
    expect(bar.record('notifier', () => bar.process.munmap(VA, GiB + 2 * MiB))).toEqual([
      'mmu notifier start UNMAP [0x7f0000000000, 0x7f0040200000)',
      'mmu notifier end UNMAP [0x7f0000000000, 0x7f0040200000)',
    ]);
  });

  test('exit is one flush at most for all mappings', () => {
    const bar = withPud({}, 2 * GiB);
    bar.map(2 * MiB, { address: VA + 4 * GiB });
    bar.touch(VA + 4 * GiB);
    expect(bar.record('tlb', () => bar.process.exit())).toHaveLength(1);
  });

  test('exit releases the notifiers of the mm', () => {
    const bar = withPud();
    const heard: string[] = [];
    bar.process.mm.notifiers.push({
      invalidate_range_start: () => {},
      invalidate_range_end: () => {},
      release: () => heard.push('release'),
    });
    bar.process.exit();
    expect(heard).toEqual(['release']);
  });
});

describe('arguments', () => {
  test.each([
    [VA + 1, 4096],
    [VA, 0],
    [2 ** 47 - 4096, 8192],
    [2 ** 48, 4096],
  ])('address %i, length %i are EINVAL', (address, length) => {
    expect(new BarProcess().process.munmap(address, length)).toBe(-EINVAL);
  });
  test('a range without a mapping is fine, and a length is rounded up', () => {
    const bar = new BarProcess();
    expect(bar.process.munmap(VA, GiB)).toBe(0);
    bar.map(8192);
    expect(bar.process.munmap(VA, 1)).toBe(0);
    expect(mappings(bar)).toEqual(['1000-2000']);
  });
});

test('10.2: a driver may refuse that its mapping is split', () => {
  const bar = withPud();
  bar.vma().vm_ops = { ...bar.vma().vm_ops, may_split: () => -EINVAL };
  expect(bar.process.munmap(VA, 2 * MiB)).toBe(-EINVAL);
  expect(bar.process.mprotect(VA, 2 * MiB, 1)).toBe(-EINVAL);
  expect(bar.process.madvise(VA, 2 * MiB, 15)).toBe(-EINVAL);
  expect(mappings(bar)).toEqual(['0-40000000']);
  expect(bar.process.munmap(VA, GiB)).toBe(0);
});

test('counters of the address space follow its mappings', () => {
  const bar = new BarProcess();
  const { total_vm } = bar.process.mm;
  bar.map(GiB);
  expect(bar.process.mm.total_vm).toBe(total_vm + 262144);
  bar.process.munmap(VA + 2 * MiB, 2 * MiB);
  expect(bar.process.mm.total_vm).toBe(total_vm + 262144 - 512);
  const file = bar.machine.device.file.f_mapping;
  expect(file.i_mmap.map(({ vm_pgoff }) => vm_pgoff % 2 ** 28)).toEqual([0, 1024]);
  bar.process.munmap(VA, GiB);
  expect(bar.process.mm.total_vm).toBe(total_vm);
  expect(file.i_mmap).toEqual([]);
});
