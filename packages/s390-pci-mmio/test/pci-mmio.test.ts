// Goal: the system calls answer as the specification says, in its order, before and after patch 11. Method: its scenarios
// (C13 and P11) on an s390 with a function's BAR, and random calls to two kernels that must not differ.
import { stored } from '@pfnmap/arch-s390';
import {
  EACCES,
  EFAULT,
  EINVAL,
  EIO,
  ENODEV,
  ENOMEM,
  VM_FAULT_NOPAGE,
  VM_IO,
  VM_PFNMAP,
} from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BAR_PFN, BUFFER, PAGE, S390Computer, VA, type Wanted } from './s390-computer.ts';

const R = 1;
const RW = 3;
const BAR = '0x4003000000000000';

/** Kernels on both sides of the patch, and the last one; those before it keep follow_pte(). */
const KERNELS: readonly (readonly [string, Wanted])[] = [
  ['before the series', { profile: 'base' }],
  ['posted-10', { profile: 'posted-10' }],
  ['posted-11', { profile: 'posted-11' }],
  ['6.12.117 without patch 11', { reverted: ['SERIES_PATCH_11', 'SERIES_PATCH_16'] }],
  ['6.12.117', {}],
  ['7.3', { profile: '7.3' }],
];

describe.each(KERNELS)('%s', (_name, wanted) => {
  const computer = (prot = RW, changes: Wanted = {}): S390Computer => {
    const made = new S390Computer({ ...wanted, ...changes });
    expect(made.map(4 * PAGE, prot)).toBe(VA);
    return made;
  };

  test('P11-S1: a mapped PTE is written and read byte for byte', () => {
    const own = computer();
    own.touch(VA + PAGE, true);
    own.done.length = 0;
    for (const [index, byte] of [0xde, 0xad, 0xbe, 0xef].entries())
      own.bytes.user.set(BUFFER + index, byte);
    expect(own.write(VA + PAGE + 0x10, 4)).toBe(0);
    own.bytes.user.clear();
    expect(own.read(VA + PAGE + 0x10, 4)).toBe(0);
    expect([...own.bytes.user]).toEqual([
      [BUFFER, 0xde],
      [BUFFER + 1, 0xad],
      [BUFFER + 2, 0xbe],
      [BUFFER + 3, 0xef],
    ]);
    expect(own.done).toEqual([
      'store 4 at 0x4003000000001010',
      'load 4 at 0x4003000000001010',
      'copy to user',
    ]);
  });

  test('P11-S2: an empty entry is faulted in once, by a write or a read', () => {
    const own = computer();
    expect(own.write(VA, 8)).toBe(0);
    expect(own.write(VA, 8)).toBe(0);
    expect(own.read(VA + 2 * PAGE, 8)).toBe(0);
    expect(own.read(VA + 2 * PAGE, 8)).toBe(0);
    expect(own.done.filter((step) => step.includes('fault'))).toEqual(['write fault', 'fault']);
  });

  test('P11-S3, C13-4: memory that is no device is EINVAL, mapped or not', () => {
    const own = new S390Computer(wanted);
    expect(own.read(VA, 4)).toBe(-EINVAL);
    own.mapAnon(PAGE);
    expect([own.read(VA, 4), own.write(VA, 4)]).toEqual([-EINVAL, -EINVAL]);
    expect(own.done).toEqual([]);
  });

  test.each([
    ['VM_IO', VM_PFNMAP],
    ['VM_PFNMAP', VM_IO],
  ])('either flag will do: %s alone', (_flag, other) => {
    const own = computer();
    own.touch(VA, false);
    own.vma().vm_flags &= ~other;
    expect([own.read(VA, 4), own.write(VA, 4)]).toEqual([0, 0]);
  });

  test('P11-S4, C13-2: a write to a read-only mapping is EACCES, a read is not', () => {
    const own = computer(R);
    expect(own.write(VA, 4)).toBe(-EACCES);
    expect(own.done).toEqual([]);
    expect(own.read(VA, 4)).toBe(0);
  });

  test('19a: neither is allowed without access', () => {
    const own = computer();
    own.touch(VA, false);
    own.syscalls.mprotect(own.mm, VA, PAGE, 0);
    expect([own.write(VA, 4), own.read(VA, 4)]).toEqual([-EACCES, -EACCES]);
  });

  test('19a.2: the permission of the entry does not matter', () => {
    const own = computer();
    own.touch(VA, false);
    const { pt, arch } = own.kernel;
    const slot = pt.walk(own.mm, VA);
    pt.setProt(PGTABLE_LEVEL_PTE, slot, arch.pte_wrprotect(pt.ptep_get(slot)));
    own.done.length = 0;
    expect(own.write(VA, 4)).toBe(0);
    expect(own.done).toEqual([`store 4 at ${BAR}`]);
  });

  test.each([0, 1, 0x100000])(
    'P11-S5: frame 0x%x is no PCI memory, and no lock stays held',
    (pfn) => {
      const own = computer(RW, { pfn });
      own.watchLocks();
      expect([own.write(VA, 4), own.read(VA, 4)]).toEqual([-EFAULT, -EFAULT]);
      expect(own.mm.mmap_lock).toBe('free');
      expect(own.locked).toEqual([]);
      expect(own.done).toEqual(['write fault']);
    },
  );

  test('the first page of PCI memory is one, the last below it is not', () => {
    const first = 2 ** 50;
    expect(computer(RW, { pfn: first }).write(VA, 4)).toBe(0);
    expect(computer(RW, { pfn: first - 1 }).write(VA + PAGE - 4, 4)).toBe(-EFAULT);
  });

  test('C13-1: a length of 0, or across the end of the page', () => {
    const own = computer();
    for (const call of ['write', 'read'] as const) {
      expect(own[call](VA, 0)).toBe(-EINVAL);
      expect(own[call](VA + 0xfff, 2)).toBe(-EINVAL);
      expect(own[call](VA, PAGE + 1)).toBe(-EINVAL);
      expect(own[call](VA + 0xfff, 1)).toBe(0);
      expect(own[call](VA, PAGE)).toBe(0);
    }
  });

  test('C13-3: SIGBUS of the driver ends in EINVAL, after one fault', () => {
    const own = computer();
    own.sigbus = true;
    expect([own.write(VA, 4), own.read(VA, 4)]).toEqual([-EINVAL, -EINVAL]);
    expect(own.done).toEqual(['write fault', 'fault']);
  });

  test('C13-5: a bad buffer is met first by a write, and last by a read', () => {
    const own = new S390Computer(wanted);
    own.mapAnon(PAGE);
    own.userIsBad = true;
    expect([own.write(VA, 4), own.read(VA, 4)]).toEqual([-EFAULT, -EINVAL]);
    const device = computer();
    device.userIsBad = true;
    expect([device.write(VA, 4), device.read(VA, 4)]).toEqual([-EFAULT, -EFAULT]);
    expect(device.done).toEqual(['fault', `load 4 at ${BAR}`, 'copy to user']);
  });

  test('13.1: more than 64 bytes need memory, and that is asked before the buffer is', () => {
    const own = computer();
    own.hasMemory = false;
    own.userIsBad = true;
    for (const call of ['write', 'read'] as const) {
      expect(own[call](VA, 65)).toBe(-ENOMEM);
      expect(own[call](VA, 64)).toBe(-EFAULT);
    }
  });

  test('13.1: what the device answers is the answer, and nothing is copied', () => {
    const own = computer();
    own.deviceError = -EIO;
    expect([own.write(VA, 4), own.read(VA, 4)]).toEqual([-EIO, -EIO]);
    expect(own.done).not.toContain('copy to user');
  });

  test('13.1: without PCI nothing else is asked', () => {
    const own = computer(RW, { zpci: false });
    expect([own.write(VA, 0), own.read(VA, 0), own.write(VA, 4)]).toEqual([
      -ENODEV,
      -ENODEV,
      -ENODEV,
    ]);
  });

  test('13.1: with MIO the instructions answer, after the length', () => {
    const asked: string[] = [];
    const mio = {
      memcpy_toio_inuser: (_mm: unknown, io: number, from: number, bytes: number) => {
        asked.push(`to 0x${io.toString(16)} from 0x${from.toString(16)}: ${bytes}`);
        return -EIO;
      },
      memcpy_fromio_inuser: (_mm: unknown, to: number, io: number, bytes: number) => {
        asked.push(`from 0x${io.toString(16)} to 0x${to.toString(16)}: ${bytes}`);
        return 0;
      },
    };
    const own = computer(R, { mio });
    own.userIsBad = true;
    expect(own.write(VA, 0)).toBe(-EINVAL);
    expect([own.write(VA, 100), own.read(VA, 100)]).toEqual([-EIO, 0]);
    expect(asked).toEqual([
      'to 0x3ff80000000 from 0x10000: 100',
      'from 0x3ff80000000 to 0x10000: 100',
    ]);
    expect(own.done).toEqual([]);
  });

  test('Y15: the mapping has PTEs only, whatever is touched', () => {
    const own = computer();
    expect(own.touch(VA, false)).toBe(VM_FAULT_NOPAGE);
    const { level, word } = own.entry(VA);
    expect(level).toBe(PGTABLE_LEVEL_PTE);
    // The protection 0x731 of 6.12's headers, made young by pfn_pte(), and special.
    expect(stored(PGTABLE_LEVEL_PTE, word)).toBe(0x4003000000000375n);
    expect(own.kernel.events.counts.thp_split_pmd).toBe(0);
  });
});

test('13.5: with patch 11 the copy runs with the page-table lock held, and the buffer is copied without', () => {
  const own = new S390Computer();
  own.map(PAGE, RW);
  own.touch(VA, false);
  own.done.length = 0;
  own.watchLocks();
  own.write(VA, 4);
  own.read(VA, 4);
  expect(own.done).toEqual([
    `store 4 at ${BAR} under mmap_lock (read), pte lock`,
    `load 4 at ${BAR} under mmap_lock (read), pte lock`,
    'copy to user',
  ]);
});

test('P11.7: no call can tell the kernels apart', () => {
  const call = fc.record({
    kind: fc.constantFrom('write', 'read', 'touch', 'zap', 'protect'),
    page: fc.nat(4),
    offset: fc.oneof(fc.nat(PAGE - 1), fc.constantFrom(0, PAGE - 1, PAGE - 8)),
    length: fc.oneof(fc.nat(100), fc.constantFrom(0, 1, 8, PAGE)),
    flag: fc.boolean(),
  });
  const alike = fc.property(
    fc.array(call, { minLength: 1, maxLength: 30 }),
    fc.constantFrom(0, BAR_PFN, 2 ** 50 - 2),
    (calls, pfn) => {
      const run = (wanted: Wanted): unknown[] => {
        const own = new S390Computer({ ...wanted, pfn });
        own.map(4 * PAGE, RW);
        const answers = calls.map(({ kind, page, offset, length, flag }) => {
          const address = VA + page * PAGE;
          own.sigbus = flag && kind !== 'touch';
          if (kind === 'write' || kind === 'read') return own[kind](address + offset, length);
          if (page > 3) return 0;
          if (kind === 'touch') return own.touch(address, false);
          if (kind === 'zap') return own.memory.zap_vma_ptes(own.vma(), VA, PAGE);
          return own.syscalls.mprotect(own.mm, address, PAGE, flag ? RW : R);
        });
        return [answers, own.done, [...own.bytes.io]];
      };
      expect(run({ profile: 'posted-11' })).toEqual(run({ profile: 'posted-10' }));
    },
  );
  fc.assert(alike, { seed: 11, numRuns: 200 });
});
