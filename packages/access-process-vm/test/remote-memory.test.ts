// Goal: another process sees nothing of a BAR, in no kernel and for no size of entry. Method: scenarios C16-1 and C16-2 on
// whole machines.
import { EFAULT, EIO } from '@pfnmap/mm-core';
import {
  computer,
  entryAt,
  GiB,
  KiB,
  MiB,
  mapAnon,
  mapBar,
  VA,
  type Wanted,
} from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

function withBar(length: number, wanted: Wanted = {}) {
  const machine = computer(wanted);
  const process = machine.spawn();
  mapBar(machine, process, { length });
  return { machine, process, mm: process.mm, access: machine.layers.access };
}

describe.each(['posted-19', '6.12', '6.12.117', '7.3'])('C16-1: with %s', (kernel) => {
  test.each([
    ['nothing', GiB, false],
    ['1G entries', GiB, true],
    ['2M entries', 2 * MiB, true],
    ['4K entries', 16 * KiB, true],
  ])('process_vm_readv() answers EFAULT, /proc/PID/mem EIO (%s)', (_name, length, touch) => {
    const { process, mm, access } = withBar(length, { kernel });
    if (touch) process.touch(VA, true);
    expect(access.process_vm_readv(mm, VA, 8)).toBe(-EFAULT);
    expect(access.mem_rw(mm, VA, 8, false)).toBe(-EIO);
    expect(access.mem_rw(mm, VA, 8, true)).toBe(-EIO);
  });
});

test('C16-1: on arm64 as well', () => {
  const { process, mm, access } = withBar(2 * MiB, { arch: 'arm64' });
  process.touch(VA, true);
  expect(access.process_vm_readv(mm, VA, 8)).toBe(-EFAULT);
  expect(access.mem_rw(mm, VA, 8, false)).toBe(-EIO);
});

describe('C16-2: private memory before the BAR', () => {
  const withBoth = () => {
    const both = withBar(GiB);
    mapAnon(both.process, VA - 4 * KiB, 4 * KiB);
    return both;
  };

  test('is read, and no byte of the BAR', () => {
    const { mm, access } = withBoth();
    expect(access.mem_rw(mm, VA - 4 * KiB, 8 * KiB, false)).toBe(4096);
    expect(access.process_vm_readv(mm, VA - 4 * KiB, 8 * KiB)).toBe(4096);
  });

  test('is counted from where the read begins, inside a page', () => {
    const { mm, access } = withBoth();
    expect(access.mem_rw(mm, VA - 0x10, 0x20, false)).toBe(0x10);
    expect(access.process_vm_readv(mm, VA - 0x10, 0x20)).toBe(0x10);
    expect(access.mem_rw(mm, VA - 0x10, 0x10, true)).toBe(0x10);
  });

  test('is faulted in', () => {
    const { mm, access } = withBoth();
    const { anon } = mm.rss;
    expect(access.process_vm_readv(mm, VA - 4 * KiB, 8)).toBe(8);
    expect(access.mem_rw(mm, VA - 4 * KiB, 8, true)).toBe(8);
    expect(mm.rss.anon).toBe(anon + 1);
  });
});

describe('/proc/PID/mem of memory that the program itself may not read', () => {
  const inaccessible = (wanted: Wanted) => {
    const machine = computer(wanted);
    const process = machine.spawn();
    const anon = { shared: false, file: null, offset: 0 };
    process.mmap({ address: VA, length: 16 * KiB, prot: 0, ...anon });
    const wordOf = (address: number) => entryAt(machine, process, address).word;
    return { wordOf, mm: process.mm, access: machine.layers.access };
  };

  test('is forced: it faults the page in', () => {
    const { wordOf, mm, access } = inaccessible({});
    const page = VA + 8 * KiB;
    expect(access.process_vm_readv(mm, page, 8)).toBe(-EFAULT);
    expect(wordOf(page)).toBe(0n);
    expect(access.mem_rw(mm, page, 8, false)).toBe(8);
    expect(wordOf(page)).not.toBe(0n);
    expect(wordOf(page + 4 * KiB)).toBe(0n);
  });

  test('answers EIO where Kconfig lets only a tracer force it', () => {
    const { mm, access } = inaccessible({ reverted: ['PROC_MEM_ALWAYS_FORCE'] });
    expect(access.mem_rw(mm, VA, 8, false)).toBe(-EIO);
  });
});
