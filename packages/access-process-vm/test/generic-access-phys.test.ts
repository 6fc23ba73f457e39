// Goal: a driver's ->access reads the frames that are mapped, and notices when they change. Method: the scenarios of the
// specification (M19 and P15); windows on device memory are recorded, and what must happen between two lookups is done there.

import type { Machine, Process } from '@pfnmap/machine';
import { EINVAL, EIO, ENOMEM, type VmAreaStruct } from '@pfnmap/mm-core';
import { computer, entryAt, GiB, KiB, MiB, R, RW, VA, type Wanted } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { type AccessServices, createAccessProcessVm } from '../src/index.ts';

interface Window {
  readonly pfn: number;
  readonly size: number;
  readonly prot: bigint;
}
interface Copy {
  readonly pfn: number;
  readonly offset: number;
  readonly length: number;
  readonly write: boolean;
}

/** A driver like UIO, whose VMAs read through generic_access_phys(). */
interface Lab {
  readonly machine: Machine;
  readonly process: Process;
  readonly vma: VmAreaStruct;
  readonly access: ReturnType<typeof createAccessProcessVm>;
  readonly windows: Window[];
  readonly copies: Copy[];
  /** Called with the number of windows so far when one is opened. */
  onWindow: (count: number) => void;
  /** There is no room for windows. */
  isFull: boolean;
  closed: number;
}

interface Asked extends Wanted {
  readonly mode?: 'fault' | 'remap';
  readonly length?: number;
  readonly prot?: number;
  readonly pfn?: number;
}

function lab(asked: Asked = {}): Lab {
  const { mode = 'remap', length = 16 * KiB, prot = RW, pfn, ...wanted } = asked;
  const machine = computer(wanted);
  const process = machine.spawn();
  const { file } = machine.pfnlab;
  machine.pfnlab.configure({
    pfn: pfn ?? machine.bar2Pfn,
    pages: length / (4 * KiB),
    mode,
    maxorder: 18,
  });
  process.mmap({ address: VA, length, prot, shared: true, file, offset: 0 });
  const vma = process.mm.vmas[0]!;
  const made: { lab?: Lab } = {};
  const services: AccessServices = {
    ioremap_prot(pfn, size, prot) {
      const own = made.lab!;
      own.windows.push({ pfn, size, prot: machine.kernel.arch.pgprot_val(prot) });
      if (own.isFull) return null;
      own.onWindow(own.windows.length);
      return {
        copy: (offset, length, write) => own.copies.push({ pfn, offset, length, write }),
        close: () => own.closed++,
      };
    },
    isOnlineAndUsed: (pfn) => machine.kernel.mem.isRam(pfn),
  };
  const { gup, follow } = machine.layers;
  const access = createAccessProcessVm(machine.kernel, gup, follow, services);
  vma.vm_ops = { ...vma.vm_ops, access: access.generic_access_phys };
  made.lab = {
    ...{ machine, process, vma, access },
    ...{ windows: [], copies: [], onWindow: () => {}, isFull: false, closed: 0 },
  };
  return made.lab;
}

/** Kernels on both sides of patch 15; the old side keeps follow_pte(). */
const BEFORE_P15: Wanted = { reverted: ['SERIES_PATCH_15', 'SERIES_PATCH_16'] };
const BOTH: readonly (readonly [string, Wanted])[] = [
  ['before patch 15', BEFORE_P15],
  ['with patch 15', {}],
];

describe.each(BOTH)('a PTE, %s', (_when, wanted) => {
  test('P15-S1: the bytes come from its frame, through a window of one page', () => {
    const { vma, access, windows, copies } = lab(wanted);
    expect(access.generic_access_phys(vma, VA + 4 * KiB + 0x10, 8, false)).toBe(8);
    expect(windows).toEqual([{ pfn: 0x200001, size: 4 * KiB, prot: 0x8000000000000237n }]);
    expect(copies).toEqual([{ pfn: 0x200001, offset: 0x10, length: 8, write: false }]);
  });

  test('P15-S3: what was replaced between the lookups is looked up again', () => {
    const own = lab(wanted);
    const { pt } = own.machine.kernel;
    own.onWindow = (count) => {
      const slot = pt.walk(own.process.mm, VA);
      if (count === 1) pt.set(0, slot, 0x200003, pt.ptep_get(slot));
    };
    expect(own.access.generic_access_phys(own.vma, VA, 8, false)).toBe(8);
    expect(own.windows.map(({ pfn }) => pfn)).toEqual([0x200000, 0x200003]);
    expect(own.copies).toEqual([{ pfn: 0x200003, offset: 0, length: 8, write: false }]);
    expect(own.closed).toBe(2);
  });

  test('P15.4: so is what became dirty', () => {
    const own = lab(wanted);
    own.onWindow = (count) => {
      if (count === 1) own.process.touch(VA, true);
    };
    expect(own.access.generic_access_phys(own.vma, VA, 8, false)).toBe(8);
    expect(own.windows).toHaveLength(2);
  });

  test('M19-2: what was zapped is an error', () => {
    const own = lab(wanted);
    own.onWindow = () => own.machine.layers.memory.zap_vma_ptes(own.vma, VA, 4 * KiB);
    expect(own.access.generic_access_phys(own.vma, VA, 8, false)).toBe(-EINVAL);
    expect([own.windows.length, own.copies.length, own.closed]).toEqual([1, 0, 1]);
  });

  test('M19-3: a write to what became read-only is tried again, and refused', () => {
    const own = lab(wanted);
    own.onWindow = (count) => {
      if (count === 1) own.process.mprotect(VA, 16 * KiB, R);
    };
    expect(own.access.generic_access_phys(own.vma, VA, 8, true)).toBe(-EINVAL);
    expect([own.windows.length, own.copies.length]).toEqual([1, 0]);
  });

  test('M19-3: a read of what became read-only is tried again, and done', () => {
    const own = lab(wanted);
    own.onWindow = (count) => {
      if (count === 1) own.process.mprotect(VA, 16 * KiB, R);
    };
    expect(own.access.generic_access_phys(own.vma, VA, 8, false)).toBe(8);
    expect([own.windows.length, own.copies.length, own.closed]).toEqual([2, 1, 2]);
  });

  test('P15-S4: a write to a read-only mapping is refused before a window is made', () => {
    const { vma, access, windows } = lab({ ...wanted, prot: R });
    expect(access.generic_access_phys(vma, VA, 8, true)).toBe(-EINVAL);
    expect(windows).toEqual([]);
    expect(access.generic_access_phys(vma, VA, 8, false)).toBe(8);
  });

  test('P15-S5: no window is ENOMEM, of which /proc/PID/mem makes EIO', () => {
    const own = lab(wanted);
    own.isFull = true;
    expect(own.access.generic_access_phys(own.vma, VA, 8, false)).toBe(-ENOMEM);
    expect(own.access.mem_rw(own.process.mm, VA, 8, false)).toBe(-EIO);
    expect(own.closed).toBe(0);
  });

  test('an empty entry is EINVAL', () => {
    const own = lab(wanted);
    own.machine.layers.memory.zap_vma_ptes(own.vma, VA, 4 * KiB);
    expect(own.access.generic_access_phys(own.vma, VA, 8, false)).toBe(-EINVAL);
    expect(own.windows).toEqual([]);
  });
});

describe('P15-S2, Q16: a leaf', () => {
  const sizes = [
    ['PMD', 2 * MiB],
    ['PUD', GiB],
  ] as const;

  test.each(sizes)('a %s is not found before patch 15', (_name, length) => {
    const { process, vma, access } = lab({ ...BEFORE_P15, mode: 'fault', length });
    process.touch(VA, false);
    expect(access.generic_access_phys(vma, VA + 0x3000, 8, false)).toBe(-EINVAL);
  });

  test.each(sizes)('a %s is read at its frame with patch 15', (_name, length) => {
    const { process, vma, access, windows, copies } = lab({ mode: 'fault', length });
    process.touch(VA, false);
    expect(access.generic_access_phys(vma, VA + 0x3010, 8, false)).toBe(8);
    // 19.6: the protection is that of the leaf, with its PSE bit, which a 4K entry reads as PAT.
    expect(windows).toEqual([{ pfn: 0x200003, size: 4 * KiB, prot: 0x80000000000002b7n }]);
    expect(copies).toEqual([{ pfn: 0x200003, offset: 0x10, length: 8, write: false }]);
  });

  test('with DEBUG_VM a PMD is a bug before patch 15', () => {
    const wanted = { ...BEFORE_P15, with: ['DEBUG_VM'] };
    const { process, vma, access } = lab({ ...wanted, mode: 'fault', length: 2 * MiB });
    process.touch(VA, false);
    expect(() => access.generic_access_phys(vma, VA, 8, false)).toThrow('a PMD leaf');
  });
});

test('the copy is made while the page-table lock is held', () => {
  const own = lab();
  const { events } = own.machine.kernel;
  events.recording = true;
  events.take();
  const order: string[] = [];
  own.onWindow = () => void order.push('window');
  events.listener = (event) => {
    if (event.kind === 'lock') order.push(`${event.action} ${event.lock} ${own.copies.length}`);
  };
  own.access.generic_access_phys(own.vma, VA, 8, false);
  expect(order).toEqual([
    'acquire pte lock 0',
    'release pte lock 0',
    'window',
    'acquire pte lock 0',
    'release pte lock 1',
  ]);
});

describe('M19-1, P15.7: an access across the end of a page', () => {
  test.each(['posted-19', '6.12', '6.12.117'])('%s: one of 8 bytes', (kernel) => {
    const { process, access, windows, copies } = lab({ kernel });
    expect(access.mem_rw(process.mm, VA + 0xffc, 8, false)).toBe(8);
    expect(windows.map(({ pfn, size }) => [pfn, size])).toEqual([[0x200000, 8 * KiB]]);
    expect(copies).toEqual([{ pfn: 0x200000, offset: 0xffc, length: 8, write: false }]);
  });

  test('7.3: two of 4 bytes', () => {
    const { process, access, windows, copies } = lab({ kernel: '7.3' });
    expect(access.mem_rw(process.mm, VA + 0xffc, 8, false)).toBe(8);
    expect(windows.map(({ pfn, size }) => [pfn, size])).toEqual([
      [0x200000, 4 * KiB],
      [0x200001, 4 * KiB],
    ]);
    expect(copies.map(({ pfn, offset, length }) => [pfn, offset, length])).toEqual([
      [0x200000, 0xffc, 4],
      [0x200001, 0, 4],
    ]);
  });

  test.each([
    ['6.12.117', {}, 8192],
    ['6.12.117 with the fix', { with: ['FIX_ACCESS_PHYS_ONE_PAGE'] }, 2048],
    ['7.3', { kernel: '7.3' }, 2048],
  ])('P15-S6: %s answers to 8192 bytes from the middle of a page', (_name, wanted, bytes) => {
    const { vma, access } = lab(wanted);
    expect(access.generic_access_phys(vma, VA + 0x800, 8192, false)).toBe(bytes);
  });
});

test.each([
  ['6.12.117', 8],
  ['7.3', -EINVAL],
])('P15-S6, F13: %s answers %i for a page that the kernel gave to somebody', (kernel, answer) => {
  // The frame of RAM that holds the stack of another process.
  const own = lab({ kernel, pfn: 0x20 });
  expect(entryAt(own.machine, own.process, VA).word & 0xffffffffff000n).toBe(0x20000n);
  expect(own.access.generic_access_phys(own.vma, VA, 8, false)).toBe(answer);
});

describe('C16-3, C16-4: ptrace and /proc/PID/mem on a map that a driver reads for', () => {
  test('C16-3: a peek gives its bytes, and EIO after a zap', () => {
    const { machine, process, vma, access } = lab();
    expect(access.mem_rw(process.mm, VA, 8, false)).toBe(8);
    machine.layers.memory.zap_vma_ptes(vma, VA, 16 * KiB);
    expect(access.mem_rw(process.mm, VA, 8, false)).toBe(-EIO);
  });

  test('C16-3: a peek after munmap is EIO', () => {
    const { process, access } = lab();
    process.munmap(VA, 16 * KiB);
    expect(access.mem_rw(process.mm, VA, 8, false)).toBe(-EIO);
  });

  test('M19-2: a zap between the lookups ends in EIO', () => {
    const own = lab();
    own.onWindow = () => own.machine.layers.memory.zap_vma_ptes(own.vma, VA, 4 * KiB);
    expect(own.access.mem_rw(own.process.mm, VA, 8, false)).toBe(-EIO);
  });

  test('C16-4: a write to a read-only map is EIO', () => {
    const { process, access } = lab({ prot: R });
    expect(access.mem_rw(process.mm, VA, 8, true)).toBe(-EIO);
  });

  test('a write to a writable map is done', () => {
    const { process, access, copies } = lab();
    expect(access.mem_rw(process.mm, VA, 8, true)).toBe(8);
    expect(copies).toEqual([{ pfn: 0x200000, offset: 0, length: 8, write: true }]);
  });

  test('process_vm_readv() never asks the driver', () => {
    const { process, access, windows } = lab();
    expect(access.process_vm_readv(process.mm, VA, 8)).toBe(-14);
    expect(windows).toEqual([]);
  });
});
