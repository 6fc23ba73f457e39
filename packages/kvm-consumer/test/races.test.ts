// Goal: no frame reaches a guest that the host took away after the lookup. Method: the host changes its tables in the window
// between lookup and mmu_lock; then the rule is broken on purpose, which must be caught; then random programs keep the
// invariants of the specification.
import { KernelBug } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arm64Mmu } from '../src/arm64/arm64-mmu.ts';
import {
  ACCESS_DONE,
  Invalidation,
  RET_PF_CONTINUE,
  RET_PF_FIXED,
  RET_PF_RETRY,
} from '../src/index.ts';
import { X86Mmu } from '../src/x86/x86-mmu.ts';
import { BarGuest, GiB, KiB, MiB, PROT_READ, VA } from './bar-guest.ts';

const GPA = 8 * GiB;
const GFN = GPA / 4096;

function withBar(arch: 'x86_64' | 'arm64'): BarGuest {
  const guest = new BarGuest({ arch });
  guest.map(8 * GiB);
  guest.slot(GPA, 8 * GiB);
  return guest;
}

/** The MMU of a VM with its halves of a fault. */
function halves(guest: BarGuest): X86Mmu | Arm64Mmu {
  const { mmu } = guest.vm;
  if (mmu instanceof X86Mmu || mmu instanceof Arm64Mmu) return mmu;
  throw new TypeError('no MMU with halves');
}

/** Runs something once in the next race window. */
function once(guest: BarGuest, race: () => void): void {
  const { events } = guest.machine.kernel;
  events.race = (point) => {
    if (point !== 'kvm_faultin_pfn') return;
    events.race = undefined;
    race();
  };
}

/** What another CPU may do meanwhile. */
const RACES: readonly (readonly [name: string, race: (guest: BarGuest) => void])[] = [
  ['a zap of the page', (guest) => guest.zap(0, 4 * KiB)],
  [
    'memory decoding off and on',
    ({ machine }) => {
      machine.device.writeCommand(0);
      machine.device.writeCommand(2);
    },
  ],
  ['munmap', ({ process }) => void process.munmap(VA, 8 * GiB)],
  ['mprotect to read-only', ({ process }) => void process.mprotect(VA, 8 * GiB, PROT_READ)],
  ['mprotect to no access', ({ process }) => void process.mprotect(VA, 8 * GiB, 0)],
  ['a reading of smaps', ({ process }) => void process.smaps()],
];

describe.each(['x86_64', 'arm64'] as const)('on %s', (arch) => {
  test.each(RACES.filter(([name]) => arch === 'x86_64' || name !== 'a reading of smaps'))(
    '%s in the window makes the fault start over, and nothing is mapped',
    (_name, race) => {
      const guest = withBar(arch);
      once(guest, () => race(guest));
      expect(guest.vm.mmu.pageFault(GFN, 'read')).toBe(RET_PF_RETRY);
      expect(guest.vm.mmu.leaves().filter(({ gfn }) => gfn >= GFN)).toEqual([]);
    },
  );
  test('the access that raced succeeds with the frame that is there afterwards', () => {
    const guest = withBar(arch);
    once(guest, () => guest.zap(0, 2 * MiB));
    expect(guest.access(GPA)).toBe(ACCESS_DONE);
    expect(guest.takeCalls().length).toBe(2);
    expect(guest.vm.mmu.leafAt(GFN)?.pfn).toBe(guest.machine.bar2Pfn);
  });
  test('a frame used after an invalidation is caught, when nobody asks for it', () => {
    const guest = withBar(arch);
    const mmu = halves(guest);
    expect(mmu.kvm_faultin_pfn(GFN, 'read')).toBe(RET_PF_CONTINUE);
    guest.machine.device.writeCommand(0);
    expect(mmu.is_page_fault_stale()).toBe(true);
    expect(() => mmu.install()).toThrow(KernelBug);
    expect(() => mmu.install()).toThrow(/after the host took it away.*host=none/);
    expect(guest.vm.mmu.leaves().filter(({ gfn }) => gfn >= GFN)).toEqual([]);
  });
  test('so is a frame whose place another one has taken', () => {
    const guest = withBar(arch);
    const mmu = halves(guest);
    mmu.kvm_faultin_pfn(GFN, 'read');
    guest.process.munmap(VA, 8 * GiB);
    guest.map(4 * GiB, { offset: 4 * GiB });
    guest.process.touch(VA, false);
    expect(() => mmu.install()).toThrow(KernelBug);
  });
  test('a frame that the host has again may be used, though the count is stale', () => {
    const guest = withBar(arch);
    const mmu = halves(guest);
    mmu.kvm_faultin_pfn(GFN, 'read');
    guest.machine.device.writeCommand(0);
    guest.machine.device.writeCommand(2);
    guest.process.touch(VA, false);
    expect(mmu.is_page_fault_stale()).toBe(true);
    expect(mmu.install()).toBe(RET_PF_FIXED);
  });
  test('an invalidation that runs keeps faults away until its end', () => {
    const guest = withBar(arch);
    guest.access(GPA);
    let during: number | undefined;
    guest.process.mm.notifiers.push({
      invalidate_range_start: () => {
        during = guest.vm.mmu.pageFault(GFN, 'read');
      },
      invalidate_range_end: () => {},
    });
    guest.zap(0, 2 * MiB);
    expect(during).toBe(RET_PF_RETRY);
    expect(guest.leaf(GPA)).toBe('none');
  });
});

test('on x86_64 an invalidation elsewhere does not hold a fault up, on arm64 it does', () => {
  const meanwhile = (arch: 'x86_64' | 'arm64'): number => {
    const guest = withBar(arch);
    guest.process.touch(VA + 4 * GiB, false);
    guest.process.touch(VA, false);
    let during = -1;
    guest.process.mm.notifiers.push({
      invalidate_range_start: () => {
        if (during < 0) during = guest.vm.mmu.pageFault(GFN, 'read');
      },
      invalidate_range_end: () => {},
    });
    guest.zap(4 * GiB, 2 * MiB);
    return during;
  };
  expect(meanwhile('x86_64')).toBe(RET_PF_FIXED);
  expect(meanwhile('arm64')).toBe(RET_PF_RETRY);
});

describe('the count of invalidations', () => {
  test('goes up only for ranges that meet a slot', () => {
    const guest = new BarGuest();
    guest.map(8 * GiB);
    guest.slot(GPA, GiB);
    for (const at of [0, GiB, 2 * GiB]) guest.process.touch(VA + at, false);
    const { invalidation } = guest.vm;
    guest.zap(GiB, GiB);
    expect(invalidation.mmu_invalidate_seq).toBe(0);
    guest.zap(0, GiB);
    expect(invalidation.mmu_invalidate_seq).toBe(1);
    guest.zap(GiB - 4 * KiB, 8 * KiB);
    expect(invalidation.mmu_invalidate_seq).toBe(2);
  });
  test('covers the union of what runs, until nothing does', () => {
    const protocol = new Invalidation();
    protocol.kvm_mmu_invalidate_begin();
    protocol.kvm_mmu_invalidate_range_add(10, 20);
    protocol.kvm_mmu_invalidate_begin();
    protocol.kvm_mmu_invalidate_range_add(40, 50);
    protocol.kvm_mmu_invalidate_end();
    const seq = protocol.mmu_invalidate_seq;
    expect([9, 10, 30, 49, 50].map((gfn) => protocol.mmu_invalidate_retry_gfn(seq, gfn))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    protocol.kvm_mmu_invalidate_end();
    expect(protocol.mmu_invalidate_retry_gfn(seq + 1, 30)).toBe(false);
    expect(protocol.mmu_invalidate_retry_gfn(seq, 30)).toBe(true);
    protocol.kvm_mmu_invalidate_begin();
    protocol.kvm_mmu_invalidate_range_add(100, 101);
    expect(protocol.mmu_invalidate_retry_gfn(seq + 1, 30)).toBe(false);
    expect(protocol.mmu_invalidate_retry(seq + 1)).toBe(true);
  });
});

describe('invariants of the specification, in any program', () => {
  const offset = fc.nat(31).map((at) => at * 128 * MiB + 6 * KiB * 1024);
  const step = fc.oneof(
    fc.record({ op: fc.constant('access' as const), at: offset, write: fc.boolean() }),
    fc.record({ op: fc.constant('touch' as const), at: offset, write: fc.boolean() }),
    fc.record({ op: fc.constant('zap' as const), at: offset, write: fc.boolean() }),
    fc.record({ op: fc.constant('protect' as const), at: offset, write: fc.boolean() }),
    fc.record({ op: fc.constant('command' as const), at: offset, write: fc.boolean() }),
    fc.record({ op: fc.constant('smaps' as const), at: offset, write: fc.boolean() }),
  );

  /** Q1 and Q5: every leaf maps what the host has now, and nothing the host has not; Q4: it is no larger than the host's. */
  const check = (
    guest: BarGuest,
    gpas: readonly [gpa: number, hva: number, length: number][],
  ): void => {
    const { pt, arch } = guest.machine.kernel;
    for (const { gfn, level, pfn, writable } of guest.vm.mmu.leaves()) {
      const slot = gpas.find(([gpa, , length]) => gfn * 4096 >= gpa && gfn * 4096 < gpa + length);
      if (slot === undefined) continue;
      const hva = slot[1] + gfn * 4096 - slot[0];
      const entry = pt.walk(guest.process.mm, hva);
      const host = pt.walked.level;
      const { size } = arch.geometry.levels[host];
      expect(host + 1).toBeGreaterThanOrEqual(level);
      expect(pt.pfnAt(host, entry) + Math.floor((hva % size) / 4096)).toBe(pfn);
      const prot = pt.ptep_get(entry);
      if (writable) expect(arch.pte_write(prot)).toBe(true);
    }
  };

  test.each(['x86_64', 'arm64'] as const)('on %s guests see what the host has', (arch) => {
    const seed = 20240910;
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.constantFrom(0, 2 * MiB, 4 * KiB),
        (steps, shift) => {
          const guest = new BarGuest({ arch });
          guest.map(4 * GiB);
          const slots: [number, number, number][] = [
            [GPA + shift, VA, 4 * GiB],
            [16 * GiB, VA, GiB],
          ];
          for (const [gpa, hva, length] of slots) guest.slot(gpa, length, hva);
          let ends = 0;
          guest.process.mm.notifiers.push({
            invalidate_range_start: () => {},
            invalidate_range_end: ({ start, end }) => {
              if (start < VA + 4 * GiB && end > VA) ends++;
            },
          });
          let decoding = true;
          for (const { op, at, write } of steps) {
            if (op === 'access') guest.access(GPA + shift + at, write ? 'write' : 'read');
            else if (op === 'touch') guest.process.touch(VA + at, write);
            else if (op === 'zap') guest.zap(at, write ? 2 * MiB : 4 * KiB);
            else if (op === 'protect') {
              guest.process.mprotect(VA + at - (at % (2 * MiB)), 2 * MiB, write ? 3 : PROT_READ);
            } else if (op === 'smaps') guest.process.smaps();
            else {
              decoding = !decoding;
              guest.machine.device.writeCommand(decoding ? 2 : 0);
            }
            check(guest, slots);
            // Q6: one number for each notifier end that meets a slot.
            expect(guest.vm.invalidation.mmu_invalidate_seq).toBe(ends);
            expect(guest.vm.invalidation.mmu_invalidate_in_progress).toBe(0);
          }
        },
      ),
      { seed, numRuns: 25 },
    );
  });
});
