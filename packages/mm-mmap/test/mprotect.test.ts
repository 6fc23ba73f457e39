// Goal: rights change in place for whole leaves, and clear what they cover in part. Method: the scenarios of section 11 of the
// specification, with 9 and 21 about flushes and notifications.
import { EACCES, EINVAL, ENOMEM } from '@pfnmap/mm-core';
import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const NONE = 0;
const READ = 1;
const WRITE = 3;
const EXEC = 4;
const SIGSEGV = 11;
const CLEAN = 'pud 0x80000002000002b7';
const READ_ONLY = 'pud 0x80000002000002b5';

function withPud(setup = {}, length = GiB): BarProcess {
  const bar = new BarProcess(setup);
  bar.map(length);
  bar.touchAll(VA, VA + length, GiB);
  return bar;
}

describe('of whole leaves', () => {
  test('M11-1: read-only is one entry changed, and a store ends before the driver', () => {
    const bar = withPud();
    expect(bar.process.mprotect(VA, GiB, READ)).toBe(0);
    expect([bar.entry(), bar.splits()]).toEqual([READ_ONLY, [0, 0]]);
    expect(bar.touch(VA, true)).toEqual([`signal ${SIGSEGV}`]);
  });

  test('11.9: back and forth is in place, without a fault, dirty or not', () => {
    const bar = withPud();
    bar.touch(VA, true);
    bar.process.mprotect(VA, GiB, READ);
    bar.process.mprotect(VA, GiB, WRITE);
    expect(bar.entry()).toBe('pud 0x80000002000002f7');
    expect(bar.touch(VA, true)).toEqual([]);
  });

  test('M11-4: the rights that it has do nothing at all', () => {
    const bar = withPud();
    expect(bar.record('notifier', () => bar.process.mprotect(VA, GiB, WRITE))).toEqual([]);
    expect(bar.record('tlb', () => bar.process.mprotect(VA, GiB, WRITE))).toEqual([]);
  });

  test('M11-6: eight entries are changed under one notification', () => {
    const bar = withPud({}, 8 * GiB);
    const lines = bar.record('notifier', () => bar.process.mprotect(VA, 8 * GiB, READ));
    expect(lines).toEqual([
      'mmu notifier start PROTECTION_VMA [0x7f0000000000, 0x7f0200000000)',
      'mmu notifier end PROTECTION_VMA [0x7f0000000000, 0x7f0200000000)',
    ]);
    for (let index = 0; index < 8; index++) {
      const word = 0x80000002000002b5n + BigInt(index * GiB);
      expect(bar.entry(VA + index * GiB)).toBe(`pud 0x${word.toString(16)}`);
    }
  });

  test('M9-2: of one PUD flush twice', () => {
    const bar = withPud();
    expect(bar.record('tlb', () => bar.process.mprotect(VA, GiB, READ))).toEqual([
      'tlb flush: whole mm',
      'tlb flush [0x7f0000000000, 0x7f0040000000) in steps of 0x40000000',
    ]);
  });

  test('M9-3: of one PMD flush once; none when it had no access before', () => {
    const bar = new BarProcess();
    bar.map(2 * MiB);
    bar.touch();
    const flush = 'tlb flush [0x7f0000000000, 0x7f0000200000) in steps of 0x200000';
    const change = (prot: number) =>
      bar.record('tlb', () => bar.process.mprotect(VA, 2 * MiB, prot));
    expect(change(READ)).toEqual([flush]);
    expect(change(WRITE)).toEqual([flush]);
    expect(change(NONE)).toEqual([flush]);
    expect(change(WRITE)).toEqual([]);
  });
});

describe('of a part of a leaf', () => {
  test('M11-2, 10.4b: 2 MiB of a PUD clear it; each part comes back with its own rights', () => {
    const bar = withPud();
    bar.process.mprotect(VA + 4 * MiB, 2 * MiB, READ);
    expect([bar.entry(), bar.splits()]).toEqual(['pud none', [0, 1]]);
    expect(bar.touch(VA + 4 * MiB)).toEqual(['order=18 0x800', 'order=9 0x100']);
    expect(bar.entry(VA + 4 * MiB)).toBe('pmd 0x80000002004002b5');
    bar.touch();
    expect(bar.entry()).toBe(CLEAN.replace('pud', 'pmd'));
  });

  test('M10-5: of 2 GiB, 1 GiB and 2 MiB more: the first leaf changes, the second goes', () => {
    const bar = withPud({}, 2 * GiB);
    bar.process.mprotect(VA, GiB + 2 * MiB, READ);
    expect([bar.entry(), bar.entry(VA + GiB)]).toEqual([READ_ONLY, 'pud none']);
    expect(bar.splits()).toEqual([0, 1]);
  });

  test('10.1: mappings of a device are not merged again', () => {
    const bar = withPud();
    const count = bar.process.mm.map_count;
    bar.process.mprotect(VA + 2 * MiB, 2 * MiB, READ);
    bar.process.mprotect(VA + 2 * MiB, 2 * MiB, WRITE);
    expect(bar.process.mm.map_count).toBe(count + 2);
  });
});

describe('PROT_NONE', () => {
  test('M11-3: is an entry without access, which comes back with its frame', () => {
    const bar = withPud();
    expect(bar.process.mprotect(VA, GiB, NONE)).toBe(0);
    expect([bar.splits(), bar.touch()]).toEqual([[0, 0], [`signal ${SIGSEGV}`]]);
    const { pt } = bar.machine.kernel;
    expect(pt.pfnAt(2, pt.walk(bar.process.mm, VA))).toBe(0x200000);
    bar.process.mprotect(VA, GiB, WRITE);
    expect(bar.entry()).toBe(CLEAN);
  });

  test('11.3: with L1TF clears every leaf in range, to look at PTEs that are not there', () => {
    const bar = new BarProcess({ l1tf: true });
    bar.map(GiB + 2 * MiB);
    bar.touch();
    bar.touch(VA + GiB);
    expect(bar.mapped(VA, VA + GiB + 2 * MiB)).toEqual([1, 1, 0]);
    expect(bar.process.mprotect(VA, GiB + 2 * MiB, NONE)).toBe(0);
    expect(bar.mapped(VA, VA + GiB + 2 * MiB)).toEqual([0, 0, 0]);
    expect(bar.splits()).toEqual([1, 1]);
    bar.process.mprotect(VA, GiB + 2 * MiB, WRITE);
    expect(bar.touch()).toEqual(['order=18 0x100']);
  });

  test('11.2: with L1TF is refused for a page beyond the limit, taken for one below', () => {
    for (const [pfn, answer] of [
      [2 ** 33, -EACCES],
      [2 ** 33 - 1, 0],
    ] as const) {
      const bar = new BarProcess({ l1tf: true });
      bar.mapLab(4096, { mode: 'remap', pfn });
      expect(bar.process.mprotect(VA, 4096, NONE)).toBe(answer);
    }
  });
});

test('M11-5: a private mapping of a device stays read-only in its entries', () => {
  const bar = new BarProcess();
  bar.mapLab(8192, { mode: 'remap' }, { shared: false });
  expect(bar.entry()).toBe('pte 0x8000000200000235');
  for (const prot of [READ, WRITE]) {
    bar.process.mprotect(VA, 8192, prot);
    expect(bar.entry()).toBe('pte 0x8000000200000235');
  }
});

describe('who is told', () => {
  test('M21-3: nobody where no entry is, one for an empty table', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    const change = (prot: number) =>
      bar.record('notifier', () => bar.process.mprotect(VA, GiB, prot));
    // A neighbour makes the table of the 512 GiB.
    bar.mapFile(null, 4096, { address: VA + 300 * GiB, shared: false });
    bar.touch(VA + 300 * GiB, true);
    expect(change(READ)).toEqual([]);
    bar.machine.kernel.pt.walkAlloc(1, bar.process.mm, VA);
    expect(change(WRITE)).toEqual([
      'mmu notifier start PROTECTION_VMA [0x7f0000000000, 0x7f0040000000)',
      'mmu notifier end PROTECTION_VMA [0x7f0000000000, 0x7f0040000000)',
    ]);
  });

  test('E15: of 2 MiB of a PUD: the range, and nested the whole leaf', () => {
    const bar = withPud();
    expect(bar.record('notifier', () => bar.process.mprotect(VA, 2 * MiB, READ))).toEqual([
      'mmu notifier start PROTECTION_VMA [0x7f0000000000, 0x7f0000200000)',
      'mmu notifier start CLEAR [0x7f0000000000, 0x7f0040000000)',
      'mmu notifier end CLEAR [0x7f0000000000, 0x7f0040000000)',
      'mmu notifier end PROTECTION_VMA [0x7f0000000000, 0x7f0000200000)',
    ]);
  });
});

describe('11.1: arguments', () => {
  test.each([
    ['a misaligned start', VA + 1, 4096, READ, -EINVAL],
    ['no length', VA, 0, READ, 0],
    ['unknown rights', VA, 4096, 0x10, -EINVAL],
    ['a hole at the start', VA - 4096, 8192, READ, -ENOMEM],
    ['a hole at the end', VA, 2 * GiB, READ, -ENOMEM],
    ['rights that it may have', VA, GiB, READ | EXEC, 0],
  ])('%s', (_what, address, length, prot, answer) => {
    expect(withPud().process.mprotect(address, length, prot)).toBe(answer);
  });

  test('what lies before a hole is changed', () => {
    const bar = withPud();
    bar.process.mprotect(VA, 2 * GiB, READ);
    expect(bar.entry()).toBe(READ_ONLY);
  });

  test('a mapping of a file that was opened for reading may not be written', () => {
    const bar = new BarProcess();
    const file = { ...bar.machine.pfnlab.file, writable: false, f_op: { mmap: () => 0 } };
    bar.mapFile(file, 4096, { prot: READ });
    expect(bar.process.mprotect(VA, 4096, WRITE)).toBe(-EACCES);
  });
});

test('9.7: a PTE is flushed where its rights changed, and not where it had none', () => {
  const bar = new BarProcess();
  bar.mapLab(4096, { maxorder: 0 });
  bar.touch(VA, true);
  const flush = 'tlb flush [0x7f0000000000, 0x7f0000001000) in steps of 0x1000';
  const change = (prot: number) => bar.record('tlb', () => bar.process.mprotect(VA, 4096, prot));
  expect(change(READ)).toEqual([flush]);
  expect(change(WRITE)).toEqual([flush]);
  expect(change(NONE)).toEqual([flush]);
  expect(change(WRITE)).toEqual([]);
});

test('a page of its own becomes writable with the mapping, without a fault; a shared one does not', () => {
  const bar = new BarProcess();
  bar.mapFile(null, 4096, { shared: false });
  bar.touch(VA, true);
  const storeFaults = (): number => {
    const before = bar.machine.cpu.faults();
    bar.touch(VA, true);
    return bar.machine.cpu.faults() - before;
  };
  bar.process.mprotect(VA, 4096, READ);
  bar.process.mprotect(VA, 4096, WRITE);
  expect(storeFaults()).toBe(0);
  bar.process.fork();
  bar.process.mprotect(VA, 4096, READ);
  bar.process.mprotect(VA, 4096, WRITE);
  expect(storeFaults()).toBe(1);
});

test('PTEs change one by one, with accessed and dirty kept', () => {
  const bar = new BarProcess();
  bar.mapLab(4 * 4096, { maxorder: 0 });
  bar.touch(VA, true);
  bar.touch(VA + 4096);
  bar.process.mprotect(VA, 4 * 4096, READ);
  expect(bar.entry(VA + 4096)).toBe('pte 0x8000000200001235');
  bar.process.mprotect(VA, 4 * 4096, WRITE);
  expect(bar.entry(VA + 4096)).toBe('pte 0x8000000200001237');
  expect(bar.entry(VA + 8192)).toBe('pte none');
});
