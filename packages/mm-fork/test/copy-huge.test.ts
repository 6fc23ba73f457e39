// Goal: leaves are copied as patch 7 and its fix say, and as the kernels before them did. Method: scenarios P07-S1 to P07-S6
// on kernels that lack one patch; what no program can bring about is written into the page tables by hand.

import type { Machine, Process } from '@pfnmap/machine';
import { VM_MAYWRITE, VM_SHARED } from '@pfnmap/mm-core';
import { hiOfWord, loOfWord, type PgtableLevel, wordAt } from '@pfnmap/pgtable-core';
import { computer, entryAt, forkOf, GiB, MiB, mapAnon, mapBar, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const BEFORE_P07 = { reverted: ['SERIES_PATCH_07'] };
/** BARs of the specification's examples. */
const PUD_BAR = { barStart: 0x4000000000, barBytes: 8 * GiB };
const PMD_BAR = { barStart: 0xe0000000, barBytes: 128 * MiB };
const SIGBUS = 7;

function forked(wanted: Parameters<typeof computer>[0], length: number, write = false) {
  const machine = computer(wanted);
  const parent = machine.spawn();
  expect(mapBar(machine, parent, { length })).toBe(VA);
  expect(parent.touch(VA, write)).toBe(0);
  return { machine, parent, child: forkOf(parent) };
}

describe('P07-S1: a PUD of a shared mapping', () => {
  test('before patch 7 both sides lose their write permission, and ask their driver in vain', () => {
    const { machine, parent, child } = forked({ ...BEFORE_P07, ...PUD_BAR }, GiB);
    expect(entryAt(machine, parent, VA).word).toBe(0x80000040000002b5n);
    expect(entryAt(machine, child, VA).word).toBe(0x8000004000000295n);
    // vfio-pci inserts with write=false, so the entry stays as it is and the store faults for ever.
    expect(() => parent.touch(VA, true)).toThrow('faults again and again');
  });

  test('with patch 7 the parent is unchanged and the child not accessed', () => {
    const { machine, parent, child } = forked(PUD_BAR, GiB);
    expect(entryAt(machine, parent, VA).word).toBe(0x80000040000002b7n);
    expect(entryAt(machine, child, VA).word).toBe(0x8000004000000297n);
  });
});

describe('P07-S2: a PMD of a shared mapping', () => {
  test('before patch 7 the child has an empty PMD table, and asks its driver again (M13-2)', () => {
    const { machine, parent, child } = forked({ ...BEFORE_P07, ...PMD_BAR }, 128 * MiB);
    expect(entryAt(machine, parent, VA).word).toBe(0x80000000e00002b7n);
    expect(entryAt(machine, child, VA).word).toBe(0n);
    const orders: number[] = [];
    machine.watchFaults(({ order }) => orders.push(order));
    expect(child.touch(VA, false)).toBe(0);
    // The specification expects order 18 first; but the copy made a PMD table (13.5), so only order 9 is asked for.
    expect(orders).toEqual([9]);
  });

  test('with patch 7 the child has a copy that is not accessed', () => {
    const { machine, parent, child } = forked(PMD_BAR, 128 * MiB);
    expect(entryAt(machine, parent, VA).word).toBe(0x80000000e00002b7n);
    expect(entryAt(machine, child, VA).word).toBe(0x80000000e0000297n);
  });
});

test('P07-S3: a dirty PMD stays dirty in the child', () => {
  const machine = computer(PMD_BAR);
  const parent = machine.spawn();
  machine.pfnlab.configure({ pfn: 0xe0000, pages: 1024, mode: 'fault', maxorder: 9 });
  const { file } = machine.pfnlab;
  parent.mmap({ address: VA, length: 4 * MiB, prot: 3, shared: true, file, offset: 0 });
  // The test driver passes write on, so the entry is born young, dirty and soft-dirty.
  expect(parent.touch(VA, true)).toBe(0);
  const child = forkOf(parent);
  expect(entryAt(machine, parent, VA).word).toBe(0x80000000e0000af7n);
  expect(entryAt(machine, child, VA).word).toBe(0x80000000e0000ad7n);
});

describe('P07-S5: a driver that maps huge but has no ->fault', () => {
  const touchOfChild = (wanted: Parameters<typeof computer>[0]): number => {
    const machine = computer({ ...wanted, ...PMD_BAR });
    const parent = machine.spawn();
    mapBar(machine, parent, { length: 2 * MiB });
    parent.touch(VA, false);
    parent.mm.vmas[0]!.vm_ops = {};
    return forkOf(parent).touch(VA, false);
  };

  test('before patch 7 the child gets SIGBUS', () => {
    expect(touchOfChild(BEFORE_P07)).toBe(SIGBUS);
  });

  test('with patch 7 the child reads', () => {
    expect(touchOfChild({})).toBe(0);
  });
});

/** Parent and child with an entry written by hand into the parent, and the slots of both. */
function withEntry(machine: Machine, level: PgtableLevel, word: bigint, anonymous: boolean) {
  const { pt, mem } = machine.kernel;
  const [parent, child] = [machine.spawn(), machine.spawn()];
  for (const process of [parent, child]) {
    if (anonymous) mapAnon(process, VA, GiB);
    else mapBar(machine, process, { length: GiB });
  }
  const slotOf = (process: Process): number => pt.walkAlloc(level, process.mm, VA);
  const [from, to] = [slotOf(parent), slotOf(child)];
  mem.lanes[from] = loOfWord(word);
  mem.lanes[from + 1] = hiOfWord(word);
  return {
    parentVma: parent.mm.vma_lookup(VA)!,
    childVma: child.mm.vma_lookup(VA)!,
    from,
    to,
    words: () => [wordAt(mem.lanes, from), wordAt(mem.lanes, to)],
  };
}

describe('P07-S4: a PMD under migration, where the special bit is part of the offset', () => {
  const MIGRATION = 0xf7ffffffdffffe00n;

  test('as merged it is copied word by word', () => {
    const machine = computer({ kernel: '6.12-rc1' });
    const { parentVma, childVma, from, to, words } = withEntry(machine, 1, MIGRATION, true);
    expect(machine.layers.fork.copy_huge_pmd(to, from, childVma, parentVma)).toBe(0);
    expect(words()).toEqual([MIGRATION, MIGRATION]);
  });

  test('since the fix it does not count as a PFN mapping', () => {
    const machine = computer({ kernel: '6.12' });
    const { parentVma, childVma, from, to, words } = withEntry(machine, 1, MIGRATION, true);
    expect(machine.layers.fork.copy_huge_pmd(to, from, childVma, parentVma)).toBe(0);
    expect(words()).toEqual([MIGRATION, 0n]);
  });
});

test.each([
  ['before patch 7', BEFORE_P07],
  ['with patch 7', {}],
])('P07-S6: a writable PUD of a private mapping is write-protected %s', (_when, wanted) => {
  const machine = computer(wanted);
  const { parentVma, childVma, from, to, words } = withEntry(
    machine,
    2,
    0x80000040000002b7n,
    false,
  );
  parentVma.vm_flags = (parentVma.vm_flags | VM_MAYWRITE) & ~VM_SHARED;
  expect(machine.layers.fork.copy_huge_pud(to, from, childVma, parentVma)).toBe(0);
  expect(words()).toEqual([0x80000040000002b5n, 0x8000004000000295n]);
});

test('W3: a writable special PMD in a private mapping is copied under a warning', () => {
  const machine = computer();
  const { parentVma, childVma, from, to, words } = withEntry(
    machine,
    1,
    0x80000000e00002b7n,
    false,
  );
  parentVma.vm_flags = (parentVma.vm_flags | VM_MAYWRITE) & ~VM_SHARED;
  machine.kernel.events.take();
  expect(machine.layers.fork.copy_huge_pmd(to, from, childVma, parentVma)).toBe(0);
  expect(words()).toEqual([0x80000000e00002b7n, 0x80000000e0000297n]);
  expect(machine.kernel.events.take()).toMatchObject([{ kind: 'warn', where: 'copy_huge_pmd' }]);
});

test('copy_huge_pud() answers EAGAIN where there is no leaf', () => {
  const machine = computer();
  const { parentVma, childVma, from, to } = withEntry(machine, 2, 0n, false);
  expect(machine.layers.fork.copy_huge_pud(to, from, childVma, parentVma)).toBe(-11);
});

describe('13.6, 13.7: on arm64', () => {
  test.each(['6.12', '6.12.117', '7.3'])(
    '%s: a PMD is copied without its access flag',
    (kernel) => {
      const { machine, parent, child } = forked({ arch: 'arm64', kernel }, GiB, true);
      const { level, word } = entryAt(machine, parent, VA);
      expect(level).toBe(1);
      expect(word & (1n << 56n)).not.toBe(0n);
      expect(entryAt(machine, child, VA)).toEqual({ level: 1, word: word & ~(1n << 10n) });
    },
  );
});
