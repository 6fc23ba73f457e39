// Goal: the numbered KVM scenarios of the specification hold on x86_64. Method: each test is one scenario, titled with its
// number; entries, handler calls and sequence numbers are those that the specification or a real kernel gives.
import { EFAULT, type Kernel, VM_FAULT_COMPLETED } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import {
  ACCESS_DONE,
  KVM_EXIT_MMIO,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
  KVM_PFN_ERR_FAULT,
  type KvmHost,
  RET_PF_RETRY,
} from '../src/index.ts';
import { amdHost, BarGuest, GiB, KiB, MiB, PROT_READ, type Setup, VA } from './bar-guest.ts';

/** A BAR of 8 GiB at VA, given to the guest from `gpa` on. */
function withBar(gpa = 8 * GiB, setup: Setup = {}): BarGuest {
  const guest = new BarGuest(setup);
  guest.map(8 * GiB);
  expect(guest.slot(gpa, 8 * GiB)).toBe(0);
  return guest;
}

describe('hva to pfn', () => {
  test('C9-1 a read of an empty BAR is faulted in by one call of order 18 and mapped writable', () => {
    const guest = withBar();
    expect(guest.access(8 * GiB)).toBe(ACCESS_DONE);
    expect(guest.takeCalls()).toEqual(['(18, +0x0, 0x100)']);
    expect(guest.leaf(8 * GiB)).toBe('L3 200000ee7');
  });
  test('C9-2 a fault that drops mmap_lock makes KVM look the VMA up again', () => {
    const guest = withBar();
    const { mm } = guest.process;
    const vma = mm.vma_lookup(VA)!;
    const huge_fault = vma.vm_ops!.huge_fault!;
    let first = true;
    vma.vm_ops = {
      ...vma.vm_ops,
      huge_fault: (vmf, order) => {
        const ret = huge_fault(vmf, order);
        if (!first) return ret;
        first = false;
        return VM_FAULT_COMPLETED;
      },
    };
    let lookups = 0;
    const lookup = mm.vma_lookup.bind(mm);
    mm.vma_lookup = (address) => {
      lookups++;
      return lookup(address);
    };
    expect(guest.access(8 * GiB)).toBe(ACCESS_DONE);
    expect(guest.leaf(8 * GiB)).toBe('L3 200000ee7');
    // Slow GUP, the first look, the fault itself, and the look after -EAGAIN.
    expect(lookups).toBe(4);
  });
  test('C9-3 a zap between the lookup and mmu_lock ends in RET_PF_RETRY and leaves no entry', () => {
    const guest = withBar();
    guest.machine.kernel.events.race = (point) => {
      if (point === 'kvm_faultin_pfn') guest.zap(0, 2 * GiB);
    };
    expect(guest.vm.mmu.pageFault((8 * GiB) / 4096, 'read')).toBe(RET_PF_RETRY);
    expect(guest.vm.mmu.leaves()).toEqual([]);
  });
  test('C9-4 a write to a read-only VMA is EFAULT while the entry is empty and an MMIO exit once it is there', () => {
    const guest = new BarGuest();
    guest.map(GiB, { prot: PROT_READ });
    guest.slot(GiB, GiB);
    expect(guest.access(GiB, 'write')).toBe(-EFAULT);
    expect(guest.takeCalls()).toEqual([]);
    guest.process.touch(VA, false);
    expect(guest.access(GiB, 'write')).toBe(KVM_EXIT_MMIO);
  });
  test('C9-5 a write to a read-only slot leaves the guest, though the host could write', () => {
    const guest = new BarGuest();
    guest.map(GiB);
    guest.slot(GiB, GiB, VA, KVM_MEM_READONLY);
    expect(guest.access(GiB, 'write')).toBe(KVM_EXIT_MMIO);
    expect(guest.takeCalls()).toEqual([]);
    expect(guest.access(GiB, 'read')).toBe(ACCESS_DONE);
    expect(guest.leaf(GiB)).toBe('L3 2000008a5');
  });
});

describe('choosing the level', () => {
  test('C10-1 guest and host aligned to 1G: eight entries of 1G for 8 GiB', () => {
    const guest = withBar();
    for (let at = 0; at < 8 * GiB; at += 256 * MiB) guest.access(8 * GiB + at);
    expect(guest.sizes()).toEqual([8, 0, 0]);
    expect(guest.vm.mmu.statistics).toEqual({ pages_1g: 8, pages_2m: 0, pages_4k: 0 });
  });
  test('C10-2 2M off: 4096 entries of 2M though the host has eight PUDs', () => {
    const guest = withBar(8 * GiB + 2 * MiB);
    for (let at = 0; at < 8 * GiB; at += 2 * MiB) guest.access(8 * GiB + 2 * MiB + at);
    expect(guest.sizes()).toEqual([0, 4096, 0]);
    expect(guest.takeCalls().length).toBe(8);
  });
  test('C10-3 4K off: entries of 4K only', () => {
    const guest = withBar(8 * GiB + 4 * KiB);
    for (let at = 0; at < 64 * MiB; at += 4 * MiB) guest.access(8 * GiB + 4 * KiB + at);
    expect(guest.sizes()).toEqual([0, 0, 16]);
  });
  test('C10-4 a slot of 1G and 2M: the gigabyte at 1G, the tail at 2M', () => {
    const guest = new BarGuest();
    guest.map(8 * GiB);
    guest.slot(GiB, GiB + 2 * MiB);
    guest.access(GiB);
    guest.access(2 * GiB);
    expect(guest.leaf(GiB)).toBe('L3 200000ee7');
    expect(guest.leaf(2 * GiB)).toBe('L2 240000ee7');
  });
  test('C10-5 a logged slot has entries of 4K', () => {
    const guest = new BarGuest();
    guest.map(8 * GiB);
    guest.slot(8 * GiB, 8 * GiB, VA, KVM_MEM_LOG_DIRTY_PAGES);
    guest.access(8 * GiB);
    expect(guest.leaf(8 * GiB)).toBe('L1 200000e67');
  });
  test('C10-6 PMD leaves in the host: entries of 2M', () => {
    const guest = new BarGuest();
    const address = VA + 2 * MiB;
    guest.map(GiB, { address });
    guest.slot(GiB, GiB, address);
    guest.access(GiB);
    expect(guest.takeCalls().at(-1)).toBe('(9, +0x0, 0x100)');
    expect(guest.sizes()).toEqual([0, 1, 0]);
  });
  test('C10-7 reading smaps takes the entries of 1G away, and the next access brings one back', () => {
    const guest = withBar();
    guest.access(8 * GiB);
    guest.takeCalls();
    guest.takeChanges();
    guest.process.smaps();
    expect(guest.takeChanges()).toEqual(['200000 L3 200000ee7->8000000000000000']);
    guest.access(8 * GiB);
    expect(guest.takeCalls()).toEqual(['(18, +0x0, 0x100)']);
    expect(guest.leaf(8 * GiB)).toBe('L3 200000ee7');
  });
  test('C10-8 memory decoding off: the entries are gone and an access is EFAULT', () => {
    const guest = withBar();
    guest.access(8 * GiB);
    guest.machine.device.writeCommand(0);
    expect(guest.vm.mmu.leaves()).toEqual([]);
    expect(guest.access(8 * GiB)).toBe(-EFAULT);
  });
  test('a CPU without entries of 1G maps by 2M', () => {
    const guest = withBar(8 * GiB, {
      host: ({ kernel }) => amdHost(kernel, { gigabytePages: false }),
    });
    guest.access(8 * GiB);
    expect(guest.leaf(8 * GiB)).toBe('L2 200000ee7');
  });
});

describe('where errors come from', () => {
  test('C19-1 a PMD leaf without access is still read by the guest', () => {
    const guest = new BarGuest();
    const address = VA + 2 * MiB;
    guest.map(GiB, { address });
    guest.slot(GiB, GiB, address);
    guest.access(GiB);
    guest.process.mprotect(address, 2 * MiB, 0);
    expect(guest.leaf(GiB)).toBe('none');
    expect(guest.process.touch(address, false)).toBe(11);
    expect(guest.access(GiB)).toBe(ACCESS_DONE);
    expect(guest.leaf(GiB)).toBe('L2 2000008a5');
    expect(guest.access(GiB, 'write')).toBe(KVM_EXIT_MMIO);
  });
  test('C19-2 a PUD leaf without access is EFAULT', () => {
    const guest = withBar();
    guest.access(8 * GiB);
    guest.process.mprotect(VA, GiB, 0);
    expect(guest.access(8 * GiB)).toBe(-EFAULT);
    expect(guest.access(8 * GiB, 'write')).toBe(-EFAULT);
  });
  test('C19-4 mprotect to read-only makes writes leave the guest, and back lets them in', () => {
    const guest = withBar();
    guest.access(8 * GiB, 'write');
    guest.process.mprotect(VA, 8 * GiB, PROT_READ);
    expect(guest.leaf(8 * GiB)).toBe('none');
    expect(guest.access(8 * GiB, 'write')).toBe(KVM_EXIT_MMIO);
    guest.takeCalls();
    guest.process.mprotect(VA, 8 * GiB, 3);
    expect(guest.access(8 * GiB, 'write')).toBe(ACCESS_DONE);
    expect(guest.leaf(8 * GiB)).toBe('L3 200000ee7');
    expect(guest.takeCalls()).toEqual([]);
  });
  test('no VMA behind a slot is EFAULT', () => {
    const guest = new BarGuest();
    guest.slot(GiB, GiB);
    expect(guest.access(GiB)).toBe(-EFAULT);
  });
  test('a pin on device memory is granted by 6.12, and by 7.3 where it is allowed to be unsafe', () => {
    const pinned = (setup: Setup): number => {
      const guest = withBar(8 * GiB, setup);
      return guest.kvm.gfn_to_pfn(guest.vm, (8 * GiB) / 4096, { write: false, pin: true }).pfn;
    };
    const host = ({ kernel }: { kernel: Kernel }): KvmHost => amdHost(kernel);
    expect(pinned({})).toBe(0x200000);
    expect(pinned({ profile: '7.3' })).toBe(KVM_PFN_ERR_FAULT);
    expect(pinned({ profile: '7.3', host, allowUnsafeMappings: true })).toBe(0x200000);
  });
});
