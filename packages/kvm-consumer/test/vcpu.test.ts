// Goal: KVM_RUN comes back as in the captures, for reasons that user space sees. Method: one program of one instruction, on
// addresses with and without memory.
import { EFAULT, EIO, ENOMEM } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import {
  formatRetPf,
  type GuestProgram,
  KVM_EXIT_HLT,
  KVM_EXIT_INTERNAL_ERROR,
  KVM_EXIT_MMIO,
  KVM_EXIT_UNKNOWN,
} from '../src/index.ts';
import { BarGuest, GiB, KiB, MiB, PROT_READ, VA } from './bar-guest.ts';

const X86: GuestProgram = { code: 0x1000, size: 4, ends: 'hlt' };
const ARM64: GuestProgram = { code: 0x1000, size: 4, ends: { store: 0x08000000 } };
const CODE = VA - GiB;

function withCode(arch: 'x86_64' | 'arm64' = 'x86_64'): BarGuest {
  const guest = new BarGuest({ arch });
  guest.mapAnonymous(4 * KiB, CODE);
  guest.slot(0x1000, 4 * KiB, CODE);
  guest.map(8 * GiB);
  guest.slot(GiB, GiB);
  return guest;
}

const run = (guest: BarGuest, gpa: number, write = false): [ret: number, exit: number] => {
  const program = guest.arch === 'arm64' ? ARM64 : X86;
  return [guest.vcpu.run(guest.process.mm, program, gpa, write), guest.vcpu.exit_reason];
};

describe('on x86_64', () => {
  test('a write for which the host has a read-only entry without soft-dirty bits never ends', () => {
    const guest = withCode();
    guest.machine.layers.pagewalk.clear_refs(guest.process.mm, 4);
    guest.process.touch(VA, false);
    expect(run(guest, GiB)).toEqual([0, KVM_EXIT_HLT]);
    expect(() => run(guest, GiB, true)).toThrow('KVM_RUN never comes back');
  });
  test('a program halts', () => {
    expect(run(withCode(), GiB)).toEqual([0, KVM_EXIT_HLT]);
  });
  test('a write to an address without memory leaves the guest, with the address', () => {
    const guest = withCode();
    expect(run(guest, 3 * GiB, true)).toEqual([0, KVM_EXIT_MMIO]);
    expect(guest.vcpu.mmio).toEqual({ phys_addr: 3 * GiB, is_write: true });
    expect(run(guest, GiB, true)).toEqual([0, KVM_EXIT_HLT]);
    expect(guest.leaf(GiB)).toBe('L3 200000ee7');
  });
  test('a read that left the guest is completed first: the next run does nothing else', () => {
    const guest = withCode();
    expect(run(guest, 3 * GiB)).toEqual([0, KVM_EXIT_MMIO]);
    expect(run(guest, GiB, true)).toEqual([0, KVM_EXIT_HLT]);
    expect(guest.leaf(GiB)).toBe('none');
    expect(run(guest, GiB, true)).toEqual([0, KVM_EXIT_HLT]);
    expect(guest.leaf(GiB)).toBe('L3 200000ee7');
  });
  test('a second access to an address without memory needs no fault, until the slots change', () => {
    const guest = withCode();
    run(guest, 3 * GiB, true);
    guest.takeChanges();
    run(guest, 3 * GiB, true);
    expect(guest.takeChanges()).toEqual([]);
    guest.slot(5 * GiB, GiB);
    run(guest, 3 * GiB, true);
    expect(guest.takeChanges()).toEqual(['c0000 L1 80000c0000027->80000c0000037']);
  });
  test('an address beyond the CPU has no entry at all', () => {
    const guest = withCode();
    run(guest, GiB);
    guest.takeChanges();
    expect(run(guest, 2 ** 40, true)).toEqual([0, KVM_EXIT_MMIO]);
    expect(guest.takeChanges()).toEqual([]);
  });
  test('memory that the host has not is EFAULT, without a reason', () => {
    const guest = withCode();
    guest.machine.device.writeCommand(0);
    expect(run(guest, GiB)).toEqual([-EFAULT, KVM_EXIT_UNKNOWN]);
  });
  test('code without memory is an internal error', () => {
    const guest = new BarGuest();
    expect(run(guest, GiB)).toEqual([0, KVM_EXIT_INTERNAL_ERROR]);
  });
  test('an operand across two pages faults the lower one first', () => {
    const guest = withCode();
    guest.map(MiB, { address: VA + 16 * GiB + 4 * KiB });
    guest.slot(3 * GiB, MiB, VA + 16 * GiB + 4 * KiB);
    expect(run(guest, 3 * GiB + 4 * KiB - 2)).toEqual([0, KVM_EXIT_HLT]);
    expect(guest.takeCalls().slice(-2)).toEqual(['(0, +0x0, 0x100)', '(0, +0x1000, 0x100)']);
  });
  test('a write that only the host may not do by itself goes through the emulator', () => {
    const guest = withCode();
    guest.mapLab(2 * MiB, VA + 16 * GiB, 'remap', false);
    guest.slot(3 * GiB, 2 * MiB, VA + 16 * GiB);
    run(guest, 3 * GiB);
    expect(guest.leaf(3 * GiB)).toBe('L1 200000825');
    expect(run(guest, 3 * GiB, true)).toEqual([0, KVM_EXIT_HLT]);
    expect(guest.leaf(3 * GiB)).toBe('none');
    run(guest, 3 * GiB);
    expect(guest.vm.mmu.leafAt((3 * GiB) / 4096)!.pfn).toBeLessThan(GiB / 4096);
  });
  test('without room for tables a run is ENOMEM', () => {
    const guest = withCode();
    const { mem } = guest.machine.kernel;
    guest.process.touch(VA, false);
    while (mem.allocFrame() >= 0);
    expect(run(guest, GiB)[0]).toBe(-ENOMEM);
  });
});

describe('on arm64', () => {
  test('a program ends with a store to an address without memory', () => {
    const guest = withCode('arm64');
    expect(run(guest, GiB)).toEqual([0, KVM_EXIT_MMIO]);
    expect(guest.vcpu.mmio).toEqual({ phys_addr: 0x08000000, is_write: true });
    expect(guest.takeFaults()).toEqual(['1000', '40000000', '8000000']);
  });
  test('an access to an address without memory is told with the address', () => {
    const guest = withCode('arm64');
    expect(run(guest, 3 * GiB + 8)).toEqual([0, KVM_EXIT_MMIO]);
    expect(guest.vcpu.mmio).toEqual({ phys_addr: 3 * GiB + 8, is_write: false });
    expect(guest.takeFaults()).toEqual(['1000', 'c0000000']);
    expect(run(guest, GiB, true)).toEqual([0, KVM_EXIT_MMIO]);
    expect(guest.vcpu.mmio.phys_addr).toBe(0x08000000);
  });
  test('there are no counts of leaves', () => {
    expect(withCode('arm64').vm.mmu.statistics).toBeNull();
  });
});

describe('a VM belongs to one address space', () => {
  test('another process that runs it is refused with EIO', () => {
    const guest = withCode();
    const child = guest.process.fork();
    if (typeof child === 'number') throw new Error('fork failed');
    expect(guest.vcpu.run(child.mm, X86, GiB, false)).toBe(-EIO);
  });
  test('when that goes, the VM is empty and runs no more', () => {
    const guest = withCode();
    run(guest, GiB);
    guest.process.exit();
    expect(guest.vm.mmu.leaves()).toEqual([]);
    expect(guest.vm.mmu.tableFrames()).toBe(0);
    expect(run(guest, GiB)[0]).toBe(-EIO);
    expect(guest.kvm.vms).toEqual([]);
  });
  test('the youngest VM of a process hears of invalidations first', () => {
    const guest = withCode();
    const second = guest.kvm.createVm(guest.process.mm);
    guest.kvm.kvm_set_memory_region(second, {
      slot: 0,
      flags: 0,
      guest_phys_addr: 2 * GiB,
      memory_size: GiB,
      userspace_addr: VA,
    });
    guest.access(GiB);
    second.mmu.access(2 * GiB, 'read');
    guest.takeChanges();
    guest.zap(0, GiB);
    expect(guest.takeChanges().map((change) => change.split(' ')[0])).toEqual(['80000', '40000']);
  });
});

describe('events', () => {
  test('every change of stage 2 is in the log, in order', () => {
    const guest = withCode();
    const said = guest.record('stage2', () => void guest.access(GiB));
    expect(said.length).toBe(2);
    expect(said[1]).toBe('stage 2 of VM 1, gfn 0x40000 level 3: 0x8000000000000000 -> 0x200000ee7');
    expect(guest.record('stage2', () => guest.zap(0, GiB))).toEqual([
      'stage 2 of VM 1, gfn 0x40000 level 3: 0x200000ee7 -> 0x8000000000000000',
    ]);
  });
  test('mmap_lock is given up before mmu_lock is taken', () => {
    const guest = withCode();
    const locks = guest.record('lock', () => void guest.access(GiB));
    expect(locks.filter((line) => /mmap_lock|mmu_lock/.test(line))).toEqual([
      'acquire mmap_lock (read)',
      'release mmap_lock (read)',
      'acquire mmu_lock (read)',
      'release mmu_lock (read)',
    ]);
    const zap = guest.record('lock', () => guest.zap(0, GiB));
    expect(zap.filter((line) => line.includes('mmu_lock'))).toEqual([
      'acquire mmu_lock (write)',
      'release mmu_lock (write)',
      'acquire mmu_lock (write)',
      'release mmu_lock (write)',
    ]);
  });
  test('nothing is told while nobody listens', () => {
    const guest = withCode();
    guest.kvm.watch(undefined);
    guest.access(GiB);
    expect(guest.takeChanges()).toEqual([]);
  });
});

test('results of faults have names', () => {
  expect([0, 1, 2, 3, 4, 5, -14].map(formatRetPf)).toEqual([
    'RET_PF_CONTINUE',
    'RET_PF_RETRY',
    'RET_PF_EMULATE',
    'RET_PF_INVALID',
    'RET_PF_FIXED',
    'RET_PF_SPURIOUS',
    '-14',
  ]);
});

test('a read-only host mapping stays read-only for code and data', () => {
  const guest = withCode();
  guest.process.mprotect(CODE, 4 * KiB, PROT_READ);
  expect(run(guest, GiB)).toEqual([0, KVM_EXIT_HLT]);
  expect(guest.vm.mmu.leafAt(1)!.writable).toBe(false);
});
