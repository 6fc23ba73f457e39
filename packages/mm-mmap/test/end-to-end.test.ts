// Goal: whole scenarios on a BAR of 8 GiB end as they do on 6.12.117. Method: the end-to-end list of the specification (section
// 29), its scenarios about address choice, and Y13 and Y14 of the series.

import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const READ = 1;
const WRITE = 3;
const SIGBUS = 7;
const SIGSEGV = 11;
const NOHUGEPAGE = 15;
const DONTFORK = 10;
const GIBS = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const ONE_EACH = GIBS.map(() => 'order=18 0x100');

/** E1: 8 GiB, the first byte of each GiB touched. */
function e1(setup = {}): BarProcess {
  const bar = new BarProcess(setup);
  bar.map(8 * GiB);
  bar.touchAll(VA, VA + 8 * GiB, GiB);
  return bar;
}
/** The eight words with these flags, as the entries of the PUD table must be. */
const words = (flags: bigint): string[] =>
  GIBS.map((index) => `pud 0x${(0x8000000200000000n + flags + BigInt(index * GiB)).toString(16)}`);
const entries = (bar: BarProcess, process = bar.process): string[] =>
  GIBS.map((index) => bar.entry(VA + index * GiB, process));
const forked = (bar: BarProcess) => {
  const child = bar.process.fork();
  if (typeof child === 'number') throw new Error(`fork answered ${child}`);
  return child;
};

test('E1: a touch of each GiB is eight calls, eight entries and no table but the one there was', () => {
  const bar = new BarProcess();
  bar.mapFile(null, 4096, { address: VA + 300 * GiB, shared: false });
  bar.touch(VA + 300 * GiB, true);
  bar.map(8 * GiB);
  let calls: string[] = [];
  const made = bar.tables(() => {
    calls = bar.touchAll(VA, VA + 8 * GiB, GiB);
  });
  expect(calls).toEqual(ONE_EACH);
  expect(made).toBe(0);
  expect(entries(bar)).toEqual(words(0x2b7n));
});

test('E2: a store into each is no call, and the dirty bit', () => {
  const bar = e1();
  expect(GIBS.flatMap((index) => bar.touch(VA + index * GiB, true))).toEqual([]);
  expect(entries(bar)).toEqual(words(0x2f7n));
});

test('E3: a child has its own eight; memory off takes all sixteen, memory on brings them back', () => {
  const bar = e1();
  for (const index of GIBS) bar.touch(VA + index * GiB, true);
  const child = forked(bar);
  expect(entries(bar)).toEqual(words(0x2f7n));
  expect(entries(bar, child)).toEqual(words(0x2d7n));
  const lines = bar.record('notifier', () => bar.machine.device.writeCommand(0));
  const clear = 'CLEAR [0x7f0000000000, 0x7f0200000000)';
  expect(lines).toEqual([
    `mmu notifier start ${clear}`,
    `mmu notifier end ${clear}`,
    `mmu notifier start ${clear}`,
    `mmu notifier end ${clear}`,
  ]);
  expect(entries(bar)).toEqual(GIBS.map(() => 'pud none'));
  expect(entries(bar, child)).toEqual(GIBS.map(() => 'pud none'));
  expect(bar.touch()).toEqual(['order=18 0x2', `signal ${SIGBUS}`]);
  expect(child.touch(VA, false)).toBe(SIGBUS);
  bar.machine.device.writeCommand(2);
  expect(bar.touch()).toEqual(['order=18 0x100']);
  expect(child.touch(VA, false)).toBe(0);
});

test('M21-5: fork of a shared mapping tells nobody', () => {
  const bar = e1();
  const lines = bar.record('notifier', () => forked(bar));
  // The stack is private, and told about.
  expect(lines.filter((line) => line.includes('[0x2000'))).toEqual([]);
  expect(lines.every((line) => line.includes('PROTECTION_PAGE [0x7fff'))).toBe(true);
});

test('E4: 2 MiB unmapped in the fourth GiB take that leaf, and only that', () => {
  const bar = e1();
  bar.process.munmap(VA + 3 * GiB + 2 * MiB, 2 * MiB);
  const left = words(0x2b7n).map((word, index) => (index === 3 ? 'pud none' : word));
  expect(entries(bar)).toEqual(left);
  expect(bar.splits()).toEqual([0, 1]);
  expect(bar.touch(VA + 3 * GiB)).toEqual(['order=18 0x800', 'order=9 0x100']);
});

test('E5: read-only and back changes all eight in place', () => {
  const bar = e1();
  bar.process.mprotect(VA, 8 * GiB, READ);
  expect(entries(bar)).toEqual(words(0x2b5n));
  expect(bar.touch(VA, true)).toEqual([`signal ${SIGSEGV}`]);
  bar.process.mprotect(VA, 8 * GiB, WRITE);
  expect(entries(bar)).toEqual(words(0x2b7n));
  expect(bar.touchAll(VA, VA + 8 * GiB, GiB)).toEqual([]);
});

test('E6: reading smaps takes all eight; eight calls bring them back', () => {
  const bar = e1();
  bar.process.smaps();
  expect(bar.splits()).toEqual([0, 8]);
  expect(bar.touchAll(VA, VA + 8 * GiB, GiB)).toEqual(ONE_EACH);
});

test('E7, M23-1: 8 GiB out of phase by 2 MiB are 4096 PMDs, nine tables and nine vain calls', () => {
  const bar = new BarProcess();
  const start = VA + 2 * MiB;
  bar.mapFile(null, 4096, { address: VA + 300 * GiB, shared: false });
  bar.touch(VA + 300 * GiB, true);
  bar.map(8 * GiB, { address: start });
  let calls: string[] = [];
  const made = bar.tables(() => {
    calls = bar.touchAll(start, start + 8 * GiB, 2 * MiB);
  });
  expect(calls.filter((call) => call === 'order=18 0x800')).toHaveLength(9);
  expect(calls.filter((call) => call === 'order=9 0x100')).toHaveLength(4096);
  expect(calls).toHaveLength(4105);
  expect(made).toBe(9 * 4096);
  expect(bar.mapped(start, start + 8 * GiB)).toEqual([0, 4096, 0]);
});

test('M23-2: 8 GiB at an address that the program aligned are 8 PUDs', () => {
  expect(e1().mapped(VA, VA + 8 * GiB)).toEqual([8, 0, 0]);
});

test('M23-3: 8 GiB at an address without any alignment are pages', () => {
  const bar = new BarProcess({ kernel: '7.3' });
  const start = VA + 0x5000;
  bar.map(8 * GiB, { address: start });
  for (let step = 0; step < 16; step++) bar.touch(start + step * 512 * MiB);
  expect(bar.mapped(start, start + 8 * GiB)).toEqual([0, 0, 16]);
});

test('E8: a mapping that starts read-only becomes writable in place', () => {
  const bar = new BarProcess();
  bar.map(GiB, { prot: READ });
  bar.touch();
  expect(bar.entry()).toBe('pud 0x80000002000002b5');
  bar.process.mprotect(VA, GiB, WRITE);
  expect(bar.entry()).toBe('pud 0x80000002000002b7');
});

test('E9: DONTFORK on the upper half keeps it from the child, and zaps nothing', () => {
  const bar = e1();
  bar.process.madvise(VA + 4 * GiB, 4 * GiB, DONTFORK);
  expect(bar.mapped(VA, VA + 8 * GiB)).toEqual([8, 0, 0]);
  const child = forked(bar);
  expect(child.mm.overlapping(VA, VA + 8 * GiB).map(({ vm_end }) => vm_end - VA)).toEqual([
    4 * GiB,
  ]);
  expect(entries(bar, child).slice(0, 4)).toEqual(words(0x297n).slice(0, 4));
  expect(entries(bar, child).slice(4)).toEqual(['pud none', 'pud none', 'pud none', 'pud none']);
});

test('E10: mlock() of all of it is granted and counts nothing', () => {
  const bar = e1();
  expect(bar.process.mlock(VA, 8 * GiB)).toBe(0);
  expect(bar.process.mm.locked_vm).toBe(0);
});

test('E11: a move by whole GiBs reports eight bad PUDs, which come back', () => {
  const bar = e1();
  const to = VA + 64 * GiB;
  const length = 8 * GiB;
  bar.log();
  const flags = 3;
  bar.process.mremap({ address: VA, oldLength: length, newLength: length, flags, newAddress: to });
  const lines = bar.log();
  expect(lines).toHaveLength(8);
  expect(lines[7]).toBe('mm/pgtable-generic.c:42: bad pud(80000003c00002b7)');
  expect(bar.touchAll(to, to + length, GiB)).toEqual(ONE_EACH);
  expect(bar.mapped(to, to + length)).toEqual([8, 0, 0]);
});

test('E12: without huge pages five touches are five pages', () => {
  const bar = new BarProcess();
  bar.map(8 * GiB);
  bar.process.madvise(VA, 8 * GiB, NOHUGEPAGE);
  expect(bar.touchAll(VA, VA + 5 * 4096)).toEqual(Array(5).fill('order=0 0x100'));
  expect(bar.entry()).toBe('pte 0x8000000200000237');
});

test('E13: two processes have tables of their own, and memory off empties both', () => {
  const bar = e1();
  const other = bar.machine.spawn();
  const { vm_file, vm_pgoff } = bar.vma();
  const offset = vm_pgoff * 4096;
  other.mmap({ address: VA, length: 8 * GiB, prot: WRITE, shared: true, file: vm_file, offset });
  other.touch(VA + GiB, false);
  expect(entries(bar, other).filter((entry) => entry !== 'pud none')).toHaveLength(1);
  expect(entries(bar)).toEqual(words(0x2b7n));
  bar.machine.device.writeCommand(0);
  const none = GIBS.map(() => 'pud none');
  expect([entries(bar), entries(bar, other)]).toEqual([none, none]);
});

test('E14: an exit with eight PUDs says nothing', () => {
  const bar = e1();
  const { mem } = bar.machine.kernel;
  bar.log();
  bar.process.exit();
  expect(bar.log()).toEqual([]);
  expect(bar.process.mm.pgtables_bytes).toBe(0);
  expect(mem.framesInUse()).toBe(bar.framesAtBoot);
});

describe('Y13: a BAR of 4 GiB at 256 GiB', () => {
  const at = 0x7f0000000000;
  const small = (arch: 'x86_64' | 'arm64' = 'x86_64'): BarProcess => {
    const bar = new BarProcess({ arch, barBytes: 4 * GiB, barStart: 0x4000000000 });
    bar.map(4 * GiB, { address: at });
    return bar;
  };

  test('1, 2: touches of the first and the fourth GiB make two leaves', () => {
    const bar = small();
    bar.touch(at);
    bar.touch(at + 3 * GiB + 5);
    expect(GIBS.slice(0, 4).map((index) => bar.entry(at + index * GiB))).toEqual([
      'pud 0x80000040000002b7',
      'pud none',
      'pud none',
      'pud 0x80000040c00002b7',
    ]);
  });

  test('6: a reset splits nothing, and a touch meanwhile is SIGBUS', () => {
    const bar = small();
    bar.touchAll(at, at + 4 * GiB, GiB);
    bar.machine.device.writeCommand(0);
    expect([bar.mapped(at, at + 4 * GiB), bar.splits()]).toEqual([
      [0, 0, 0],
      [0, 0],
    ]);
    expect(bar.touch(at).at(-1)).toBe(`signal ${SIGBUS}`);
  });

  test('7: munmap of the last GiB leaves the others', () => {
    const bar = small();
    bar.touchAll(at, at + 4 * GiB, GiB);
    bar.process.munmap(at + 3 * GiB, GiB);
    expect([bar.mapped(at, at + 4 * GiB), bar.splits()]).toEqual([
      [3, 0, 0],
      [0, 0],
    ]);
    expect(bar.vma(at).vm_end).toBe(at + 3 * GiB);
  });

  test('9: read-only for the first GiB splits the mapping and changes the leaf', () => {
    const bar = small();
    bar.touch(at);
    bar.process.mprotect(at, GiB, READ);
    expect(bar.vma(at).vm_end).toBe(at + GiB);
    expect(bar.entry(at)).toBe('pud 0x80000040000002b5');
    expect(bar.touch(at, true)).toEqual([`signal ${SIGSEGV}`]);
  });

  test.each([
    ['x86_64', [0, 1]],
    ['arm64', [1, 0]],
  ] as const)('8, Y14: a page unmapped through the file takes one leaf on %s', (arch, splits) => {
    const bar = small(arch);
    const leaf = arch === 'x86_64' ? 'order=18 0x100' : 'order=9 0x100';
    expect(bar.touch(at + GiB)).toEqual([leaf]);
    const { file } = bar.machine.device;
    const offset = 2 * 2 ** 40 + GiB;
    bar.machine.layers.memory.unmap_mapping_range(file.f_mapping, offset, 4096, true);
    expect(bar.entry(at + GiB)).toMatch(/none$/);
    expect(bar.splits()).toEqual(splits);
    expect(bar.touch(at + GiB)).toEqual([leaf]);
  });
});
