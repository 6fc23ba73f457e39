// Goal: programs see the signals that Linux sends, and what would hang a computer ends with a reason. Method: accesses
// of every kind on small machines; a driver of the test's own for what no driver should do.
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine, type Machine, type MachineArch, SIGBUS, SIGSEGV } from '@pfnmap/machine';
import { AddressSpace, type File, VM_FAULT_NOPAGE, VM_IO, VM_PFNMAP } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const VA = 0x7f0000000000;

const RELEASES: Readonly<Record<MachineArch, string>> = {
  x86_64: '6.12.117+deb12-amd64',
  arm64: '6.12.117+deb12-arm64',
};

function computer(
  arch: MachineArch,
  options: { ramBytes?: number; lanes?: Int32Array } = {},
): Machine {
  const cpu = { levels: 4, vaBits: arch === 'arm64' ? 52 : 48, pat: true, l1tf: false } as const;
  const config = resolveKernel(configForRelease(RELEASES[arch]));
  const size = { barBytes: 8 * GiB, ramBytes: 8 * MiB };
  return createMachine({ arch, ...cpu, config, thp: 'always', ...size, ...options });
}

const anonymous = { shared: false, file: null, offset: 0 } as const;

describe.each(['x86_64', 'arm64'] as const)('a program on %s', (arch) => {
  test('ends with SIGSEGV where nothing is mapped', () => {
    expect(computer(arch).spawn().touch(VA, false)).toBe(SIGSEGV);
  });

  test('ends with SIGSEGV when it writes what it may only read', () => {
    const program = computer(arch).spawn();
    program.mmap({ address: VA, length: MiB, prot: 1, ...anonymous });
    expect([program.touch(VA, false), program.touch(VA, true)]).toEqual([0, SIGSEGV]);
  });

  test('ends with SIGBUS at a BAR whose memory is disabled', () => {
    const machine = computer(arch);
    const program = machine.spawn();
    const bar = { shared: true, file: machine.device.file, offset: 2 * 2 ** 40 };
    program.mmap({ address: VA, length: GiB, prot: 3, ...bar });
    machine.device.writeCommand(0);
    expect(program.touch(VA, false)).toBe(SIGBUS);
  });

  test('faults once for a page of its own, and not again', () => {
    const machine = computer(arch);
    const program = machine.spawn();
    program.mmap({ address: VA, length: MiB, prot: 3, ...anonymous });
    const before = machine.cpu.faults();
    program.touch(VA, true);
    program.touch(VA + 8, true);
    program.touch(VA + 4095, false);
    expect(machine.cpu.faults() - before).toBe(1);
  });

  test('has a stack of its own from the start', () => {
    const program = computer(arch).spawn();
    expect(program.mm.vmas).toHaveLength(1);
    expect(program.mm.pgtables_bytes).toBeGreaterThan(0);
  });
});

describe('what would never end', () => {
  test('a handler that says it is done and maps nothing is a defect with a name and an address', () => {
    const machine = computer('x86_64');
    const mmap: File['f_op']['mmap'] = (_file, vma) => {
      vma.vm_flags |= VM_IO | VM_PFNMAP;
      vma.vm_ops = { fault: () => VM_FAULT_NOPAGE };
      return 0;
    };
    const file: File = {
      name: '/dev/idle',
      f_mapping: new AddressSpace(),
      f_op: { mmap },
      writable: true,
    };
    const program = machine.spawn();
    program.mmap({ address: VA, length: MiB, prot: 3, shared: true, file, offset: 0 });
    const bug = expect.objectContaining({ message: expect.stringContaining('again and again') });
    expect(() => program.touch(VA, false)).toThrow(bug);
    expect(() => program.touch(VA, false)).toThrow(KernelBug);
  });
});

describe('the RAM of a machine', () => {
  test('is zeroed and usable by the next when it is released', () => {
    const first = computer('x86_64');
    const program = first.spawn();
    program.mmap({ address: VA, length: MiB, prot: 3, ...anonymous });
    program.touch(VA, true);
    const lanes = first.kernel.mem.release();
    expect(lanes.every((lane) => lane === 0)).toBe(true);
    const second = computer('x86_64', { lanes });
    expect(second.kernel.mem.lanes).toBe(lanes);
    expect(second.spawn().touch(VA, false)).toBe(SIGSEGV);
  });

  test('of another size is not taken over', () => {
    const lanes = computer('x86_64').kernel.mem.release();
    expect(computer('x86_64', { lanes, ramBytes: 16 * MiB }).kernel.mem.lanes).not.toBe(lanes);
  });
});

describe('where the firmware puts BAR 2', () => {
  test.each([
    ['x86_64', 128 * MiB, 0xf0000000],
    ['x86_64', 8 * GiB, 0x200000000],
    ['arm64', 128 * MiB, 0x8000000000],
    ['arm64', 8 * GiB, 0x8000000000],
  ] as const)('%s, %d bytes: 0x%s', (arch, barBytes, start) => {
    const config = resolveKernel(configForRelease(RELEASES[arch]));
    const cpu = { levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
    const machine = createMachine({ arch, ...cpu, config, thp: 'always', barBytes });
    expect(machine.bar2Pfn * 4096).toBe(start);
  });
});
