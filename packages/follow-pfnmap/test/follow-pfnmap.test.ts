// Goal: a lookup answers for every size of entry, and only between start and end. Method: the scenarios of the specification
// (section 17 and P09) on whole machines; what happens between a read and its lock is done when the lock is recorded.

import type { Machine, Process } from '@pfnmap/machine';
import { EINVAL, type KernelEvent, VM_IO, VM_PFNMAP, type VmAreaStruct } from '@pfnmap/mm-core';
import {
  computer,
  entryAt,
  GiB,
  KiB,
  MiB,
  mapAnon,
  mapBar,
  R,
  VA,
  type Wanted,
} from '@pfnmap/testbed';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FollowPfnmapArgs, UseAfterEndError } from '../src/index.ts';

const PMD_BAR = { barStart: 0xe0000000, barBytes: 128 * MiB };

function withBar(length: number, wanted: Wanted = {}, touch = true) {
  const machine = computer(wanted);
  const process = machine.spawn();
  expect(mapBar(machine, process, { length })).toBe(VA);
  if (touch) expect(process.touch(VA, false)).toBe(0);
  return { machine, process, vma: process.mm.vmas[0]! };
}

/** What a lookup answers, or its error number. */
function follow(machine: Machine, vma: VmAreaStruct, address: number) {
  const { pfnmap } = machine.layers.follow;
  const args = new FollowPfnmapArgs(vma, address);
  const error = pfnmap!.follow_pfnmap_start(args);
  if (error !== 0) return error;
  const { pfn, writable, special, leafSize } = args;
  const pgprot = machine.kernel.arch.pgprot_val(args.pgprot);
  pfnmap!.follow_pfnmap_end(args);
  return { pfn, writable, special, leafSize, pgprot };
}

const locksOf = (events: readonly KernelEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'lock' ? [`${event.action} ${event.lock}`] : []));

describe('every size of entry', () => {
  test('M17-1: the frame of an address inside a PUD', () => {
    const machine = computer();
    const process = machine.spawn();
    const pages = GiB / (4 * KiB);
    machine.pfnlab.configure({ pfn: machine.bar2Pfn, pages, mode: 'fault', maxorder: 18 });
    const { file } = machine.pfnlab;
    process.mmap({ address: VA, length: GiB, prot: 3, shared: true, file, offset: 0 });
    process.touch(VA, true);
    expect(follow(machine, process.mm.vmas[0]!, VA + 0x12345000)).toEqual({
      pfn: 0x212345,
      writable: true,
      special: true,
      leafSize: GiB,
      pgprot: 0x8000000000000af7n,
    });
  });

  test('P09-S1: the frame of an address inside a PMD', () => {
    const { machine, vma } = withBar(2 * MiB, PMD_BAR);
    expect(follow(machine, vma, VA + 0x3123)).toEqual({
      pfn: 0xe0003,
      writable: true,
      special: true,
      leafSize: 2 * MiB,
      pgprot: 0x80000000000002b7n,
    });
  });

  test('P09-S2: the second MiB of a PUD', () => {
    const { machine, vma } = withBar(GiB, { barStart: 0x4000000000 });
    expect(follow(machine, vma, VA + 0x201000)).toMatchObject({ pfn: 0x4000201, leafSize: GiB });
  });

  test('P09-S3: a PTE', () => {
    const { machine, vma } = withBar(16 * KiB, PMD_BAR);
    expect(follow(machine, vma, VA + 0x123)).toEqual({
      pfn: 0xe0000,
      writable: true,
      special: true,
      leafSize: 4 * KiB,
      pgprot: 0x8000000000000237n,
    });
    expect(follow(machine, vma, VA + 4 * KiB)).toBe(-EINVAL);
  });

  test('P08-S2: on arm64 the protection is the block entry without its address', () => {
    const { machine, process, vma } = withBar(2 * MiB, { arch: 'arm64' });
    const { level, word } = entryAt(machine, process, VA);
    expect(level).toBe(1);
    expect(follow(machine, vma, VA + 0x3000)).toMatchObject({
      pfn: machine.bar2Pfn + 3,
      special: true,
      leafSize: 2 * MiB,
      pgprot: word & 0xfffc000000000fffn,
    });
  });

  test('a read-only leaf is not writable', () => {
    const { machine, process, vma } = withBar(GiB);
    process.mprotect(VA, GiB, R);
    expect(follow(machine, vma, VA)).toMatchObject({
      writable: false,
      pgprot: 0x80000000000002b5n,
    });
  });

  test.each([
    ['6.12.117', false],
    ['7.3', true],
  ])('M17-6: %s reports the mask of the leaf: %s', (kernel, reports) => {
    const { machine, vma } = withBar(2 * MiB, { kernel });
    expect(machine.layers.follow.reportsAddrMask).toBe(reports);
    const found = follow(machine, vma, VA + 0x3000);
    expect(found).toMatchObject({ leafSize: 2 * MiB });
  });
});

describe('what is not found', () => {
  test('M17-2, P09-S4: an empty slot, and no table is made', () => {
    const { machine, process, vma } = withBar(GiB, {}, false);
    const { pgtables_bytes } = process.mm;
    machine.kernel.events.recording = true;
    machine.kernel.events.take();
    expect(follow(machine, vma, VA)).toBe(-EINVAL);
    expect(locksOf(machine.kernel.events.take())).toEqual([]);
    expect(process.mm.pgtables_bytes).toBe(pgtables_bytes);
  });

  test('an empty PMD beside one that is used', () => {
    const { machine, vma } = withBar(4 * MiB);
    expect(follow(machine, vma, VA + 2 * MiB)).toBe(-EINVAL);
  });

  test('M17-3: private memory', () => {
    const machine = computer();
    const process = machine.spawn();
    mapAnon(process, VA, 2 * MiB);
    process.touch(VA, true);
    expect(follow(machine, process.mm.vmas[0]!, VA)).toBe(-EINVAL);
  });

  test('M17-5, P09-S5: an address outside the VMA, first and last', () => {
    const { machine, vma } = withBar(GiB);
    expect(follow(machine, vma, VA + GiB)).toBe(-EINVAL);
    expect(follow(machine, vma, VA - 1)).toBe(-EINVAL);
    expect(follow(machine, vma, VA + GiB - 1)).toMatchObject({ pfn: 0x23ffff });
  });

  test.each([
    ['VM_IO alone is enough', VM_IO, true],
    ['VM_PFNMAP alone is enough', VM_PFNMAP, true],
    ['without either nothing is found', 0, false],
  ])('P09-S5: %s', (_what, flags, found) => {
    const { machine, vma } = withBar(GiB);
    vma.vm_flags = (vma.vm_flags & ~(VM_IO | VM_PFNMAP)) | flags;
    expect(typeof follow(machine, vma, VA) === 'object').toBe(found);
  });
});

describe('11.10, 11.11: entries without access', () => {
  const protnone = (length: number, kernel: string) => {
    const { machine, process, vma } = withBar(length, { kernel });
    expect(process.mprotect(VA, length, 0)).toBe(0);
    return follow(machine, vma, VA + 0x123);
  };

  test.each(['6.12', '6.12.117', '7.3'])('%s: a PMD is found, not writable', (kernel) => {
    expect(protnone(2 * MiB, kernel)).toMatchObject({ pfn: 0x200000, writable: false });
  });

  test.each(['6.12.117', '7.3'])('%s: a PUD is not present', (kernel) => {
    expect(protnone(GiB, kernel)).toBe(-EINVAL);
  });

  // P09.5, F8: as posted only an empty PUD was an error, and a leaf is one without being present.
  test.each(['posted-19', '6.12'])('%s: a PUD is found as well', (kernel) => {
    expect(protnone(GiB, kernel)).toMatchObject({ pfn: 0x200000, writable: false });
  });

  test.each(['6.12', '6.12.117', '7.3'])('%s: a PTE is found, not writable', (kernel) => {
    expect(protnone(16 * KiB, kernel)).toMatchObject({ pfn: 0x200000, writable: false });
  });
});

/** Does something at the moment when a page-table lock is taken for the first time. */
function atFirstLock(machine: Machine, action: () => void): void {
  const { events } = machine.kernel;
  events.recording = true;
  events.take();
  events.listener = (event) => {
    if (event.kind !== 'lock' || event.action !== 'acquire') return;
    events.listener = undefined;
    action();
  };
}
const zap = (machine: Machine, process: Process, length: number): void => {
  const vma = process.mm.vma_lookup(VA)!;
  machine.layers.memory.zap_vma_ptes(vma, VA, length);
};

describe('a leaf that goes away between its read and its lock', () => {
  test.each([
    ['posted-19', 0xe0003],
    ['6.12', 0xe0003],
    ['6.12.117', -EINVAL],
    ['7.3', -EINVAL],
  ])('P09-S6: %s answers for a zapped PMD with %i', (kernel, expected) => {
    const { machine, process, vma } = withBar(2 * MiB, { kernel, ...PMD_BAR });
    atFirstLock(machine, () => zap(machine, process, 2 * MiB));
    const found = follow(machine, vma, VA + 0x3000);
    expect(typeof found === 'object' ? found.pfn : found).toBe(expected);
    expect(entryAt(machine, process, VA).word).toBe(0n);
  });

  test.each([
    ['posted-19', 0x200003],
    ['6.12', 0x200003],
    ['6.12.117', -EINVAL],
    ['7.3', -EINVAL],
  ])('M17-4, P09-S6: %s answers for a zapped PUD with %i', (kernel, expected) => {
    const { machine, process, vma } = withBar(GiB, { kernel });
    atFirstLock(machine, () => zap(machine, process, GiB));
    const found = follow(machine, vma, VA + 0x3000);
    expect(typeof found === 'object' ? found.pfn : found).toBe(expected);
  });

  test.each([
    ['6.12', 2 * MiB],
    ['6.12.117', 4 * KiB],
    ['7.3', 4 * KiB],
  ])('P09-S7: %s finds a leaf of %i bytes when PTEs took its place', (kernel, leafSize) => {
    const { machine, process, vma } = withBar(2 * MiB, { kernel });
    atFirstLock(machine, () => {
      zap(machine, process, 2 * MiB);
      const NOHUGEPAGE = 15;
      process.madvise(VA, 2 * MiB, NOHUGEPAGE);
      process.touch(VA + 0x3000, false);
    });
    expect(follow(machine, vma, VA + 0x3000)).toMatchObject({ pfn: 0x200003, leafSize });
  });
});

describe('P09-S8: a VMA without a file', () => {
  const lookUp = (wanted: Wanted) => {
    const { machine, vma } = withBar(GiB, wanted);
    vma.vm_file = null;
    return () => follow(machine, vma, VA);
  };

  test('as posted it crashes a kernel with LOCKDEP', () => {
    const look = lookUp({ kernel: 'posted-19', with: ['PROVE_LOCKING'] });
    expect(look).toThrow(expect.objectContaining({ where: 'pfnmap_lockdep_assert' }));
  });

  test('without LOCKDEP, and since 6.12, it is looked up', () => {
    expect(lookUp({ kernel: 'posted-19' })()).toMatchObject({ pfn: 0x200000 });
    expect(lookUp({ kernel: '6.12', with: ['PROVE_LOCKING'] })()).toMatchObject({ pfn: 0x200000 });
  });
});

describe('17.7: from start to end', () => {
  test.each([
    ['PUD', GiB, 'page_table_lock'],
    ['PMD', 2 * MiB, 'pmd lock'],
    ['PTE', 16 * KiB, 'pte lock'],
  ])('P09.15: a lookup of a %s holds its lock until the end', (_name, length, name) => {
    const { machine, vma } = withBar(length);
    const { events } = machine.kernel;
    const { pfnmap } = machine.layers.follow;
    const args = new FollowPfnmapArgs(vma, VA);
    events.recording = true;
    events.take();
    expect(pfnmap!.follow_pfnmap_start(args)).toBe(0);
    expect(locksOf(events.take())).toEqual([`acquire ${name}`]);
    pfnmap!.follow_pfnmap_end(args);
    expect(locksOf(events.take())).toEqual([`release ${name}`]);
  });

  const fields = ['pfn', 'pgprot', 'writable', 'special', 'leafSize'] as const;

  test.each(fields)('%s cannot be read after the end', (field) => {
    const { machine, vma } = withBar(GiB);
    const { pfnmap } = machine.layers.follow;
    const args = new FollowPfnmapArgs(vma, VA);
    pfnmap!.follow_pfnmap_start(args);
    pfnmap!.follow_pfnmap_end(args);
    expect(() => args[field]).toThrow(UseAfterEndError);
    expect(() => args[field]).toThrow('after follow_pfnmap_end()');
  });

  test.each(fields)('%s cannot be read before a start, nor after one that failed', (field) => {
    const { machine, vma } = withBar(GiB, {}, false);
    const args = new FollowPfnmapArgs(vma, VA);
    expect(() => args[field]).toThrow('without a successful follow_pfnmap_start()');
    expect(machine.layers.follow.pfnmap!.follow_pfnmap_start(args)).toBe(-EINVAL);
    expect(() => args[field]).toThrow(UseAfterEndError);
  });

  test('an end without a start, or a second one, gives no lock up', () => {
    const { machine, vma } = withBar(GiB);
    const { events } = machine.kernel;
    const { pfnmap } = machine.layers.follow;
    const args = new FollowPfnmapArgs(vma, VA);
    pfnmap!.follow_pfnmap_end(args);
    pfnmap!.follow_pfnmap_start(args);
    pfnmap!.follow_pfnmap_end(args);
    events.recording = true;
    events.take();
    pfnmap!.follow_pfnmap_end(args);
    expect(locksOf(events.take())).toEqual([]);
  });
});

const seed = 0x09190401;
test(`Q1, I12: every page answers with the frame of the BAR, and nothing changes (seed ${seed})`, () => {
  const cases = fc.record({
    kernel: fc.constantFrom('6.12.117', '7.3'),
    phase: fc.constantFrom(0, 4 * KiB, 2 * MiB),
    offset: fc.constantFrom(0, 4 * KiB, 2 * MiB),
    touches: fc.array(fc.nat(1535), { maxLength: 6 }),
  });
  fc.assert(
    fc.property(cases, ({ kernel, phase, offset, touches }) => {
      const machine = computer({ kernel });
      const process = machine.spawn();
      const at = VA + phase;
      mapBar(machine, process, { at, length: 6 * MiB, offset });
      for (const page of touches) process.touch(at + page * 4 * KiB, page % 2 === 1);
      const vma = process.mm.vmas[0]!;
      const { pgtables_bytes } = process.mm;
      const faults = machine.cpu.faults();
      const wrong: string[] = [];
      for (let page = 0; page < 1536; page++) {
        const address = at + page * 4 * KiB;
        const before = entryAt(machine, process, address).word;
        const found = follow(machine, vma, address);
        const pfn = typeof found === 'object' ? found.pfn : found;
        const expected = before === 0n ? -EINVAL : (0x200000000 + offset) / (4 * KiB) + page;
        const after = entryAt(machine, process, address).word;
        if (pfn !== expected || after !== before) wrong.push(`page ${page}: ${pfn}`);
      }
      expect(wrong).toEqual([]);
      expect([process.mm.pgtables_bytes, machine.cpu.faults()]).toEqual([pgtables_bytes, faults]);
    }),
    { seed, numRuns: 25 },
  );
});
