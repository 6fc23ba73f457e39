// Goal: advice about device memory is taken and refused as on Linux. Method: the table and scenarios of section 22 of the
// specification, which was observed on 6.12.117.
import {
  EACCES,
  EINVAL,
  ENODEV,
  ENOMEM,
  formatVmFlags,
  VM_DONTCOPY,
  VM_HUGEPAGE,
  VM_LOCKED,
  VM_NOHUGEPAGE,
} from '@pfnmap/mm-core';
import { MADV } from '@pfnmap/mm-mmap';
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const LEAF = 'pud 0x80000002000002b7';

function withPud(setup = {}): BarProcess {
  const bar = new BarProcess(setup);
  bar.map(GiB);
  bar.touch();
  return bar;
}

describe('process_madvise() on oneself, as captured (proc-0105, proc-0106, proc-0110)', () => {
  const call = (profile: string, length: number, advice: number): number =>
    withPud({ kernel: profile }).process.process_madvise(VA, length, advice);

  test('6.12 takes WILLNEED, COLD, PAGEOUT and COLLAPSE only', () => {
    const taken: readonly number[] = [MADV.WILLNEED, MADV.COLD, MADV.PAGEOUT, MADV.COLLAPSE];
    for (const advice of Object.values(MADV).filter((advice) => !taken.includes(advice))) {
      expect(call('6.12.117', GiB, advice)).toBe(-EINVAL);
    }
    expect(call('6.12.117', GiB, MADV.WILLNEED)).toBe(GiB);
  });

  test('7.3 takes any advice', () => {
    expect(call('7.3', GiB, MADV.NOHUGEPAGE)).toBe(GiB);
    expect(call('7.3', GiB, MADV.REMOVE)).toBe(-ENODEV);
  });
});

describe('22.1: on a BAR that vfio-pci maps', () => {
  const TABLE: ReadonlyArray<readonly [keyof typeof MADV, number, number]> = [
    ['NORMAL', 0, 0],
    ['RANDOM', 1, 0],
    ['SEQUENTIAL', 2, 0],
    ['WILLNEED', 3, 0],
    ['DONTNEED', 4, -EINVAL],
    ['FREE', 8, -EINVAL],
    ['REMOVE', 9, -ENODEV],
    ['DONTFORK', 10, 0],
    ['DOFORK', 11, -EINVAL],
    ['MERGEABLE', 12, 0],
    ['UNMERGEABLE', 13, 0],
    ['HUGEPAGE', 14, 0],
    ['NOHUGEPAGE', 15, 0],
    ['DONTDUMP', 16, 0],
    ['DODUMP', 17, -EINVAL],
    ['WIPEONFORK', 18, -EINVAL],
    ['COLD', 20, -EINVAL],
    ['PAGEOUT', 21, -EINVAL],
    ['POPULATE_READ', 22, -EINVAL],
    ['POPULATE_WRITE', 23, -EINVAL],
    ['DONTNEED_LOCKED', 24, -EINVAL],
    ['COLLAPSE', 25, -EINVAL],
    ['GUARD_INSTALL', 102, -EINVAL],
    ['GUARD_REMOVE', 103, -EINVAL],
  ];
  test.each(TABLE)('MADV_%s, %i, answers %i and leaves the leaf', (name, advice, answer) => {
    for (const profile of ['6.12.117', '7.3']) {
      const bar = withPud({ kernel: profile });
      expect(MADV[name]).toBe(advice);
      expect(bar.process.madvise(VA, GiB, advice)).toBe(answer);
      expect([bar.entry(), bar.splits()]).toEqual([LEAF, [0, 0]]);
    }
  });

  test('an unknown advice is EINVAL, and THP advice is unknown without THP', () => {
    expect(withPud().process.madvise(VA, GiB, 99)).toBe(-EINVAL);
    const bar = withPud({ without: ['TRANSPARENT_HUGEPAGE'] });
    expect(bar.process.madvise(VA, GiB, MADV.HUGEPAGE)).toBe(-EINVAL);
  });
});

describe('10.4c: advice about a part splits the mapping and not the PUD', () => {
  test.each([
    ['DONTFORK', VM_DONTCOPY],
    ['NOHUGEPAGE', VM_NOHUGEPAGE],
    ['HUGEPAGE', VM_HUGEPAGE],
  ] as const)('MADV_%s on the second half', (name, flag) => {
    const bar = withPud();
    const count = bar.process.mm.map_count;
    expect(bar.process.madvise(VA + GiB / 2, GiB / 2, MADV[name])).toBe(0);
    expect(bar.process.mm.map_count).toBe(count + 1);
    expect([bar.vma().vm_flags & flag, bar.vma(VA + GiB / 2).vm_flags & flag]).toEqual([0, flag]);
    expect([bar.entry(), bar.splits()]).toEqual([LEAF, [0, 0]]);
  });

  test('in the middle makes three', () => {
    const bar = withPud();
    const count = bar.process.mm.map_count;
    bar.process.madvise(VA + 2 * MiB, 2 * MiB, MADV.NOHUGEPAGE);
    expect(bar.process.mm.map_count).toBe(count + 2);
  });

  test('at a page is the bug of a boundary inside a PUD', () => {
    expect(() => withPud().process.madvise(VA, 4096, MADV.NOHUGEPAGE)).toThrow(KernelBug);
  });

  test('DONTFORK and HUGEPAGE can be taken back where that is allowed', () => {
    const bar = withPud();
    bar.process.madvise(VA, GiB, MADV.NOHUGEPAGE);
    bar.process.madvise(VA, GiB, MADV.HUGEPAGE);
    expect(bar.vma().vm_flags & (VM_HUGEPAGE | VM_NOHUGEPAGE)).toBe(VM_HUGEPAGE);
    bar.process.madvise(VA, GiB, MADV.DONTFORK);
    expect(bar.process.madvise(VA, GiB, MADV.DOFORK)).toBe(-EINVAL);
  });
});

test('M22-2: DONTNEED over anonymous memory and a BAR empties the one and stops at the other', () => {
  const bar = withPud();
  bar.mapFile(null, 2 * MiB, { address: VA - 2 * MiB, shared: false });
  bar.touch(VA - 2 * MiB, true);
  const { anon } = bar.process.mm.rss;
  expect(bar.process.madvise(VA - 2 * MiB, GiB + 2 * MiB, MADV.DONTNEED)).toBe(-EINVAL);
  expect(bar.process.mm.rss.anon).toBe(anon - 512);
  expect(bar.entry()).toBe(LEAF);
});

test('M22-4: NOHUGEPAGE, a zap and three touches are three pages', () => {
  const bar = withPud();
  bar.process.madvise(VA, GiB, MADV.NOHUGEPAGE);
  bar.machine.layers.memory.zap_vma_ptes(bar.vma(), VA, GiB);
  const calls = [0, 1, 2].flatMap((page) => bar.touch(VA + page * 4096));
  expect(calls).toEqual(['order=0 0x100', 'order=0 0x100', 'order=0 0x100']);
  expect(bar.mapped(VA, VA + GiB)).toEqual([0, 0, 3]);
});

describe('ranges', () => {
  test('a hole is ENOMEM after the rest was done; a misaligned start EINVAL; nothing is fine', () => {
    const bar = withPud();
    expect(bar.process.madvise(VA, 2 * GiB, MADV.DONTFORK)).toBe(-ENOMEM);
    expect(bar.vma().vm_flags & VM_DONTCOPY).toBe(VM_DONTCOPY);
    expect(bar.process.madvise(VA - 4096, 2 * MiB + 4096, MADV.RANDOM)).toBe(-ENOMEM);
    expect(bar.process.madvise(VA + 1, 4096, MADV.RANDOM)).toBe(-EINVAL);
    expect(bar.process.madvise(VA, 0, MADV.RANDOM)).toBe(0);
  });
});

test('POPULATE stops at a hole, where other advice goes on', () => {
  const bar = withPud();
  for (const advice of [MADV.POPULATE_READ, MADV.POPULATE_WRITE]) {
    expect(bar.process.madvise(VA - 4096, GiB + 4096, advice)).toBe(-ENOMEM);
  }
  expect(bar.process.madvise(VA - 4096, GiB + 4096, MADV.COLD)).toBe(-EINVAL);
});

test('on anonymous memory more is granted', () => {
  const bar = new BarProcess();
  bar.mapFile(null, 4096, { shared: false });
  const flagsAfter = (advice: number): string => {
    expect(bar.process.madvise(VA, 4096, advice)).toBe(0);
    return formatVmFlags(bar.vma().vm_flags);
  };
  const plain = 'rd wr mr mw me ac sd';
  expect(flagsAfter(MADV.WIPEONFORK)).toBe('rd wr mr mw me ac wf sd');
  expect(flagsAfter(MADV.KEEPONFORK)).toBe(plain);
  expect(flagsAfter(MADV.DONTDUMP)).toBe('rd wr mr mw me ac dd sd');
  expect(flagsAfter(MADV.DODUMP)).toBe(plain);
  expect(flagsAfter(MADV.DONTFORK)).toBe('rd wr mr mw me dc ac sd');
  expect(flagsAfter(MADV.DOFORK)).toBe(plain);
  expect(flagsAfter(MADV.RANDOM)).toBe('rd wr mr mw me rr ac sd');
  expect(flagsAfter(MADV.SEQUENTIAL)).toBe('rd wr mr mw me sr ac sd');
  expect(flagsAfter(MADV.NORMAL)).toBe(plain);
  for (const advice of [MADV.COLD, MADV.PAGEOUT, MADV.POPULATE_READ, MADV.WILLNEED]) {
    expect(flagsAfter(advice)).toBe(plain);
  }
  for (const advice of [MADV.DONTNEED, MADV.DONTNEED_LOCKED]) {
    bar.touch(VA, true);
    flagsAfter(advice);
    expect(bar.entry()).toBe('pte none');
  }
});

describe('REMOVE', () => {
  test('needs a shared mapping that may be written', () => {
    const bar = new BarProcess();
    bar.mapLab(4096, { mode: 'remap' }, { shared: false });
    expect(bar.process.madvise(VA, 4096, MADV.REMOVE)).toBe(-EACCES);
    bar.mapFile(null, 4096, { address: VA + GiB, shared: false });
    expect(bar.process.madvise(VA + GiB, 4096, MADV.REMOVE)).toBe(-EINVAL);
  });
});

describe('mlock()', () => {
  test('M22-1, 22.2: of a BAR is granted to root, and locks, counts and splits nothing', () => {
    const bar = withPud();
    const count = bar.process.mm.map_count;
    expect(bar.process.mlock(VA, GiB)).toBe(0);
    expect(bar.process.mlock(VA + 4096, 4096)).toBe(0);
    expect(bar.vma().vm_flags & VM_LOCKED).toBe(0);
    expect([bar.process.mm.locked_vm, bar.process.mm.map_count]).toEqual([0, count]);
    expect(bar.entry()).toBe(LEAF);
  });

  test('of anonymous memory locks, counts, splits and faults in', () => {
    const bar = new BarProcess();
    bar.mapFile(null, 8 * 4096, { shared: false });
    const { anon } = bar.process.mm.rss;
    const count = bar.process.mm.map_count;
    expect(bar.process.mlock(VA + 2 * 4096, 3 * 4096)).toBe(0);
    expect(bar.process.mm.locked_vm).toBe(3);
    expect(bar.process.mm.map_count).toBe(count + 2);
    expect(bar.process.mm.rss.anon).toBe(anon + 3);
    expect(bar.process.mlock(VA + 2 * 4096, 3 * 4096)).toBe(0);
    expect(bar.process.mm.locked_vm).toBe(3);
  });

  test('of a range with a hole is ENOMEM', () => {
    expect(withPud().process.mlock(VA, 2 * GiB)).toBe(-ENOMEM);
  });
});
