// Goal: a debugger gets from another process's memory what the kernel gives it. Method: the scenarios C16 of the
// consumers' specification; the answers for vfio BARs are compared with real kernels' in @pfnmap/scenario.
import { EFAULT, EINVAL, EIO, ENOMEM } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import { GiB, PAGE, R, RW, UioDevice, VA } from './uio.ts';

function vfio(): UioDevice {
  const computer = new UioDevice();
  const { machine, process } = computer;
  const bar = { shared: true, file: machine.device.file, offset: 2 * 2 ** 40 };
  process.mmap({ address: VA, length: GiB, prot: RW, ...bar });
  process.touch(VA, true);
  return computer;
}

describe('a BAR mapped through vfio', () => {
  test('C16-1: process_vm_readv() is -EFAULT and /proc/PID/mem -EIO, mapped or not', () => {
    const { machine, process } = vfio();
    expect(process.process_vm_readv(VA, 8)).toBe(-EFAULT);
    expect(process.readMem(VA, 8)).toBe(-EIO);
    expect(machine.layers.access.mem_rw(process.mm, VA, 8, true)).toBe(-EIO);
  });

  test('C16-2: what lies in front of it can be read, and no byte more', () => {
    const { process } = vfio();
    const anon = { shared: false, file: null, offset: 0 };
    process.mmap({ address: VA - PAGE, length: PAGE, prot: RW, ...anon });
    expect(process.readMem(VA - PAGE, 2 * PAGE)).toBe(PAGE);
    expect(process.process_vm_readv(VA - PAGE, 2 * PAGE)).toBe(PAGE);
  });

  test('patch 15: without ->access of a driver its PUD is found by generic_access_phys() all the same', () => {
    const computer = vfio();
    expect(computer.phys(5 * PAGE, 8)).toBe(8);
    expect(computer.opened[0]?.pfn).toBe(computer.machine.bar2Pfn + 5);
  });
});

describe('a device mapped through UIO', () => {
  test('C16-3: a debugger reads and writes through generic_access_phys()', () => {
    const uio = new UioDevice();
    uio.map(4 * PAGE);
    expect(uio.access.mem_rw(uio.process.mm, VA + PAGE + 16, 8, false)).toBe(8);
    expect(uio.access.mem_rw(uio.process.mm, VA + 16, 4, true)).toBe(4);
    expect(uio.opened.map(({ pfn, copies }) => [pfn - uio.machine.bar2Pfn, ...copies])).toEqual([
      [1, 'read 8 at 16'],
      [0, 'write 4 at 16'],
    ]);
  });

  test('C16-3: process_vm_readv() never asks the driver: -EFAULT', () => {
    const uio = new UioDevice();
    uio.map(4 * PAGE);
    expect(uio.access.process_vm_readv(uio.process.mm, VA, 8)).toBe(-EFAULT);
    expect(uio.opened).toEqual([]);
  });

  test('C16-4: a read-only mapping cannot be written: -EIO', () => {
    const uio = new UioDevice();
    uio.map(4 * PAGE, R);
    expect(uio.access.mem_rw(uio.process.mm, VA, 8, true)).toBe(-EIO);
    expect(uio.phys(0, 8, true)).toBe(-EINVAL);
    expect(uio.access.mem_rw(uio.process.mm, VA, 8, false)).toBe(8);
  });

  test('after munmap() there is nothing to read: -EIO', () => {
    const uio = new UioDevice();
    uio.map(4 * PAGE);
    uio.process.munmap(VA, 4 * PAGE);
    expect(uio.access.mem_rw(uio.process.mm, VA, 8, false)).toBe(-EIO);
  });

  test('without room for a window: -ENOMEM, and /proc/PID/mem makes -EIO of it', () => {
    const uio = new UioDevice();
    uio.map(4 * PAGE);
    uio.noRoom = true;
    expect(uio.phys(0, 8)).toBe(-ENOMEM);
    expect(uio.access.mem_rw(uio.process.mm, VA, 8, false)).toBe(-EIO);
  });
});

describe('how long an access may be', () => {
  test('6.12: one that crosses a page opens a window over both, whatever the second page maps', () => {
    const uio = new UioDevice();
    uio.map(4 * PAGE);
    expect(uio.phys(PAGE - 4, 8)).toBe(8);
    expect(uio.opened.map(({ size }) => size)).toEqual([2 * PAGE]);
  });

  test('with the fix it ends at the page, and the caller comes again for the rest', () => {
    const uio = new UioDevice({ with: ['FIX_ACCESS_PHYS_ONE_PAGE'] });
    uio.map(4 * PAGE);
    expect(uio.phys(PAGE - 4, 8)).toBe(4);
    expect(uio.access.mem_rw(uio.process.mm, VA + PAGE - 4, 8, false)).toBe(8);
    expect(uio.opened.map(({ size }) => size)).toEqual([PAGE, PAGE, PAGE]);
  });
});

describe('a mapping that changes while the window is opened', () => {
  test('unmapped meanwhile: nothing is copied, -EINVAL, and the window is closed', () => {
    const uio = new UioDevice();
    uio.map(4 * PAGE);
    const vma = uio.vma();
    uio.meanwhile = () => uio.process.munmap(VA, 4 * PAGE);
    expect(uio.access.generic_access_phys(vma, VA, 8, false)).toBe(-EINVAL);
    expect(uio.opened).toMatchObject([{ copies: [], closed: true }]);
  });

  test('made read-only meanwhile: a read is tried again and sees the new mapping', () => {
    const uio = new UioDevice();
    uio.map(4 * PAGE);
    uio.meanwhile = () => {
      uio.meanwhile = () => {};
      uio.process.mprotect(VA, 4 * PAGE, R);
    };
    expect(uio.phys(0, 8)).toBe(8);
    expect(uio.opened.map(({ copies, closed }) => [copies.length, closed])).toEqual([
      [0, true],
      [1, true],
    ]);
  });

  test('made read-only meanwhile: a write is refused, -EINVAL', () => {
    const uio = new UioDevice();
    uio.map(4 * PAGE);
    uio.meanwhile = () => uio.process.mprotect(VA, 4 * PAGE, R);
    expect(uio.phys(0, 8, true)).toBe(-EINVAL);
  });
});

test('before patch 15 follow_pte() finds the same frame, protection and permission', () => {
  const found = ['6.11', '6.12.117'].map((profile) => {
    const uio = new UioDevice({ profile });
    uio.map(4 * PAGE);
    uio.phys(2 * PAGE, 8);
    return uio.opened;
  });
  expect(found[0]).toEqual(found[1]);
  expect(found[0]).toHaveLength(1);
});
