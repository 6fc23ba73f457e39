// Goal: KVM_SET_USER_MEMORY_REGION accepts and refuses what real kernels do. Method: each rule has a request on either side
// of it; errors are those that kernels gave in the captures, or of the specification.
import { EEXIST, EFAULT, EINVAL } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY, Memslots } from '../src/index.ts';
import { BarGuest, GiB, KiB, MiB, VA } from './bar-guest.ts';

const guest = (arch: 'x86_64' | 'arm64' = 'x86_64'): BarGuest => {
  const made = new BarGuest({ arch });
  made.map(4 * GiB);
  return made;
};

describe('a request is refused with EINVAL', () => {
  test.each([
    ['a guest address within a page', { gpa: GiB + 0x123 }],
    ['a length that is not whole pages', { length: 100 }],
    ['a host address within a page', { hva: VA + 1 }],
    ['a host range beyond user addresses', { hva: 2 ** 47 - 8 * KiB, length: 16 * KiB }],
    ['unknown flags', { flags: 4 }],
    ['more pages than 2^31 - 1', { length: 8 * 2 ** 40, gpa: 0, hva: 0 }],
    ['guest addresses that wrap', { gpa: 2 ** 64 - 4096 }],
    ['a length of nothing where no slot is', { length: 0 }],
    ['a number beyond the last slot', { slot: 32764 }],
  ] as const)('for %s', (_what, changed) => {
    const { slot, gpa, length, hva, flags } = {
      slot: 0,
      gpa: GiB as number,
      length: (2 * MiB) as number,
      hva: VA as number,
      flags: 0,
      ...changed,
    };
    const made = guest();
    expect(made.region(slot, gpa, length, hva, flags)).toBe(-EINVAL);
    expect(made.vm.memslots.all()).toEqual([]);
    expect(made.vm.memslots.generation).toBe(0);
  });
});

describe('guest memory ends', () => {
  test('on x86_64 with the 40 physical address bits of the CPU: EINVAL beyond', () => {
    const made = guest();
    expect(made.slot(2 ** 40 - 4 * KiB, 4 * KiB)).toBe(0);
    expect(made.slot(2 ** 40, 4 * KiB)).toBe(-EINVAL);
    expect(made.slot(2 ** 40 - 12 * KiB, 8 * KiB)).toBe(0);
  });
  test('on arm64 with the 40 bits of a VM that asks for no size: EFAULT beyond', () => {
    const made = guest('arm64');
    expect(made.slot(2 ** 40 - 4 * KiB, 4 * KiB)).toBe(0);
    expect(made.slot(2 ** 40, 4 * KiB)).toBe(-EFAULT);
  });
});

describe('slots', () => {
  test('may not overlap: EEXIST, also by one page', () => {
    const made = guest();
    expect(made.slot(GiB, 2 * MiB)).toBe(0);
    expect(made.slot(GiB + 2 * MiB - 4 * KiB, 4 * KiB)).toBe(-EEXIST);
    expect(made.slot(GiB - 4 * KiB, 8 * KiB)).toBe(-EEXIST);
    expect(made.slot(GiB + 2 * MiB, 4 * KiB)).toBe(0);
    expect(made.slot(GiB - 4 * KiB, 4 * KiB)).toBe(0);
  });
  test('may lie over no mapping at all', () => {
    expect(guest().slot(GiB, 2 * MiB, 0x1000_0000)).toBe(0);
  });
  test('keep size, host address and read-only flag once made: EINVAL', () => {
    const made = guest();
    made.region(0, GiB, 2 * MiB);
    expect(made.region(0, GiB, 4 * MiB)).toBe(-EINVAL);
    expect(made.region(0, GiB, 2 * MiB, VA + 2 * MiB)).toBe(-EINVAL);
    expect(made.region(0, GiB, 2 * MiB, VA, KVM_MEM_READONLY)).toBe(-EINVAL);
  });
  test('that are asked for again as they are change nothing', () => {
    const made = guest();
    made.region(0, GiB, 2 * MiB);
    expect(made.region(0, GiB, 2 * MiB)).toBe(0);
    expect(made.vm.memslots.generation).toBe(2);
  });
  test('move to another guest address, and what was mapped is gone', () => {
    const made = guest();
    made.region(0, GiB, GiB);
    made.access(GiB);
    expect(made.leaf(GiB)).toBe('L3 200000ee7');
    expect(made.region(0, 2 * GiB, GiB)).toBe(0);
    expect(made.leaf(GiB)).toBe('none');
    made.access(2 * GiB);
    expect(made.leaf(2 * GiB)).toBe('L3 200000ee7');
  });
  test('that cannot move stay where they were', () => {
    const made = guest();
    made.region(0, GiB, GiB);
    expect(made.region(0, 2 ** 40, GiB)).toBe(-EINVAL);
    expect(made.vm.memslots.gfn_to_memslot(GiB / 4096)?.npages).toBe(GiB / 4096);
  });
  test('go with a length of 0', () => {
    const made = guest();
    made.region(0, GiB, GiB);
    made.access(GiB);
    expect(made.region(0, 0, 0)).toBe(0);
    expect(made.vm.memslots.all()).toEqual([]);
    expect(made.leaf(GiB)).toBe('none');
  });
  test('count changes by two: one for a new slot, two for one that goes or moves', () => {
    const made = guest();
    made.region(0, GiB, GiB);
    made.region(1, 2 * GiB, GiB);
    expect(made.vm.memslots.generation).toBe(4);
    made.region(0, 0, 0);
    expect(made.vm.memslots.generation).toBe(8);
    made.region(1, 3 * GiB, GiB);
    expect(made.vm.memslots.generation).toBe(12);
  });
  test('do not change inside an invalidation, which would wait for itself', () => {
    const made = guest();
    made.region(0, GiB, GiB);
    made.process.mm.notifiers.push({
      invalidate_range_start: () => void made.region(1, 2 * GiB, GiB),
      invalidate_range_end: () => {},
    });
    made.access(GiB);
    expect(() => made.zap(0, GiB)).toThrow(KernelBug);
  });
});

test('a dirty log of device memory is refused on arm64 and granted on x86_64', () => {
  expect(guest('arm64').slot(GiB, GiB, VA, KVM_MEM_LOG_DIRTY_PAGES)).toBe(-EINVAL);
  expect(guest().slot(GiB, GiB, VA, KVM_MEM_LOG_DIRTY_PAGES)).toBe(0);
});

test('slots are found by guest frame as by looking at each', () => {
  const seed = 20240826;
  const ranges = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 40 })),
    {
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(ranges, (wanted) => {
      const slots = new Memslots();
      for (const [id, [base_gfn, npages]] of wanted.entries()) {
        const end = base_gfn + npages;
        const overlaps = slots
          .all()
          .some((s) => s.base_gfn < end && base_gfn < s.base_gfn + s.npages);
        expect(slots.kvm_check_memslot_overlap(id, base_gfn, end)).toBe(overlaps);
        const slot = {
          id,
          base_gfn,
          npages,
          userspace_addr: id * 7919 * 4096,
          flags: 0,
          arch: null,
        };
        if (!overlaps) slots.replace(undefined, slot);
      }
      for (let gfn = 0; gfn < 450; gfn++) {
        const one = slots.all().find((s) => gfn >= s.base_gfn && gfn < s.base_gfn + s.npages);
        expect(slots.gfn_to_memslot(gfn)).toBe(one);
      }
    }),
    { seed, numRuns: 60 },
  );
});

test('slots at one host address are met in the order in which they were made', () => {
  const slots = new Memslots();
  const at = (id: number, userspace_addr: number) =>
    slots.replace(undefined, {
      id,
      base_gfn: id * 16,
      npages: 4,
      userspace_addr,
      flags: 0,
      arch: null,
    });
  at(3, 0x8000);
  at(1, 0x8000);
  at(2, 0x4000);
  const met: number[] = [];
  slots.forEachInHvaRange(0x4000, 0xa000, 4096, ({ id }) => void met.push(id));
  expect(met).toEqual([2, 3, 1]);
  met.length = 0;
  slots.forEachInHvaRange(0x7fff, 0x8000, 4096, ({ id }) => void met.push(id));
  expect(met).toEqual([2]);
});
