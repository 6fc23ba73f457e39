// Goal: flags and error numbers have the values of Linux, and print as Linux prints them. Method: the tables of the
// specification, whole.
import * as core from '@pfnmap/mm-core';
import { formatErrno, formatVmFault, formatVmFlags, is_cow_mapping } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';

type Constants = Readonly<Record<string, number>>;
const constants = core as unknown as Constants;

const VM: Constants = {
  VM_NONE: 0,
  VM_READ: 0x1,
  VM_WRITE: 0x2,
  VM_EXEC: 0x4,
  VM_SHARED: 0x8,
  VM_MAYREAD: 0x10,
  VM_MAYWRITE: 0x20,
  VM_MAYEXEC: 0x40,
  VM_MAYSHARE: 0x80,
  VM_PFNMAP: 0x400,
  VM_LOCKED: 0x2000,
  VM_IO: 0x4000,
  VM_SEQ_READ: 0x8000,
  VM_RAND_READ: 0x10000,
  VM_DONTCOPY: 0x20000,
  VM_DONTEXPAND: 0x40000,
  VM_LOCKONFAULT: 0x80000,
  VM_ACCOUNT: 0x100000,
  VM_NORESERVE: 0x200000,
  VM_HUGETLB: 0x400000,
  VM_PAT: 0x1000000,
  VM_WIPEONFORK: 0x2000000,
  VM_DONTDUMP: 0x4000000,
  VM_SOFTDIRTY: 0x8000000,
  VM_MIXEDMAP: 0x10000000,
  VM_HUGEPAGE: 0x20000000,
  VM_NOHUGEPAGE: 0x40000000,
  VM_MERGEABLE: 0x80000000,
  VM_SPECIAL: 0x10044400,
  VM_NO_KHUGEPAGED: 0x10444400,
};

test.each(Object.entries(VM))('%s is %i', (name, value) => {
  expect(constants[name]! >>> 0).toBe(value);
});

test('VM_ALLOW_ANY_UNCACHED is bit 39', () => {
  expect(BigInt(core.VM_ALLOW_ANY_UNCACHED_HIGH) << 32n).toBe(1n << 39n);
});

const FAULT_RESULTS: Constants = {
  OOM: 0x1,
  SIGBUS: 0x2,
  MAJOR: 0x4,
  HWPOISON: 0x10,
  HWPOISON_LARGE: 0x20,
  SIGSEGV: 0x40,
  NOPAGE: 0x100,
  LOCKED: 0x200,
  RETRY: 0x400,
  FALLBACK: 0x800,
  DONE_COW: 0x1000,
  NEEDDSYNC: 0x2000,
  COMPLETED: 0x4000,
};

test.each(Object.entries(FAULT_RESULTS))('VM_FAULT_%s is %i and prints so', (name, value) => {
  expect(constants[`VM_FAULT_${name}`]).toBe(value);
  expect(formatVmFault(value)).toBe(`VM_FAULT_${name}`);
});

test('FALLBACK is among the error bits, NOPAGE and RETRY are not', () => {
  const { OOM, SIGBUS, SIGSEGV, HWPOISON, HWPOISON_LARGE, FALLBACK } = FAULT_RESULTS;
  expect(core.VM_FAULT_ERROR).toBe(
    OOM! | SIGBUS! | SIGSEGV! | HWPOISON! | HWPOISON_LARGE! | FALLBACK!,
  );
});

test('a result of several bits prints all of them in bit order, and none as 0', () => {
  expect(formatVmFault(0x904)).toBe('VM_FAULT_MAJOR|VM_FAULT_NOPAGE|VM_FAULT_FALLBACK');
  expect(formatVmFault(0)).toBe('0');
});

const FAULT_FLAGS: Constants = {
  WRITE: 0x1,
  MKWRITE: 0x2,
  ALLOW_RETRY: 0x4,
  RETRY_NOWAIT: 0x8,
  KILLABLE: 0x10,
  TRIED: 0x20,
  USER: 0x40,
  REMOTE: 0x80,
  INSTRUCTION: 0x100,
  INTERRUPTIBLE: 0x200,
  UNSHARE: 0x400,
  ORIG_PTE_VALID: 0x800,
  VMA_LOCK: 0x1000,
  DEFAULT: 0x214,
};

test.each(Object.entries(FAULT_FLAGS))('FAULT_FLAG_%s is %i', (name, value) => {
  expect(constants[`FAULT_FLAG_${name}`]).toBe(value);
});

const ERRORS: Constants = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
  EHWPOISON: 133,
};

test.each(Object.entries(ERRORS))('%s is %i and prints with a minus', (name, value) => {
  expect(constants[name]).toBe(value);
  expect(formatErrno(-value)).toBe(`-${name}`);
});

test('results that are no known error print as numbers', () => {
  expect([0, 4096, -3].map(formatErrno)).toEqual(['0', '4096', '-3']);
});

describe('is_cow_mapping()', () => {
  test('is true exactly for private mappings that may be written', () => {
    for (let flags = 0; flags < 0x100; flags++) {
      const isPrivate = (flags & 0x8) === 0;
      const mayWrite = (flags & 0x20) !== 0;
      expect(is_cow_mapping(flags)).toBe(isPrivate && mayWrite);
    }
  });
});

describe('VmFlags of smaps', () => {
  test('a BAR that vfio-pci maps', () => {
    const shared = core.VM_READ | core.VM_WRITE | core.VM_SHARED | 0xf0;
    const vfio = core.VM_PFNMAP | core.VM_IO | core.VM_DONTEXPAND | core.VM_DONTDUMP;
    const flags = shared | vfio | core.VM_SOFTDIRTY;
    expect(formatVmFlags(flags, core.VM_ALLOW_ANY_UNCACHED_HIGH)).toBe(
      'rd wr sh mr mw me ms pf io de dd sd ??',
    );
    // M6-1: what remap_pfn_range() made, tracked by x86's memory types.
    expect(formatVmFlags(flags | core.VM_PAT)).toBe('rd wr sh mr mw me ms pf io de ar dd sd');
  });

  test('every bit has its mnemonic, in bit order', () => {
    const bits = Array.from({ length: 32 }, (_, bit) => formatVmFlags((1 << bit) | 0));
    expect(bits.filter((text) => text !== '').join(' ')).toBe(
      'rd wr ex sh mr mw me ms pf lo io sr rr dc de lf ac nr ht ar wf dd sd mm hg nh mg',
    );
    const known = Object.values(VM).reduce((sum, flag) => sum | flag, 0);
    expect(formatVmFlags(known)).toBe(bits.filter((text) => text !== '').join(' '));
  });

  test('no flag prints nothing', () => {
    expect(formatVmFlags(core.VM_NONE)).toBe('');
  });
});
