// Goal: before patch 10 KVM knows PTEs only, and patch 10 finds any leaf. Method: the scenarios of the patch, with huge leaves
// put into the host's table where older kernels make none themselves.
import { EFAULT } from '@pfnmap/mm-core';
import { KernelBug, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PUD } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import {
  ACCESS_DONE,
  KVM_EXIT_MMIO,
  KVM_PFN_ERR_FAULT,
  KVM_PFN_ERR_HWPOISON,
  KVM_PFN_ERR_RO_FAULT,
  KVM_PFN_ERR_SIGPENDING,
  KVM_PFN_NOSLOT,
  kvmPfnWord,
} from '../src/index.ts';
import { BarGuest, GiB, MiB, PROT_READ, VA } from './bar-guest.ts';

const GFN = (8 * GiB) / 4096;

function withBar(profile: string, prot = 3, changes: readonly string[] = []): BarGuest {
  const guest = new BarGuest({ profile, with: changes });
  // The oldest kernels fill a whole VMA on its first fault.
  const length = profile.startsWith('6.') || profile === 'posted-17' ? 8 * GiB : 16 * MiB;
  guest.map(length, { prot });
  guest.slot(8 * GiB, length);
  return guest;
}

/** Puts a huge leaf over the BAR into the host's table. */
function hugeLeaf(
  guest: BarGuest,
  level: typeof PGTABLE_LEVEL_PMD | typeof PGTABLE_LEVEL_PUD,
): void {
  const { pt, arch } = guest.machine.kernel;
  const slot = pt.walkAlloc(level, guest.process.mm, VA);
  const prot = guest.process.mm.vma_lookup(VA)!.vm_page_prot;
  pt.set(
    level,
    slot,
    guest.machine.bar2Pfn,
    arch.pmd_mkspecial(arch.pmd_mkhuge(arch.pmd_mkyoung(prot))),
  );
}

const found = (guest: BarGuest, write = false): { pfn: number; writable: boolean } =>
  guest.kvm.gfn_to_pfn(guest.vm, GFN, { write, pin: false });

describe('before patch 10', () => {
  // GUP takes a writable leaf for a page before patch 17, so the leaf is read-only here.
  test('P10-S1 a guest read in a 2M leaf fails', () => {
    const guest = withBar('posted-09', PROT_READ);
    hugeLeaf(guest, PGTABLE_LEVEL_PMD);
    expect(found(guest).pfn).toBe(KVM_PFN_ERR_FAULT);
    expect(guest.access(8 * GiB)).toBe(-EFAULT);
  });
  test('P10-S1 with DEBUG_VM it stops the kernel', () => {
    const guest = withBar('posted-09', PROT_READ, ['DEBUG_VM']);
    hugeLeaf(guest, PGTABLE_LEVEL_PMD);
    expect(() => guest.access(8 * GiB)).toThrow(KernelBug);
  });
  test('P10-S5 PTEs are found as after it', () => {
    for (const profile of ['base', 'posted-09', 'posted-10']) {
      const guest = withBar(profile);
      guest.access(8 * GiB + 0x5000);
      expect(guest.leaf(8 * GiB + 0x5000)).toBe('L1 200005e67');
    }
  });
  test('P10-S4 a read-only PTE and a write: the emulator, and then user space', () => {
    const guest = withBar('posted-09', PROT_READ);
    guest.process.touch(VA, false);
    expect(found(guest, true)).toEqual({ pfn: KVM_PFN_ERR_RO_FAULT, writable: false });
    expect(guest.access(8 * GiB, 'write')).toBe(KVM_EXIT_MMIO);
    expect(guest.access(8 * GiB, 'read')).toBe(ACCESS_DONE);
    expect(guest.leaf(8 * GiB)).toBe('L1 200000825');
  });
});

describe('with patch 10', () => {
  test('P10-S1 a guest read in a 2M leaf gives an entry of 2M', () => {
    const guest = withBar('posted-10', PROT_READ);
    hugeLeaf(guest, PGTABLE_LEVEL_PMD);
    expect(found(guest)).toEqual({ pfn: 0x200000, writable: false });
    expect(guest.access(8 * GiB + MiB)).toBe(ACCESS_DONE);
    expect(guest.leaf(8 * GiB)).toBe('L2 2000008a5');
  });
  test('P10-S2 a 1G leaf gives an entry of 1G', () => {
    const guest = withBar('posted-17');
    hugeLeaf(guest, PGTABLE_LEVEL_PUD);
    guest.access(8 * GiB + 512 * MiB);
    expect(guest.leaf(8 * GiB)).toBe('L3 200000ee7');
  });
  test('P10-S3 an empty BAR is faulted in, and the second look finds it', () => {
    const guest = withBar('6.12');
    expect(found(guest)).toEqual({ pfn: 0x200000, writable: true });
    expect(guest.takeCalls()).toEqual(['(18, +0x0, 0x100)']);
  });
  test('P10-S4 a read-only leaf and a write: mask + 2', () => {
    const guest = withBar('6.12', PROT_READ);
    guest.process.touch(VA, false);
    expect(kvmPfnWord(found(guest, true).pfn)).toBe((0x7ffn << 52n) + 2n);
  });
});

test('values that are no frames are those of Linux', () => {
  const mask = 0x7ffn << 52n;
  expect(kvmPfnWord(KVM_PFN_ERR_FAULT)).toBe(mask);
  expect(kvmPfnWord(KVM_PFN_ERR_HWPOISON)).toBe(mask + 1n);
  expect(kvmPfnWord(KVM_PFN_ERR_RO_FAULT)).toBe(mask + 2n);
  expect(kvmPfnWord(KVM_PFN_ERR_SIGPENDING)).toBe(mask + 3n);
  expect(kvmPfnWord(KVM_PFN_NOSLOT)).toBe(1n << 63n);
  expect(kvmPfnWord(0x200000)).toBe(0x200000n);
  const guest = withBar('6.12');
  expect(guest.kvm.gfn_to_pfn(guest.vm, 0, { write: false, pin: false }).pfn).toBe(KVM_PFN_NOSLOT);
});
