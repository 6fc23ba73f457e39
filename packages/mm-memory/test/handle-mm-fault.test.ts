// Goal: handle_mm_fault() asks, refuses and counts as Linux does, whoever its driver is. Method: section 4 of the specification,
// with drivers of the test's own.
import {
  FAULT_FLAG_VMA_LOCK,
  FAULT_FLAG_WRITE,
  VM_FAULT_FALLBACK,
  VM_FAULT_NOPAGE,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGSEGV,
  VM_PFNMAP,
} from '@pfnmap/mm-core';
import { BarProcess, fileOf, GiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const SIGBUS = 7;

describe('handle_mm_fault() by itself', () => {
  test.each([
    ['a write to what may not be written', (flags: number) => flags & ~0x22],
    ['a write to a shared mapping without VM_WRITE', (flags: number) => flags & ~0x2],
  ])('4.4: %s is warned about and SIGSEGV', (_what, change) => {
    const bar = new BarProcess();
    bar.map(GiB);
    const vma = bar.vma();
    vma.vm_flags = change(vma.vm_flags);
    expect(bar.memory.handle_mm_fault(vma, VA, FAULT_FLAG_WRITE)).toBe(VM_FAULT_SIGSEGV);
    expect(bar.log()[0]).toMatch(/^WARNING: sanitize_fault_flags/);
    expect(bar.entry()).toMatch(/none$/);
  });

  test('4.16: under the per-VMA lock the huge sizes are tried and the page is not', () => {
    const bar = new BarProcess();
    bar.map(GiB, { offset: 4096 });
    const before = bar.machine.kernel.events.counts.pgfault;
    const vma = bar.vma();
    expect(bar.memory.handle_mm_fault(vma, VA, FAULT_FLAG_VMA_LOCK)).toBe(VM_FAULT_RETRY);
    expect(bar.entry()).toBe('pmd none');
    expect(bar.machine.kernel.events.counts.pgfault).toBe(before);
    expect(bar.memory.handle_mm_fault(vma, VA, 0)).toBe(VM_FAULT_NOPAGE);
  });

  test('4.12: a driver with map_pages is asked for a page under the per-VMA lock', () => {
    const bar = new BarProcess();
    bar.map(GiB, { offset: 4096 });
    const vma = bar.vma();
    vma.vm_ops = { ...vma.vm_ops, map_pages: () => 0 };
    expect(bar.memory.handle_mm_fault(vma, VA, FAULT_FLAG_VMA_LOCK)).toBe(VM_FAULT_NOPAGE);
  });

  test('4.11: without ->fault an empty entry is SIGBUS', () => {
    const bar = new BarProcess();
    bar.mapFile(
      fileOf((vma) => {
        vma.vm_flags |= VM_PFNMAP;
        return 0;
      }),
      4096,
    );
    expect(bar.touch()).toEqual([`signal ${SIGBUS}`]);
  });

  test('4.14: a private write asks ->fault after it took a page, and gives the page back', () => {
    const bar = new BarProcess();
    const inUse: number[] = [];
    const { mem } = bar.machine.kernel;
    bar.mapFile(
      fileOf((vma) => {
        vma.vm_ops = {
          fault: () => {
            inUse.push(mem.framesInUse());
            return VM_FAULT_NOPAGE;
          },
        };
        return 0;
      }),
      4096,
      { shared: false },
    );
    bar.memory.handle_mm_fault(bar.vma(), VA, 0);
    bar.memory.handle_mm_fault(bar.vma(), VA, FAULT_FLAG_WRITE);
    expect(inUse[1]).toBe(inUse[0]! + 1);
    expect(mem.framesInUse()).toBe(inUse[0]);
  });

  test('pfn_mkwrite decides about the first write to a shared page, without the per-VMA lock', () => {
    const bar = new BarProcess();
    let answer = VM_FAULT_NOPAGE;
    bar.mapFile(
      fileOf((vma) => {
        vma.vm_flags |= VM_PFNMAP;
        vma.vm_ops = {
          fault: (vmf) => bar.memory.vmf_insert_pfn(vmf.vma, vmf.address, 0x200000),
          pfn_mkwrite: () => answer,
        };
        return 0;
      }),
      4096,
    );
    bar.touch();
    expect(bar.entry()).toBe('pte 0x8000000200000235');
    const fault = (flags: number) => bar.memory.handle_mm_fault(bar.vma(), VA, flags);
    expect(fault(FAULT_FLAG_WRITE | FAULT_FLAG_VMA_LOCK)).toBe(VM_FAULT_RETRY);
    expect(fault(FAULT_FLAG_WRITE)).toBe(VM_FAULT_NOPAGE);
    expect(bar.entry()).toBe('pte 0x8000000200000235');
    answer = 0;
    expect(fault(FAULT_FLAG_WRITE)).toBe(0);
    expect(bar.entry()).toBe('pte 0x8000000200000a77');
  });

  test('without a frame for a table it is OOM', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    const { mem } = bar.machine.kernel;
    while (mem.allocFrame() >= 0);
    expect(bar.memory.handle_mm_fault(bar.vma(), VA, 0)).toBe(VM_FAULT_OOM);
  });

  test('a handler may say RETRY or SIGBUS at any size, and that is the answer', () => {
    for (const answer of [VM_FAULT_RETRY, 0x2]) {
      const bar = new BarProcess();
      const orders: number[] = [];
      bar.mapFile(
        fileOf((vma) => {
          vma.vm_flags |= VM_PFNMAP;
          vma.vm_ops = {
            fault: () => VM_FAULT_NOPAGE,
            huge_fault: (_vmf, order) => {
              orders.push(order);
              return answer;
            },
          };
          return 0;
        }),
        GiB,
      );
      expect(bar.memory.handle_mm_fault(bar.vma(), VA, 0)).toBe(answer);
      expect(orders).toEqual([18]);
    }
  });

  test('4.5: the handler sees the page of the address, of the file, and the flags', () => {
    const bar = new BarProcess();
    const seen: unknown[] = [];
    bar.mapFile(
      fileOf((vma) => {
        vma.vm_flags |= VM_PFNMAP;
        vma.vm_ops = {
          fault: () => VM_FAULT_NOPAGE,
          huge_fault: (vmf, order) => {
            seen.push([order, vmf.address - VA, vmf.pgoff, vmf.flags]);
            return VM_FAULT_FALLBACK;
          },
        };
        return 0;
      }),
      GiB,
      { offset: 0x7000 },
    );
    bar.memory.handle_mm_fault(bar.vma(), VA + 0x201abc, FAULT_FLAG_WRITE);
    expect(seen).toEqual([
      [18, 0x201000, 0x208, FAULT_FLAG_WRITE],
      [9, 0x201000, 0x208, FAULT_FLAG_WRITE],
    ]);
  });
});
