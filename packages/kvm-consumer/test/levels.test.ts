// Goal: the size of a guest's entry is the one that the specification's rules give, for every guest frame, and the same under
// EPT. Method: the rules (10.1, 10.6, 11.2, 11.4) written anew over addresses, compared on random slots and mappings (Q4, Q8);
// scenarios C10 again with words of EPT, worked out from the fields of the manual (10.8: a BAR is UC, type 0).
import { EFAULT } from '@pfnmap/mm-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACCESS_DONE, createEpt, KVM_EXIT_MMIO, KVM_MEM_LOG_DIRTY_PAGES } from '../src/index.ts';
import { amdHost, BarGuest, GiB, KiB, MiB, PROT_READ, type Setup, VA } from './bar-guest.ts';

const SIZES = [4 * KiB, 2 * MiB, GiB] as const;
const GPA = 8 * GiB;

/** Where a slot and the mapping below it start, and where the guest touches. Bytes. */
interface Place {
  /** What mapping, file offset and slot are off a multiple of 1 GiB. */
  readonly phase: number;
  readonly offset: number;
  readonly shift: number;
  readonly length: number;
  readonly at: number;
  readonly huge: boolean;
}

const place = fc.record({
  phase: fc.constantFrom(0, 4 * KiB, 2 * MiB, 6 * MiB),
  offset: fc.constantFrom(0, 4 * KiB, 2 * MiB, 6 * MiB),
  shift: fc.constantFrom(0, 4 * KiB, 2 * MiB, 6 * MiB),
  length: fc.constantFrom(64 * KiB, 2 * MiB, 64 * MiB, GiB, GiB + 2 * MiB, 3 * GiB + 4 * KiB),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  huge: fc.boolean(),
});

/** The block of a size around an address lies in a range. */
const fits = (address: number, size: number, start: number, length: number): boolean => {
  const block = address - (address % size);
  return block >= start && block + size <= start + length;
};

/** 10.1 and 11.5: what the slot allows. */
const slotAllows = (gpa: number, hva: number, size: number, start: number, length: number) =>
  size === 4 * KiB || ((gpa - hva) % size === 0 && fits(hva, size, start, length));

/** 11.2: what the file offset of the VMA allows, taken for its frames. */
const offsetAllows = (hva: number, size: number, start: number, offset: number, length: number) =>
  size === 4 * KiB ||
  ((hva - (offset + hva - start)) % size === 0 && fits(hva, size, start, length));

/** Touches a guest frame and tells the size of its entry, and the sizes that the rules speak of. */
function sizeAt(setup: Setup, { phase, offset, shift, length, at, huge }: Place) {
  const guest = new BarGuest(setup);
  const start = VA + phase;
  guest.map(length, { address: start, offset });
  if (!huge) guest.process.madvise(start, length, 15);
  const base = GPA + shift;
  expect(guest.slot(base, length, start)).toBe(0);
  const page = Math.floor((at * length) / (4 * KiB)) * 4 * KiB;
  expect(guest.access(base + page)).toBe(ACCESS_DONE);
  const leaf = guest.vm.mmu.leafAt((base + page) / (4 * KiB))!;
  const { pt } = guest.machine.kernel;
  pt.walk(guest.process.mm, start + page);
  const allowed = (rule: (size: number) => boolean): number => SIZES.findLastIndex(rule);
  return {
    level: leaf.level - 1,
    host: pt.walked.level as number,
    slot: allowed((size) => slotAllows(base + page, start + page, size, start, length)),
    offset: allowed((size) => offsetAllows(start + page, size, start, offset, length)),
  };
}

describe('Q4: the level is the least of what slot, host and CPU allow, for any guest frame', () => {
  const seed = 0x10100612;
  test.each([
    ['6.12.117', true],
    ['6.12.117', false],
    ['7.3', true],
    ['6.12', true],
  ])('x86_64, %s, entries of 1G: %s', (profile, gigabytePages) => {
    const host = ({ kernel }: BarGuest['machine']) => amdHost(kernel, { gigabytePages });
    fc.assert(
      fc.property(place, (where) => {
        const found = sizeAt({ profile, host }, where);
        expect(found.level).toBe(Math.min(found.slot, found.host, gigabytePages ? 2 : 1));
      }),
      { seed, numRuns: 60 },
    );
  });
  test.each(['6.12.117', '7.3'])('arm64, %s, 2M at most', (profile) => {
    fc.assert(
      fc.property(place, (where) => {
        const found = sizeAt({ profile, arch: 'arm64' }, where);
        expect(found.level).toBe(Math.min(found.slot, found.host, 1));
      }),
      { seed, numRuns: 60 },
    );
  });
});

test('Q8: arm64 6.12 and 6.12.117 differ exactly where offset and host entry allow different sizes', () => {
  let differing = 0;
  fc.assert(
    fc.property(place, (where) => {
      const older = sizeAt({ profile: '6.12', arch: 'arm64' }, where);
      const later = sizeAt({ profile: '6.12.117', arch: 'arm64' }, where);
      expect(older.level).toBe(Math.min(older.slot, older.offset));
      const byOffset = Math.min(later.slot, later.offset);
      const byHost = Math.min(later.slot, later.host, 1);
      expect(older.level !== later.level).toBe(byOffset !== byHost);
      if (older.level !== later.level) differing++;
    }),
    { seed: 0x11020612, numRuns: 80 },
  );
  expect(differing).toBeGreaterThan(0);
});

describe('with extended page tables', () => {
  const ept: Setup = {
    host: ({ kernel }) =>
      amdHost(kernel, { format: createEpt({ accessedDirty: true, noncoherentDma: false }) }),
  };
  function withBar(gpa = GPA, setup: Setup = ept): BarGuest {
    const guest = new BarGuest(setup);
    guest.map(8 * GiB);
    expect(guest.slot(gpa, 8 * GiB)).toBe(0);
    return guest;
  }

  test('C10-1: eight entries of 1G, uncached', () => {
    const guest = withBar();
    for (let at = 0; at < 8 * GiB; at += GiB) guest.access(GPA + at);
    expect(guest.sizes()).toEqual([8, 0, 0]);
    expect(guest.leaf(GPA + 5 * GiB)).toBe('L3 8600000340000b87');
  });
  test('C10-2, C10-3: 2M and 4K off give entries of 2M and 4K', () => {
    const by2M = withBar(GPA + 2 * MiB);
    by2M.access(GPA + 2 * MiB);
    expect(by2M.leaf(GPA + 2 * MiB)).toBe('L2 8600000200000b87');
    const by4K = withBar(GPA + 4 * KiB);
    by4K.access(GPA + 4 * KiB);
    expect(by4K.leaf(GPA + 4 * KiB)).toBe('L1 8600000200000b07');
  });
  test('C10-4: the tail of a slot of 1G and 2M is an entry of 2M', () => {
    const guest = new BarGuest(ept);
    guest.map(8 * GiB);
    guest.slot(GPA, GiB + 2 * MiB);
    guest.access(GPA);
    guest.access(GPA + GiB);
    expect([guest.leaf(GPA), guest.leaf(GPA + GiB)]).toEqual([
      'L3 8600000200000b87',
      'L2 8600000240000b87',
    ]);
  });
  test('C10-5: a logged slot has entries of 4K', () => {
    const guest = new BarGuest(ept);
    guest.map(8 * GiB);
    guest.slot(GPA, 8 * GiB, VA, KVM_MEM_LOG_DIRTY_PAGES);
    guest.access(GPA, 'write');
    expect(guest.leaf(GPA)).toBe('L1 8600000200000b07');
  });
  test('C10-6: host leaves of 2M give entries of 2M', () => {
    const guest = new BarGuest(ept);
    guest.map(2 * GiB, { address: VA + 2 * MiB });
    guest.slot(GPA + 2 * MiB, 2 * GiB, VA + 2 * MiB);
    guest.access(GPA + GiB);
    expect(guest.leaf(GPA + GiB)).toBe('L2 860000023fe00b87');
  });
  test('C10-7: a reading of smaps takes the entry, the next access brings it back', () => {
    const guest = withBar();
    guest.access(GPA);
    guest.process.smaps();
    expect(guest.leaf(GPA)).toBe('none');
    guest.takeCalls();
    guest.access(GPA);
    expect(guest.takeCalls()).toEqual(['(18, +0x0, 0x100)']);
    expect(guest.leaf(GPA)).toBe('L3 8600000200000b87');
  });
  test('C10-8: with memory decoding off the entries are gone, and an access is EFAULT', () => {
    const guest = withBar();
    guest.access(GPA);
    guest.machine.device.writeCommand(0);
    expect(guest.sizes()).toEqual([0, 0, 0]);
    expect(guest.access(GPA)).toBe(-EFAULT);
  });
  test('C19-4: after mprotect(R) a write leaves the guest, the entry without W', () => {
    const guest = withBar();
    guest.access(GPA, 'write');
    guest.process.mprotect(VA, 8 * GiB, PROT_READ);
    expect(guest.access(GPA, 'write')).toBe(KVM_EXIT_MMIO);
    guest.access(GPA);
    expect(guest.leaf(GPA)).toBe('L3 8000000200000985');
  });
  test('10.8: RAM is write-back, whatever the guest says', () => {
    const guest = new BarGuest(ept);
    guest.mapAnonymous(4 * KiB, VA);
    guest.slot(GPA, 4 * KiB);
    guest.access(GPA, 'write');
    const entry = guest.vm.mmu.path(GPA / (4 * KiB)).at(-1)!;
    expect(entry.word & 0xfff0000000000fffn).toBe(0x8600000000000b77n);
    expect([entry.memoryType, entry.flags.includes('IPAT')]).toEqual(['WB', true]);
  });
});
