// Goal: a child gets what Linux gives it. Method: the fork scenarios of the specification (sections 13 and 10.4) on whole
// machines, entries read from their page tables.

import type { Machine, Process } from '@pfnmap/machine';
import { ENOMEM } from '@pfnmap/mm-core';
import {
  computer,
  entryAt,
  forkOf,
  GiB,
  KiB,
  MiB,
  mapAnon,
  mapBar,
  R,
  RW,
  VA,
  type Wanted,
} from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

/** Kernels with the whole series. */
const KERNELS = ['posted-19', '6.12', '6.12.117', '7.3'] as const;
/** MADV_DONTFORK and MADV_WIPEONFORK. */
const DONTFORK = 10;
const WIPEONFORK = 18;

const withBar = (length: number, wanted: Wanted = {}, offset = 0) => {
  const machine = computer(wanted);
  const parent = machine.spawn();
  expect(mapBar(machine, parent, { length, offset })).toBe(VA);
  return { machine, parent };
};
/** Counts calls of fault handlers from here on. */
const countCalls = (machine: Machine): { calls: number } => {
  const seen = { calls: 0 };
  machine.watchFaults(() => seen.calls++);
  return seen;
};
/** A private mapping that a driver filled with remap_pfn_range(), `pages` from the start of BAR 2. */
function withPrivateRemap(pages: number, wanted: Wanted = {}) {
  const machine = computer(wanted);
  const parent = machine.spawn();
  machine.pfnlab.configure({ pfn: machine.bar2Pfn, pages, mode: 'remap', maxorder: 0 });
  const address = parent.mmap({
    address: VA,
    length: pages * 4 * KiB,
    prot: RW,
    shared: false,
    file: machine.pfnlab.file,
    offset: 0,
  });
  expect(address).toBe(VA);
  return { machine, parent };
}
const words = (machine: Machine, process: Process, ...addresses: number[]): bigint[] =>
  addresses.map((address) => entryAt(machine, process, address).word);

describe.each(KERNELS)('with %s', (kernel) => {
  test('M13-1: the child has the same PUD, not accessed, and touches it without its driver', () => {
    const { machine, parent } = withBar(GiB, { kernel });
    expect(parent.touch(VA, true)).toBe(0);
    const child = forkOf(parent);
    expect(entryAt(machine, parent, VA)).toEqual({ level: 2, word: 0x80000002000002f7n });
    expect(entryAt(machine, child, VA)).toEqual({ level: 2, word: 0x80000002000002d7n });
    const seen = countCalls(machine);
    expect(child.touch(VA + 5 * MiB, false)).toBe(0);
    expect(entryAt(machine, child, VA).word).toBe(0x80000002000002f7n);
    expect(seen.calls).toBe(0);
    const { thp_split_pmd, thp_split_pud } = machine.kernel.events.counts;
    expect([thp_split_pmd, thp_split_pud]).toEqual([0, 0]);
  });

  test('M13-2: the child has the same PMDs and no PTE table', () => {
    const { machine, parent } = withBar(4 * MiB, { kernel });
    for (const at of [VA, VA + 2 * MiB]) parent.touch(at, at !== VA);
    const child = forkOf(parent);
    expect(words(machine, parent, VA, VA + 2 * MiB)).toEqual([
      0x80000002000002b7n,
      0x80000002002002f7n,
    ]);
    expect(words(machine, child, VA, VA + 2 * MiB)).toEqual([
      0x8000000200000297n,
      0x80000002002002d7n,
    ]);
    expect(child.mm.pgtables_bytes).toBe(parent.mm.pgtables_bytes);
    const tables = (process: Process): number => process.mm.pgtables_bytes / 4096;
    // The stack needs three tables, the BAR a PUD table and a PMD table.
    expect(tables(child)).toBe(5);
  });

  test('13.8: a PTE of a shared mapping loses A and D in the child, a leaf loses A alone', () => {
    const { machine, parent } = withBar(16 * KiB, { kernel });
    expect(parent.touch(VA, true)).toBe(0);
    const child = forkOf(parent);
    expect(entryAt(machine, parent, VA)).toEqual({ level: 0, word: 0x8000000200000277n });
    expect(entryAt(machine, child, VA)).toEqual({ level: 0, word: 0x8000000200000217n });
  });

  test('M13-4: a private mapping is read-only on both sides, under a notifier pair over the VMA', () => {
    const { machine, parent } = withPrivateRemap(3, { kernel });
    const { events } = machine.kernel;
    events.recording = true;
    events.take();
    const child = forkOf(parent);
    const notified = events.take().filter(({ kind }) => kind === 'notifier');
    const range = { kind: 'notifier', reason: 'PROTECTION_PAGE', mm: parent.mm.id };
    const own = notified.filter((event) => 'start' in event && event.start === VA);
    expect(own).toEqual([
      { ...range, phase: 'start', start: VA, end: VA + 3 * 4096 },
      { ...range, phase: 'end', start: VA, end: VA + 3 * 4096 },
    ]);
    expect(entryAt(machine, parent, VA).word).toBe(0x8000000200000235n);
    expect(entryAt(machine, child, VA).word).toBe(0x8000000200000215n);
    expect(parent.mm.write_protect_seq % 2).toBe(0);
  });

  test('M6-3: a copied page in a private mapping loses W on both sides, its D saved in bit 58', () => {
    const { machine, parent } = withPrivateRemap(3, { kernel });
    expect(parent.touch(VA + 4096, true)).toBe(0);
    const child = forkOf(parent);
    const flags = (process: Process): bigint =>
      entryAt(machine, process, VA + 4096).word & 0xfff0000000000fffn;
    expect(flags(parent)).toBe(0x8400000000000835n);
    expect(flags(child)).toBe(0x8400000000000815n);
    expect(child.mm.rss.anon).toBe(parent.mm.rss.anon);
  });

  test('M13-6: a fork after a zap gives a child without entries', () => {
    const { machine, parent } = withBar(GiB, { kernel });
    parent.touch(VA, false);
    machine.device.writeCommand(0);
    const child = forkOf(parent);
    expect(entryAt(machine, child, VA)).toEqual({ level: 2, word: 0n });
    expect(child.mm.pgtables_bytes).toBe(parent.mm.pgtables_bytes);
  });

  test('13.1: the file knows the child behind its parent, so a zap clears both in that order', () => {
    const { machine, parent } = withBar(GiB, { kernel });
    parent.touch(VA, false);
    const child = forkOf(parent);
    const { events } = machine.kernel;
    events.recording = true;
    events.take();
    machine.device.writeCommand(0);
    const starts = events
      .take()
      .flatMap((event) => (event.kind === 'notifier' && event.phase === 'start' ? [event] : []));
    expect(starts.map(({ mm, reason }) => [mm, reason])).toEqual([
      [parent.mm.id, 'CLEAR'],
      [child.mm.id, 'CLEAR'],
    ]);
    expect(words(machine, parent, VA)).toEqual([0n]);
    expect(words(machine, child, VA)).toEqual([0n]);
  });
});

test('13.4, M21-5: fork of a shared PFN mapping tells no notifier', () => {
  const { machine, parent } = withBar(GiB);
  parent.touch(VA, true);
  const { events } = machine.kernel;
  events.recording = true;
  events.take();
  forkOf(parent);
  const notified = events.take().filter((event) => event.kind === 'notifier');
  // The stack is private memory and the only VMA that is copied on write.
  const stack = parent.mm.vmas.at(-1)!;
  expect(notified.map((event) => 'start' in event && event.start)).toEqual([
    stack.vm_start,
    stack.vm_start,
  ]);
});

test('9.7: one flush of the whole parent ends every fork', () => {
  const { machine, parent } = withBar(GiB);
  const { events } = machine.kernel;
  events.recording = true;
  events.take();
  forkOf(parent);
  const flushes = events.take().filter((event) => event.kind === 'tlb');
  expect(flushes).toMatchObject([{ mm: parent.mm.id, full: true }]);
});

test('M13-3: after MADV_DONTFORK on half of a PUD the child reaches beyond its VMA', () => {
  const { machine, parent } = withBar(GiB);
  expect(parent.touch(VA, false)).toBe(0);
  expect(parent.madvise(VA + 512 * MiB, 512 * MiB, DONTFORK)).toBe(0);
  expect(entryAt(machine, parent, VA).level).toBe(2);
  const child = forkOf(parent);
  const [bar] = child.mm.vmas;
  expect([bar!.vm_start, bar!.vm_end]).toEqual([VA, VA + 512 * MiB]);
  expect(entryAt(machine, child, VA)).toEqual({ level: 2, word: 0x8000000200000297n });
  const seen = countCalls(machine);
  expect(child.touch(VA + 600 * MiB, true)).toBe(0);
  expect(seen.calls).toBe(0);
  expect(entryAt(machine, parent, VA).word).toBe(0x80000002000002b7n);
});

test('M13-5: 8 GiB of PTEs cost the child 4096 PTE tables and 8 PMD tables', () => {
  const machine = computer({ ramBytes: 64 * MiB });
  const parent = machine.spawn();
  const before = parent.mm.pgtables_bytes;
  const pages = (8 * GiB) / 4096;
  machine.pfnlab.configure({ pfn: machine.bar2Pfn, pages, mode: 'remap', maxorder: 0 });
  const { file } = machine.pfnlab;
  parent.mmap({ address: VA, length: 8 * GiB, prot: RW, shared: true, file, offset: 0 });
  const pudTable = 4096;
  expect(parent.mm.pgtables_bytes - before).toBe(16_809_984 + pudTable);
  const child = forkOf(parent);
  expect(child.mm.pgtables_bytes - before).toBe(16_809_984 + pudTable);
  expect(words(machine, child, VA, VA + 8 * GiB - 4096)).toEqual([
    0x8000000200000217n,
    0x80000003fffff217n,
  ]);
});

test('fork without enough memory answers ENOMEM, and takes back what it made', () => {
  const machine = computer({ ramBytes: 3 * MiB });
  const parent = machine.spawn();
  const pages = (1 * GiB) / 4096;
  machine.pfnlab.configure({ pfn: machine.bar2Pfn, pages, mode: 'remap', maxorder: 0 });
  const { file } = machine.pfnlab;
  parent.mmap({ address: VA, length: GiB, prot: RW, shared: true, file, offset: 0 });
  const { mem } = machine.kernel;
  const before = mem.framesInUse();
  expect(parent.fork()).toBe(-ENOMEM);
  expect(mem.framesInUse()).toBe(before);
  expect(parent.mm.mmap_lock).toBe('free');
});

describe('private mappings that own a memory type (C14-6, C14-7)', () => {
  test.each(KERNELS)('%s: fork of an untouched one succeeds', (kernel) => {
    const { parent } = withPrivateRemap(3, { kernel });
    expect(typeof parent.fork()).toBe('object');
  });

  // The specification says EINVAL, which track_pfn_copy() answers; the captured processes saw ENOMEM.
  test.each(['posted-19', '6.12', '6.12.117'])(
    '%s: fork fails once the first page was copied',
    (kernel) => {
      const { parent } = withPrivateRemap(3, { kernel });
      expect(parent.touch(VA, true)).toBe(0);
      expect(parent.fork()).toBe(-ENOMEM);
    },
  );

  test('7.3: the same fork succeeds', () => {
    const { parent } = withPrivateRemap(3, { kernel: '7.3' });
    expect(parent.touch(VA, true)).toBe(0);
    expect(typeof parent.fork()).toBe('object');
  });
});

describe('what is copied', () => {
  test('a PFN mapping and private memory that was written are copied, the rest is not', () => {
    const { machine, parent } = withBar(GiB);
    mapAnon(parent, VA + 4 * GiB, 2 * MiB);
    const { fork } = machine.layers;
    const [bar, fresh] = parent.mm.vmas;
    expect([fork.vma_needs_copy(bar!), fork.vma_needs_copy(fresh!)]).toEqual([true, false]);
    parent.touch(VA + 4 * GiB, true);
    expect(fork.vma_needs_copy(fresh!)).toBe(true);
  });

  test('13.2: a PFN mapping is copied at its present granularity, holes stay holes', () => {
    const { machine, parent } = withBar(3 * GiB);
    parent.touch(VA + 2 * GiB, false);
    const child = forkOf(parent);
    expect(words(machine, child, VA, VA + GiB, VA + 2 * GiB)).toEqual([
      0n,
      0n,
      0x8000000280000297n,
    ]);
  });

  test('a VMA with MADV_WIPEONFORK arrives empty', () => {
    const machine = computer();
    const parent = machine.spawn();
    mapAnon(parent, VA, 2 * MiB);
    parent.touch(VA, true);
    expect(parent.madvise(VA, 2 * MiB, WIPEONFORK)).toBe(0);
    const child = forkOf(parent);
    expect(entryAt(machine, child, VA).word).toBe(0n);
    expect(child.mm.vma_lookup(VA)).not.toBeNull();
  });

  test('a page of private memory is shared until one side writes', () => {
    const machine = computer();
    const parent = machine.spawn();
    mapAnon(parent, VA, 4096);
    parent.touch(VA, true);
    const child = forkOf(parent);
    const frame = (process: Process): bigint =>
      entryAt(machine, process, VA).word & 0x000ffffffffff000n;
    expect(frame(child)).toBe(frame(parent));
    const shared = frame(parent);
    expect(child.touch(VA, true)).toBe(0);
    expect(frame(child)).not.toBe(shared);
    expect(parent.touch(VA, true)).toBe(0);
    expect(frame(parent)).toBe(shared);
  });

  test('1.2: the child has the VMA as it is: bounds, offset, flags, protection, driver', () => {
    const { machine, parent } = withBar(GiB, {}, 2 * GiB);
    const child = forkOf(parent);
    const of = (process: Process) => {
      const { vm_start, vm_end, vm_pgoff, vm_flags, vm_flags_high, vm_page_prot } =
        process.mm.vmas[0]!;
      return { vm_start, vm_end, vm_pgoff, vm_flags, vm_flags_high, vm_page_prot };
    };
    expect(of(child)).toEqual(of(parent));
    expect(child.mm.vmas[0]!.vm_ops).toBe(parent.mm.vmas[0]!.vm_ops);
    expect(child.mm.vmas[0]!.vm_mm).toBe(child.mm);
    expect(child.mm.total_vm).toBe(parent.mm.total_vm);
    expect(machine.device.file.f_mapping.i_mmap).toHaveLength(2);
  });

  test('a read-only mapping stays read-only in the child', () => {
    const machine = computer();
    const parent = machine.spawn();
    mapBar(machine, parent, { length: GiB, prot: R });
    parent.touch(VA, false);
    const child = forkOf(parent);
    expect(words(machine, parent, VA)).toEqual([0x80000002000002b5n]);
    expect(words(machine, child, VA)).toEqual([0x8000000200000295n]);
  });
});
