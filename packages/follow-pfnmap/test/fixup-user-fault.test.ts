// Goal: a caller without a CPU faults an address in, in one pass. Method: scenarios M18-1 to M18-4, the rules of sections 1.13,
// 18 and 19b, and handlers that answer what no driver here does.
import {
  EFAULT,
  ENOMEM,
  FAULT_FLAG_WRITE,
  VM_FAULT_COMPLETED,
  VM_FAULT_FALLBACK,
  VM_FAULT_HWPOISON,
  VM_FAULT_HWPOISON_LARGE,
  VM_FAULT_MAJOR,
  VM_FAULT_NOPAGE,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGBUS,
  VM_FAULT_SIGSEGV,
} from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { computer, entryAt, GiB, KiB, MiB, mapBar, R, VA, type Wanted } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { vm_fault_to_errno } from '../src/index.ts';

function withBar(length: number, wanted: Wanted = {}, prot = 3, offset = 0) {
  const machine = computer(wanted);
  const process = machine.spawn();
  mapBar(machine, process, { length, prot, offset });
  const orders: number[] = [];
  machine.watchFaults(({ order }) => orders.push(order));
  const fixup = (write: boolean, address = VA) =>
    machine.layers.follow.fixup_user_fault(process.mm, address, write ? FAULT_FLAG_WRITE : 0, true);
  return { machine, process, orders, fixup };
}

test('M18-1: an empty BAR is faulted in by one call of its driver', () => {
  const { machine, process, orders, fixup } = withBar(GiB);
  expect(fixup(true)).toEqual({ error: 0, unlocked: false });
  expect(orders).toEqual([18]);
  expect(entryAt(machine, process, VA)).toEqual({ level: 2, word: 0x80000002000002b7n });
});

test('18.5: a fault that ends in a PTE asks for each order once, and drops no lock', () => {
  const { orders, fixup } = withBar(16 * KiB);
  expect(fixup(false)).toEqual({ error: 0, unlocked: false });
  expect(orders).toEqual([18, 9, 0]);
});

test('M18-2: EFAULT while the memory of the device is off', () => {
  const { machine, orders, fixup } = withBar(GiB);
  machine.device.writeCommand(0);
  expect(fixup(false)).toEqual({ error: -EFAULT, unlocked: false });
  expect(orders).toEqual([18]);
});

test('M18-3: EFAULT for a write to a read-only mapping, before the driver is asked', () => {
  const { orders, fixup } = withBar(GiB, {}, R);
  expect(fixup(true)).toEqual({ error: -EFAULT, unlocked: false });
  expect(orders).toEqual([]);
  expect(fixup(false)).toEqual({ error: 0, unlocked: false });
});

test('M18-4: EFAULT for a mapping without any right, and where there is no mapping', () => {
  const { orders, fixup } = withBar(GiB, {}, 0);
  for (const write of [false, true]) {
    expect(fixup(write)).toEqual({ error: -EFAULT, unlocked: false });
    expect(fixup(write, VA + GiB)).toEqual({ error: -EFAULT, unlocked: false });
  }
  expect(orders).toEqual([]);
});

test('19b.2: the fault is counted', () => {
  const { machine, fixup } = withBar(GiB);
  const { pgfault } = machine.kernel.events.counts;
  fixup(true);
  expect(machine.kernel.events.counts.pgfault).toBe(pgfault + 1);
});

describe('18.3: what a handler answers', () => {
  /** The result when a driver's huge_fault answers so, one answer a call. */
  const answering = (...answers: number[]) => {
    const { process, fixup } = withBar(2 * MiB);
    let calls = 0;
    const next = (): number => answers[calls++]!;
    process.mm.vmas[0]!.vm_ops = { fault: next, huge_fault: next };
    return { result: () => fixup(false), calls: () => calls };
  };

  test.each([
    ['SIGBUS', VM_FAULT_SIGBUS, -EFAULT],
    ['SIGSEGV', VM_FAULT_SIGSEGV, -EFAULT],
    ['HWPOISON', VM_FAULT_HWPOISON, -EFAULT],
    ['OOM', VM_FAULT_OOM, -ENOMEM],
  ])('%s is an error', (_name, answer, error) => {
    expect(answering(answer).result()).toEqual({ error, unlocked: false });
  });

  test('RETRY starts over, and tells that the lock was dropped', () => {
    const { result, calls } = answering(VM_FAULT_RETRY, VM_FAULT_NOPAGE);
    expect(result()).toEqual({ error: 0, unlocked: true });
    expect(calls()).toBe(2);
  });

  test('COMPLETED is success, with the lock dropped', () => {
    expect(answering(VM_FAULT_COMPLETED).result()).toEqual({ error: 0, unlocked: true });
  });

  test('18.6: FALLBACK at the lowest level is a bug of the driver', () => {
    const fallback = answering(VM_FAULT_FALLBACK, VM_FAULT_FALLBACK, VM_FAULT_FALLBACK);
    expect(fallback.result).toThrow(KernelBug);
  });
});

test.each([
  ['0', 0, 0],
  ['NOPAGE', VM_FAULT_NOPAGE, 0],
  ['MAJOR', VM_FAULT_MAJOR, 0],
  ['FALLBACK', VM_FAULT_FALLBACK, 0],
  ['OOM', VM_FAULT_OOM, -ENOMEM],
  ['OOM and SIGBUS', VM_FAULT_OOM | VM_FAULT_SIGBUS, -ENOMEM],
  ['SIGBUS', VM_FAULT_SIGBUS, -EFAULT],
  ['SIGSEGV', VM_FAULT_SIGSEGV, -EFAULT],
  ['HWPOISON', VM_FAULT_HWPOISON, -EFAULT],
  ['HWPOISON_LARGE', VM_FAULT_HWPOISON_LARGE, -EFAULT],
])('1.13: vm_fault_to_errno() of %s', (_name, fault, errno) => {
  expect(vm_fault_to_errno(fault)).toBe(errno);
});
