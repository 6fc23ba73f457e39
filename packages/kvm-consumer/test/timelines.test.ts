// Goal: the timelines and the cross-consumer scenarios of the specification hold. Method: each test is one of them; every
// number is the specification's.
import { EFAULT } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { ACCESS_DONE, KVM_EXIT_MMIO } from '../src/index.ts';
import { BarGuest, GiB, KiB, MiB, PROT_READ, type Setup, VA } from './bar-guest.ts';

const IOVA = 8 * GiB;
const GPA = 8 * GiB;

function withBar(setup: Setup = {}): BarGuest {
  const guest = new BarGuest(setup);
  guest.map(8 * GiB);
  guest.slot(GPA, 8 * GiB);
  return guest;
}

/** VFIO_IOMMU_MAP_DMA of the whole BAR. */
const mapDma = (guest: BarGuest): number =>
  guest.machine.dma.mapDma(guest.process.mm, {
    iova: IOVA,
    vaddr: VA,
    size: 8 * GiB,
    read: true,
    write: true,
  });

const eightCalls = (): string[] =>
  Array.from({ length: 8 }, (_, at) => `(18, +0x${(at * GiB).toString(16)}, 0x100)`);

describe('T1 a VMM starts', () => {
  test('T1 the guest reads what the DMA map has faulted in: an entry of 1G and no call', () => {
    const guest = withBar({ profile: '7.3' });
    expect(mapDma(guest)).toBe(0);
    expect(guest.takeCalls()).toEqual(eightCalls());
    expect(guest.access(GPA + 5 * GiB)).toBe(ACCESS_DONE);
    expect(guest.takeCalls()).toEqual([]);
    expect(guest.leaf(GPA + 5 * GiB)).toBe('L3 340000ee7');
    expect(guest.vm.mmu.statistics?.pages_1g).toBe(1);
  });
});

describe('T2 the device is reset', () => {
  test('T2 the zap of all BARs is one invalidation; the next access faults 1G again', () => {
    const guest = withBar();
    for (let at = 0; at < 8 * GiB; at += GiB) guest.access(GPA + at);
    const { mmu_invalidate_seq } = guest.vm.invalidation;
    guest.takeCalls();
    const notifiers = guest.record('notifier', () => guest.machine.device.writeCommand(0));
    const range = `[0x${VA.toString(16)}, 0x${(VA + 8 * GiB).toString(16)})`;
    expect(notifiers).toEqual([
      `mmu notifier start CLEAR ${range}`,
      `mmu notifier end CLEAR ${range}`,
    ]);
    expect(guest.vm.invalidation.mmu_invalidate_seq).toBe(mmu_invalidate_seq + 1);
    expect(guest.vm.mmu.leaves()).toEqual([]);
    expect(guest.machine.kernel.events.counts.thp_split_pud).toBe(0);
    guest.machine.device.writeCommand(2);
    guest.access(GPA);
    expect(guest.takeCalls()).toEqual(['(18, +0x0, 0x100)']);
    expect(guest.leaf(GPA)).toBe('L3 200000ee7');
  });
});

describe('T3 the guest clears MEMORY and touches', () => {
  test('T3 one call of order 18 answers SIGBUS and KVM_RUN is EFAULT', () => {
    const guest = withBar();
    guest.access(GPA);
    guest.machine.device.writeCommand(0);
    guest.takeCalls();
    expect(guest.access(GPA + 0x1000)).toBe(-EFAULT);
    expect(guest.takeCalls()).toEqual(['(18, +0x1000, 0x2)']);
  });
});

test('T4 a page of an MSI-X table in a BAR of 16K is mapped by one PTE, and so for the guest', () => {
  const guest = new BarGuest({ barBytes: 16 * KiB });
  guest.map(16 * KiB);
  guest.slot(GiB, 16 * KiB);
  guest.access(GiB + 0x3000);
  expect(guest.sizes()).toEqual([0, 0, 1]);
});

describe('T5 mprotect of 2M inside an entry of 1G', () => {
  const protectedGuest = (): BarGuest => {
    const guest = withBar();
    guest.access(GPA + 3 * GiB);
    guest.takeCalls();
    guest.takeChanges();
    return guest;
  };
  const PART = 3 * GiB + 64 * MiB;

  test('T5 two nested invalidations cover the 1G of guest frames until both end', () => {
    const guest = protectedGuest();
    const { invalidation } = guest.vm;
    const before = invalidation.mmu_invalidate_seq;
    const peaks: [number, number, number][] = [];
    guest.process.mm.notifiers.push({
      invalidate_range_start: () => {
        const { mmu_invalidate_in_progress, mmu_invalidate_range_start } = invalidation;
        const end = invalidation.mmu_invalidate_range_end;
        peaks.push([mmu_invalidate_in_progress, mmu_invalidate_range_start, end]);
      },
      invalidate_range_end: () => {},
    });
    guest.process.mprotect(VA + PART, 2 * MiB, PROT_READ);
    const first = (GPA + 3 * GiB) / 4096;
    expect(invalidation.mmu_invalidate_seq).toBe(before + 2);
    expect(peaks[0]?.[0]).toBe(1);
    expect(peaks[1]).toEqual([2, first, first + GiB / 4096]);
    expect(invalidation.mmu_invalidate_in_progress).toBe(0);
  });
  test('T5 the entry of 1G goes; the read-only part comes back as 2M read-only, its neighbours as 2M', () => {
    const guest = protectedGuest();
    guest.process.mprotect(VA + PART, 2 * MiB, PROT_READ);
    expect(guest.takeChanges()).toEqual(['2c0000 L3 2c0000ee7->8000000000000000']);
    expect(guest.process.mm.vmas.filter(({ vm_file }) => vm_file !== null).length).toBe(3);
    expect(guest.access(GPA + PART)).toBe(ACCESS_DONE);
    expect(guest.takeCalls()).toEqual(['(18, +0x0, 0x800)', '(9, +0x0, 0x100)']);
    expect(guest.leaf(GPA + PART)).toBe('L2 2c40008a5');
    expect(guest.access(GPA + PART, 'write')).toBe(KVM_EXIT_MMIO);
    guest.access(GPA + PART + 2 * MiB);
    expect(guest.leaf(GPA + PART + 2 * MiB)).toBe('L2 2c4200ee7');
  });
});

test('T6 a reset after fork clears both processes; only the one with a VM loses guest entries', () => {
  const guest = withBar();
  guest.access(GPA);
  const child = guest.process.fork();
  if (typeof child === 'number') throw new Error('fork failed');
  const before = guest.vm.invalidation.mmu_invalidate_seq;
  const notifiers = guest.record('notifier', () => guest.machine.device.writeCommand(0));
  expect(notifiers.length).toBe(4);
  expect(guest.vm.invalidation.mmu_invalidate_seq).toBe(before + 1);
  expect(guest.leaf(GPA)).toBe('none');
  for (const { mm } of [guest.process, child]) {
    const { pt } = guest.machine.kernel;
    expect(pt.pud_none(pt.walk(mm, VA))).toBe(true);
  }
});

test('T7 with the handler of 6.12 random touches of the guest are PTEs, and the gigabyte stays small', () => {
  const guest = withBar({ profile: '6.12' });
  expect(guest.access(GPA + 0x5000)).toBe(ACCESS_DONE);
  expect(guest.takeCalls()).toEqual([
    '(18, +0x5000, 0x800)',
    '(9, +0x5000, 0x800)',
    '(0, +0x5000, 0x100)',
  ]);
  expect(guest.leaf(GPA + 0x5000)).toBe('L1 200005e67');
  guest.access(GPA);
  expect(guest.leaf(GPA)).toBe('L1 200000e67');
});

test('T8 with thp=never 6.12.117 still gives the guest entries of 1G, and 6.12 pages', () => {
  const later = withBar({ thp: 'never' });
  later.access(GPA);
  expect(later.sizes()).toEqual([1, 0, 0]);
  const first = withBar({ thp: 'never', profile: '6.12' });
  first.access(GPA);
  expect(first.sizes()).toEqual([0, 0, 1]);
  expect(first.takeCalls()).toEqual(['(0, +0x0, 0x100)']);
});

describe('several users of one BAR', () => {
  test('X1 DMA map, slot, guest access: follow succeeds at once', () => {
    const guest = new BarGuest({ profile: '7.3' });
    guest.map(8 * GiB);
    expect(mapDma(guest)).toBe(0);
    guest.takeCalls();
    guest.slot(GPA, 8 * GiB);
    guest.access(GPA);
    expect(guest.takeCalls()).toEqual([]);
    expect(guest.leaf(GPA)).toBe('L3 200000ee7');
  });
  test('X2 clearing MEMORY removes PUDs and guest entries; the DMA map stays', () => {
    const guest = withBar({ profile: '7.3' });
    mapDma(guest);
    for (let at = 0; at < 8 * GiB; at += GiB) guest.access(GPA + at);
    guest.machine.device.writeCommand(0);
    expect(guest.vm.mmu.leaves()).toEqual([]);
    expect(guest.machine.dma.domain.lookup(IOVA)).toBeDefined();
  });
  test('X3 setting MEMORY again: one call of order 18 a gigabyte, entries of 1G', () => {
    const guest = withBar();
    guest.machine.device.writeCommand(0);
    guest.machine.device.writeCommand(2);
    for (let at = 0; at < 8 * GiB; at += 512 * MiB) guest.access(GPA + at);
    expect(guest.takeCalls()).toEqual(eightCalls());
    expect(guest.sizes()).toEqual([8, 0, 0]);
  });
  test('X4 each reading of smaps clears eight PUDs and eight guest entries', () => {
    const guest = withBar();
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 8 * GiB; at += GiB) guest.access(GPA + at);
      expect(guest.sizes()).toEqual([8, 0, 0]);
      guest.process.smaps();
      expect(guest.sizes()).toEqual([0, 0, 0]);
    }
    expect(guest.takeCalls().length).toBe(16);
  });
  test('X5 mprotect of the page of an MSI-X table inside an entry of 1G stops 6.12', () => {
    const guest = withBar();
    guest.access(GPA);
    expect(() => guest.process.mprotect(VA + MiB, 4 * KiB, PROT_READ)).toThrow(KernelBug);
  });
  test('X5 mprotect of 2M of it does not, and splits the entry of the guest', () => {
    const guest = withBar();
    guest.access(GPA);
    expect(guest.process.mprotect(VA + 2 * MiB, 2 * MiB, PROT_READ)).toBe(0);
    guest.access(GPA);
    expect(guest.leaf(GPA)).toBe('L2 200000ee7');
  });
  test('X6 two VMAs around a page at 1M: the guest gets 4K, 2M and 1G where the host has them', () => {
    const guest = new BarGuest();
    guest.map(MiB);
    const address = VA + MiB + 4 * KiB;
    guest.map(8 * GiB - MiB - 4 * KiB, { address, offset: MiB + 4 * KiB });
    guest.slot(GPA, MiB);
    guest.slot(GPA + MiB + 4 * KiB, 8 * GiB - MiB - 4 * KiB, address);
    for (let at = 0; at < 2 * MiB; at += 4 * KiB) if (at !== MiB) guest.access(GPA + at);
    for (let at = 2 * MiB; at < GiB; at += 2 * MiB) guest.access(GPA + at);
    for (let at = GiB; at < 8 * GiB; at += GiB) guest.access(GPA + at);
    expect(guest.sizes()).toEqual([7, 511, 511]);
  });
  test('X7 the child of a VMM keeps its PUDs when the parent goes on', () => {
    const guest = withBar();
    guest.access(GPA);
    const child = guest.process.fork();
    if (typeof child === 'number') throw new Error('fork failed');
    expect(guest.leaf(GPA)).toBe('L3 200000ee7');
    expect(child.touch(VA, false)).toBe(0);
    expect(guest.takeCalls()).toEqual(['(18, +0x0, 0x100)']);
  });
  test('X8 mremap leaves the slot behind: its address is stale, and an access is EFAULT', () => {
    const guest = withBar();
    guest.access(GPA);
    const moved = guest.process.mremap({
      address: VA,
      oldLength: 8 * GiB,
      newLength: 8 * GiB,
      flags: 3,
      newAddress: VA + 16 * GiB,
    });
    expect(moved).toBe(VA + 16 * GiB);
    expect(guest.leaf(GPA)).toBe('none');
    expect(guest.access(GPA)).toBe(-EFAULT);
  });
  test('X9 with the handler of 6.12 the order of touches decides: from the base up, entries of 1G', () => {
    const guest = withBar({ profile: '6.12' });
    guest.access(GPA);
    expect(guest.leaf(GPA)).toBe('L3 200000ee7');
    guest.access(GPA + GiB + 0x1000);
    expect(guest.leaf(GPA + GiB + 0x1000)).toBe('L1 240001e67');
  });
});
