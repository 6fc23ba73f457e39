// Goal: what the specification says of KVM on RISC-V about device memory. Method: its numbered scenarios, over the host tables
// of another architecture, since only the frames and sizes that the host has matter here.
import type { Machine } from '@pfnmap/machine';
import { EINVAL, EPERM } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import {
  ACCESS_DONE,
  KVM_EXIT_MMIO,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
  type KvmHost,
} from '../src/index.ts';
import { BarGuest, GiB, KiB, MiB, PROT_READ, VA } from './bar-guest.ts';

const GPA = 8 * GiB;

const host = ({ kernel }: Machine): KvmHost => ({
  kind: 'riscv',
  levels: 3,
  svpbmt: true,
  isRam: (pfn) => kernel.mem.isRam(pfn),
});
const guestOf = (profile: string): BarGuest => new BarGuest({ profile, host });

describe('device memory under RISC-V guests', () => {
  test('C12-1 6.12 maps the file offset as if it were the physical address', () => {
    const guest = guestOf('6.12.117');
    guest.map(64 * KiB, { offset: 0x5000 });
    expect(guest.slot(GPA, 64 * KiB)).toBe(0);
    expect(guest.vm.mmu.leafAt(GPA / 4096)!.pfn * 4096).toBe(0x20000005000);
    expect(guest.sizes()).toEqual([0, 0, 16]);
    expect(guest.access(GPA)).toBe(ACCESS_DONE);
    expect(guest.takeCalls()).toEqual([]);
  });
  test('C12-1 7.3 maps the BAR, when it is touched', () => {
    const guest = guestOf('7.3');
    guest.map(64 * KiB, { offset: 0x5000 });
    guest.slot(GPA, 64 * KiB);
    expect(guest.vm.mmu.leaves()).toEqual([]);
    guest.access(GPA);
    expect(guest.vm.mmu.leafAt(GPA / 4096)!.pfn).toBe(0x200005);
  });
  test('C12-2 a writable slot over memory that may not be written is EPERM', () => {
    const guest = guestOf('6.12.117');
    guest.map(64 * KiB, { prot: PROT_READ });
    expect(guest.slot(GPA, 64 * KiB)).toBe(-EPERM);
    expect(guest.slot(GPA, 64 * KiB, VA, KVM_MEM_READONLY)).toBe(0);
    expect(guest.access(GPA, 'write')).toBe(KVM_EXIT_MMIO);
  });
  test('C12-3 7.3 gives 2M for a PUD of the host, and pages for PTEs', () => {
    const large = guestOf('7.3');
    large.map(8 * GiB);
    large.slot(GPA, 8 * GiB);
    large.access(GPA + GiB + 5 * MiB);
    expect(large.takeCalls()).toEqual(['(18, +0x40500000, 0x100)']);
    expect(large.sizes()).toEqual([0, 1, 0]);
    const small = guestOf('7.3');
    small.map(64 * MiB, { address: VA + 4 * KiB });
    small.slot(GPA + 4 * KiB, 64 * MiB, VA + 4 * KiB);
    small.access(GPA + 4 * KiB);
    expect(small.sizes()).toEqual([0, 0, 1]);
  });
  test('C12-4 a dirty log of a PFN mapping is EINVAL, and on x86 it is granted with pages', () => {
    const guest = guestOf('7.3');
    guest.map(GiB);
    expect(guest.slot(GPA, GiB, VA, KVM_MEM_LOG_DIRTY_PAGES)).toBe(-EINVAL);
    const x86 = new BarGuest();
    x86.map(GiB);
    expect(x86.slot(GPA, GiB, VA, KVM_MEM_LOG_DIRTY_PAGES)).toBe(0);
    x86.access(GPA);
    expect(x86.sizes()).toEqual([0, 0, 1]);
  });
  test('an entry holds the frame from bit 10 on, and says that the memory is I/O', () => {
    const guest = guestOf('7.3');
    guest.map(64 * KiB, { address: VA + 4 * KiB });
    guest.slot(GPA, 64 * KiB, VA + 4 * KiB);
    guest.access(GPA, 'write');
    const { word } = guest.vm.mmu.leafAt(GPA / 4096)!;
    expect(word.toString(16)).toBe(((2n << 61n) | (0x200000n << 10n) | 0xd7n).toString(16));
  });
  test('a zap takes entries down', () => {
    const guest = guestOf('7.3');
    guest.map(8 * GiB);
    guest.slot(GPA, 8 * GiB);
    guest.access(GPA);
    guest.machine.device.writeCommand(0);
    expect(guest.vm.mmu.leaves()).toEqual([]);
  });
});
