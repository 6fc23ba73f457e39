// Goal: a page fault tries PUD, PMD and PTE as Linux does, and an access to a leaf ends as it does. Method: the scenarios of
// section 4 of the specification; the calls and answers of the fault handler are the observation.
import {
  FAULT_FLAG_WRITE,
  VM_FAULT_FALLBACK,
  VM_FAULT_NOPAGE,
  VM_MIXEDMAP,
  VM_PFNMAP,
  VmFault,
  type VmOperations,
} from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, fileOf, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const READ_ONLY = 1;
const SIGBUS = 7;
const SIGSEGV = 11;

describe('the first touch', () => {
  test('M4-1: of the last page of an aligned GiB maps all of it', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    const addresses: string[] = [];
    bar.machine.watchFaults(({ order, ret, address }) => {
      addresses.push(`${order} ${(address - VA).toString(16)} ${ret.toString(16)}`);
    });
    bar.process.touch(VA + 0x3fffffff, false);
    bar.process.touch(VA, false);
    expect(addresses).toEqual(['18 3ffff000 100']);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });

  test('M4-2: of a mapping that is in phase by 2 MiB only falls back once to PMDs', () => {
    const bar = new BarProcess();
    bar.map(GiB, { address: VA + 2 * MiB, offset: 2 * MiB });
    expect(bar.touch(VA + 2 * MiB)).toEqual(['order=18 0x800', 'order=9 0x100']);
    expect(bar.touch(VA + 4 * MiB)).toEqual(['order=9 0x100']);
  });

  test('M4-3: of a mapping out of phase by 4 KiB asks twice and counts one fault', () => {
    const bar = new BarProcess();
    bar.map(GiB, { offset: 4096 });
    const { counts } = bar.machine.kernel.events;
    const before = counts.pgfault;
    expect(bar.touch()).toEqual([
      'order=18 0x800',
      'order=9 0x800',
      'order=9 0x800',
      'order=0 0x100',
    ]);
    expect(counts.pgfault).toBe(before + 1);
    expect(counts.pgmajfault).toBe(0);
    expect(bar.touch(VA + 4096)).toEqual(['order=0 0x100']);
  });

  test('M4-4: while memory decoding is off is SIGBUS, with no smaller size tried', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.machine.device.writeCommand(0);
    expect(bar.touch()).toEqual(['order=18 0x2', `signal ${SIGBUS}`]);
    bar.machine.device.writeCommand(2);
    expect(bar.touch()).toEqual(['order=18 0x100']);
  });

  test('of nothing is SIGSEGV without a call', () => {
    const bar = new BarProcess();
    expect(bar.touch()).toEqual([`signal ${SIGSEGV}`]);
  });
});

describe('an access to a leaf', () => {
  test('M4-5: a store on a clean writable leaf faults not at all; the CPU makes it dirty', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.touch();
    const faults = bar.machine.cpu.faults();
    expect(bar.touch(VA, true)).toEqual([]);
    expect(bar.entry()).toBe('pud 0x80000002000002f7');
    expect(bar.machine.cpu.faults()).toBe(faults);
  });

  test('4.2: a store into a read-only mapping is SIGSEGV without a call', () => {
    const bar = new BarProcess();
    bar.map(GiB, { prot: READ_ONLY });
    bar.touch();
    expect(bar.entry()).toBe('pud 0x80000002000002b5');
    expect(bar.touch(VA, true)).toEqual([`signal ${SIGSEGV}`]);
  });

  test.each([
    ['PUD', GiB, 'order=18 0x100'],
    ['PMD', 2 * MiB, 'order=9 0x100'],
  ])(
    'M4-6, 15.9: a store on a %s born read-only after clear_refs faults for ever',
    (_name, length, call) => {
      const bar = new BarProcess();
      bar.map(length);
      bar.touch();
      bar.machine.layers.pagewalk.clear_refs(bar.process.mm, 4);
      bar.memory.zap_vma_ptes(bar.vma(), VA, length);
      expect(bar.touch().at(-1)).toBe(call);
      expect(bar.entry()).toMatch(/2b5$/);
      const calls: string[] = [];
      bar.machine.watchFaults(({ order, ret }) =>
        calls.push(`order=${order} 0x${ret.toString(16)}`),
      );
      const store = () => bar.process.touch(VA, true);
      expect(store).toThrow(KernelBug);
      expect(new Set(calls)).toEqual(new Set([call]));
      expect(bar.entry()).toMatch(/2b5$/);
    },
  );

  test('15.9: a store on a PTE born read-only after clear_refs makes it writable', () => {
    const bar = new BarProcess();
    bar.map(4096);
    bar.machine.layers.pagewalk.clear_refs(bar.process.mm, 4);
    bar.touch();
    expect(bar.entry()).toBe('pte 0x8000000200000235');
    expect(bar.touch(VA, true)).toEqual([]);
    expect(bar.entry()).toBe('pte 0x8000000200000a77');
    expect(bar.machine.kernel.events.counts.pgreuse).toBe(1);
  });

  test('15.9: a driver that passes the write on is fine', () => {
    const bar = new BarProcess();
    bar.mapLab(GiB, {});
    bar.machine.layers.pagewalk.clear_refs(bar.process.mm, 4);
    bar.touch();
    expect(bar.entry()).toBe('pud 0x80000002000002b5');
    expect(bar.touch(VA, true)).toEqual(['order=18 0x100']);
    expect(bar.entry()).toBe('pud 0x8000000200000af7');
  });

  test('M4-7: a write to a leaf of a private mapping clears it and goes on with PTEs', () => {
    const bar = new BarProcess();
    const asked: number[] = [];
    const vm_ops: VmOperations = {
      huge_fault: (_vmf, order) => {
        asked.push(order);
        return VM_FAULT_FALLBACK;
      },
      fault: () => VM_FAULT_NOPAGE,
    };
    bar.mapFile(
      fileOf((vma) => {
        vma.vm_flags |= VM_MIXEDMAP;
        vma.vm_ops = vm_ops;
        return 0;
      }),
      2 * MiB,
      { shared: false },
    );
    const { kernel, layers } = bar.machine;
    const vmf = new VmFault();
    Object.assign(vmf, { vma: bar.vma(), address: VA });
    vmf.pmd = kernel.pt.walkAlloc(1, bar.process.mm, VA);
    layers.huge.vmf_insert_pfn_pmd(vmf, bar.machine.bar2Pfn, false);
    expect(bar.memory.handle_mm_fault(bar.vma(), VA, FAULT_FLAG_WRITE)).toBe(VM_FAULT_NOPAGE);
    expect(bar.entry()).toBe('pmd none');
    expect(bar.splits()).toEqual([1, 0]);
    expect(asked).toEqual([]);
  });

  test.each([
    ['PUD', 2, 'pud none'],
    ['PMD', 1, 'pmd none'],
  ] as const)(
    '4.8: a write to a read-only %s whose driver falls back clears it',
    (_name, level, none) => {
      const bar = new BarProcess();
      const asked: number[] = [];
      bar.mapFile(
        fileOf((vma) => {
          vma.vm_flags |= VM_PFNMAP;
          vma.vm_ops = {
            fault: () => VM_FAULT_NOPAGE,
            huge_fault: (_vmf, order) => {
              asked.push(order);
              return VM_FAULT_FALLBACK;
            },
          };
          return 0;
        }),
        GiB,
      );
      const { pt, arch } = bar.machine.kernel;
      const readOnly = arch.vm_get_page_prot(0x9);
      const leaf = level === 2 ? arch.pud_mkhuge(readOnly) : arch.pmd_mkhuge(readOnly);
      pt.set(level, pt.walkAlloc(level, bar.process.mm, VA), bar.machine.bar2Pfn, leaf);
      expect(bar.memory.handle_mm_fault(bar.vma(), VA, FAULT_FLAG_WRITE)).toBe(VM_FAULT_NOPAGE);
      // The PUD is empty then, and nobody asks for 1 GiB a second time; the PMD below it is asked for.
      expect(asked).toEqual(level === 2 ? [18, 9] : [9]);
      expect(bar.entry()).toBe(level === 2 ? 'pmd none' : none);
      expect(bar.splits()).toEqual(level === 2 ? [0, 1] : [1, 0]);
    },
  );

  test.each([
    ['PUD', 0, '2b7', '2f7'],
    ['PMD', 2 * MiB, '2b7', '2f7'],
    ['PTE', 4096, '237', '277'],
  ])(
    'O4: a fault on a present %s marks it for a write and leaves it for a read',
    (_name, offset, clean, dirty) => {
      const bar = new BarProcess();
      bar.map(GiB, { offset });
      bar.touch();
      const fault = (flags: number) => bar.memory.handle_mm_fault(bar.vma(), VA, flags);
      expect(bar.entry().endsWith(clean)).toBe(true);
      expect(fault(0)).toBe(0);
      expect(bar.entry().endsWith(clean)).toBe(true);
      expect(fault(FAULT_FLAG_WRITE)).toBe(0);
      // The kernel marks soft-dirty what it makes dirty.
      expect(BigInt(bar.entry().split(' ')[1]!) & 0x8fffn).toBe(BigInt(`0x${dirty}`) | 0x800n);
    },
  );

  test('M4-8: two threads that both ask for 1 GiB get one entry and two answers', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    const calls: string[] = [];
    bar.machine.watchFaults(({ order, ret }) => calls.push(`order=${order} 0x${ret.toString(16)}`));
    const vma = bar.vma();
    const threads = [VA + 0x5000, VA + 0x12345000].map((address) => {
      const vmf = new VmFault();
      Object.assign(vmf, { vma, address });
      vmf.pud = bar.machine.kernel.pt.walkAlloc(2, bar.process.mm, address);
      return vmf;
    });
    for (const vmf of threads) expect(vma.vm_ops!.huge_fault!(vmf, 18)).toBe(VM_FAULT_NOPAGE);
    expect(calls).toEqual(['order=18 0x100', 'order=18 0x100']);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });
});
