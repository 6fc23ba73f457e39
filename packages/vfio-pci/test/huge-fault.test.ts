// Goal: the fault handler answers in each of its forms as that form did. Method: the scenarios of the specification (C4, P19
// and M24): V0 as posted and in 6.12.0, V1 with the PFN check, V2 in 6.12.117, V3 in 7.3.
import {
  VM_FAULT_FALLBACK,
  VM_FAULT_NOPAGE,
  VM_FAULT_OOM,
  VM_FAULT_SIGBUS,
  VmFault,
} from '@pfnmap/mm-core';
import { entryAt, GiB, KiB, MiB, mapBar, VA, type Wanted } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { type Line, Printing } from './vfio-device.ts';

const FALLBACK = VM_FAULT_FALLBACK;
const NOPAGE = VM_FAULT_NOPAGE;
const SIGBUS = 7;

const V0: Wanted = { kernel: '6.12' };
const V1: Wanted = { kernel: '6.12', with: ['FIX_VFIO_PFN_ALIGNED'] };
const V2: Wanted = { kernel: '6.12.117' };
const V3: Wanted = { kernel: '7.3' };
const LATER: readonly (readonly [string, Wanted])[] = [
  ['V2', V2],
  ['V3', V3],
];
const ALIGNED_ADDRESSES: readonly (readonly [string, Wanted])[] = [
  ['V0 as posted', { kernel: 'posted-19' }],
  ['V0', V0],
  ['V1', V1],
];

function lab(wanted: Wanted, length: number, at = VA, offset = 0): Printing {
  const own = new Printing(wanted);
  expect(mapBar(own.machine, own.process, { at, length, offset })).toBe(at);
  return own;
}
const entry = (own: Printing, address: number) => entryAt(own.machine, own.process, address);

describe('the first touch in the middle of a GiB', () => {
  test.each(LATER)('C4-1, M24-2: %s maps all of it', (_form, wanted) => {
    const own = lab(wanted, GiB);
    expect(own.touch(VA + 0x12345678)).toEqual([[18, 0, NOPAGE]]);
    expect(entry(own, VA)).toEqual({ level: 2, word: 0x80000002000002b7n });
  });

  test.each(ALIGNED_ADDRESSES)('C4-2: %s maps a page', (_form, wanted) => {
    const own = lab(wanted, GiB);
    expect(own.touch(VA + 0x12345678)).toEqual([
      [18, 0x12345, FALLBACK],
      [9, 0x12345, FALLBACK],
      [9, 0x12345, FALLBACK],
      [0, 0x12345, NOPAGE],
    ]);
    expect(entry(own, VA + 0x12345678)).toEqual({ level: 0, word: 0x8000000212345237n });
  });

  test('C4-2: V0 asks for each order once when the kernel faults', () => {
    const own = lab(V0, GiB);
    expect(own.fixup(VA + 0x12345678).map(([order]) => order)).toEqual([18, 9, 0]);
  });
});

describe('M24-1: V0 goes by the address of the fault', () => {
  test('from the base on every GiB is one entry', () => {
    const own = lab(V0, 4 * GiB);
    const lines = [0, 1, 2, 3].flatMap((index) => own.touch(VA + index * GiB));
    expect(lines.map(([order, , result]) => [order, result])).toEqual([
      [18, NOPAGE],
      [18, NOPAGE],
      [18, NOPAGE],
      [18, NOPAGE],
    ]);
  });

  test('after a first touch elsewhere the GiB can never be one', () => {
    const own = lab(V0, GiB);
    own.touch(VA + 0x201000);
    expect(entry(own, VA + 0x201000).level).toBe(0);
    expect(own.touch(VA + 0x400000)).toEqual([[9, 0x400, NOPAGE]]);
    expect(own.touch(VA)).toEqual([[9, 0, NOPAGE]]);
    // 24.4: the 2 MiB of the first touch stay PTEs.
    expect(own.touch(VA + 0x200000)).toEqual([[0, 0x200, NOPAGE]]);
  });

  test('P19-S5: a first touch at the second page leaves PTEs, since V2 a PMD', () => {
    const touched = (wanted: Wanted) =>
      lab({ barBytes: 4 * MiB, ...wanted }, 4 * MiB).touch(VA + 0x1000);
    expect(touched(V0)).toEqual([
      [18, 1, FALLBACK],
      [9, 1, FALLBACK],
      [9, 1, FALLBACK],
      [0, 1, NOPAGE],
    ]);
    for (const wanted of [V2, V3]) {
      expect(touched(wanted)).toEqual([
        [18, 0, FALLBACK],
        [9, 0, NOPAGE],
      ]);
    }
  });

  test('T-S2: after a partial zap V0 brings the GiB back only from its first address', () => {
    const zapped = (wanted: Wanted, touch: number) => {
      const own = lab(wanted, GiB);
      own.touch(VA);
      own.machine.layers.memory.zap_vma_ptes(own.process.mm.vmas[0]!, VA + 0x1000, 4 * KiB);
      expect(entry(own, VA).word).toBe(0n);
      own.touch(VA + touch);
      return entry(own, VA + touch).level;
    };
    expect([0, 0x200000, 0x1000].map((touch) => zapped(V0, touch))).toEqual([2, 1, 0]);
    expect([0, 0x200000, 0x1000].map((touch) => zapped(V2, touch))).toEqual([2, 2, 2]);
  });
});

describe('an address and a frame that disagree', () => {
  // The specification has bit 12 of the frame in the entry (C4-6); headers that were compiled clear it (P03.13).
  test('C4-6, P19-S6: V0 maps the wrong memory', () => {
    const own = lab(V0, 4 * MiB, VA, 4 * KiB);
    expect(own.touch(VA)).toEqual([
      [18, 0, FALLBACK],
      [9, 0, NOPAGE],
    ]);
    expect(entry(own, VA)).toEqual({ level: 1, word: 0x80000002000002b7n });
  });

  test.each([
    ['V1', V1],
    ['V2', V2],
    ['V3', V3],
  ])('M24-3, P19-S6: %s maps pages, with the right frames', (_form, wanted) => {
    const own = lab(wanted, 4 * MiB, VA, 4 * KiB);
    expect(own.touch(VA)).toEqual([
      [18, 0, FALLBACK],
      [9, 0, FALLBACK],
      [9, 0, FALLBACK],
      [0, 0, NOPAGE],
    ]);
    expect(entry(own, VA)).toEqual({ level: 0, word: 0x8000000200001237n });
  });

  test('C4-5: the page offset is that of the touched page', () => {
    const own = lab(V2, 4 * MiB, VA + 2 * MiB, 4 * KiB);
    const lines = own.touch(VA + 2 * MiB + 0x3000);
    expect(lines.map(([order, , result]) => [order, result])).toEqual([
      [18, FALLBACK],
      [9, FALLBACK],
      [9, FALLBACK],
      [0, NOPAGE],
    ]);
    expect(lines.at(-1)?.[1]).toBe(3);
  });
});

describe('V2: what decides is where the leaf would lie', () => {
  test('C4-3: a VMA that starts 2 MiB late', () => {
    const at = VA + 2 * MiB;
    const own = lab(V2, GiB, at, 2 * MiB);
    expect(own.touch(at)).toEqual([
      [18, '0xffffffffffe00', FALLBACK],
      [9, 0, NOPAGE],
    ]);
    expect(own.touch(at + 2 * MiB)).toEqual([[9, 0x200, NOPAGE]]);
  });

  test('C4-4: a VMA of 4 MiB', () => {
    const own = lab(V2, 4 * MiB, VA + 2 * MiB);
    const lines = own.touch(VA + 2 * MiB + 3 * MiB);
    expect(lines.map(([order, , result]) => [order, result])).toEqual([
      [18, FALLBACK],
      [9, NOPAGE],
    ]);
    expect(lines[1]).toEqual([9, 0x200, NOPAGE]);
  });

  test('C4-7: while memory is off, aligned: SIGBUS at once', () => {
    const own = lab(V2, GiB);
    own.machine.device.writeCommand(0);
    expect(own.touch(VA)).toEqual([[18, 0, VM_FAULT_SIGBUS]]);
    expect(own.process.touch(VA, false)).toBe(SIGBUS);
  });

  test('C4-8, P19.8: while memory is off, unaligned: FALLBACK first, then SIGBUS', () => {
    const own = lab(V2, 16 * KiB);
    own.machine.device.writeCommand(0);
    expect(own.touch(VA).map(([order, , result]) => [order, result])).toEqual([
      [18, FALLBACK],
      [9, FALLBACK],
      [9, FALLBACK],
      [0, VM_FAULT_SIGBUS],
    ]);
  });

  test('C4-8: a small BAR asks only for orders whose slot is empty', () => {
    const own = lab(V2, 16 * KiB);
    const orders = (lines: readonly Line[]) => lines.map(([order]) => order);
    expect(orders(own.touch(VA))).toEqual([18, 9, 9, 0]);
    expect(orders(own.touch(VA + 4 * KiB))).toEqual([0]);
    mapBar(own.machine, own.process, { at: VA + 64 * MiB, length: 16 * KiB });
    expect(orders(own.touch(VA + 64 * MiB))).toEqual([9, 9, 0]);
    mapBar(own.machine, own.process, { at: VA + 1 * MiB, length: 16 * KiB });
    expect(orders(own.touch(VA + 1 * MiB))).toEqual([0]);
  });

  test('C4-9: arm64 maps a GiB with 512 leaves of order 9', () => {
    const own = lab({ arch: 'arm64' }, GiB);
    const lines: Line[] = [];
    for (let at = 0; at < GiB; at += 2 * MiB) lines.push(...own.touch(VA + at));
    expect(lines).toEqual(Array.from({ length: 512 }, (_, index) => [9, index * 0x200, NOPAGE]));
  });

  test('19b.1: a load and a store insert the same entry', () => {
    for (const write of [false, true]) {
      const own = lab(V2, GiB);
      const { fixup_user_fault } = own.machine.layers.follow;
      fixup_user_fault(own.process.mm, VA, write ? 1 : 0, true);
      expect(entry(own, VA).word).toBe(0x80000002000002b7n);
    }
  });
});

describe('a BAR of 128 MiB at 0xc0000000', () => {
  const BAR = { barStart: 0xc0000000, barBytes: 128 * MiB };
  const touchAll = (own: Printing): Line[] => {
    const lines: Line[] = [];
    for (let at = 0; at < 128 * MiB; at += 2 * MiB) lines.push(...own.touch(VA + at));
    return lines;
  };
  const expected: Line[] = [
    [18, 0, FALLBACK],
    ...Array.from({ length: 64 }, (_, index): Line => [9, index * 0x200, NOPAGE]),
  ];

  test.each([
    ['posted', { kernel: 'posted-19' }],
    ['6.12.117', V2],
    ['7.3', V3],
  ])('P19-S1, %s: 64 PMDs, order 18 asked for once', (_name, wanted) => {
    expect(touchAll(lab({ ...BAR, ...wanted }, 128 * MiB))).toEqual(expected);
  });

  test('P19-S8: after a zap they come back on demand', () => {
    const own = lab({ ...BAR, ...V2 }, 128 * MiB);
    touchAll(own);
    own.machine.device.writeCommand(0);
    expect(entry(own, VA).word).toBe(0n);
    own.machine.device.writeCommand(2);
    expect(touchAll(own)).toEqual(expected.slice(1));
  });

  test.each(['base', 'posted-18'])('P19-S3, Q20: %s fills all 32768 PTEs at once', (kernel) => {
    const own = lab({ ...BAR, kernel }, 128 * MiB);
    expect(own.touch(VA + 5 * MiB)).toEqual([[0, 0x500, NOPAGE]]);
    const words = [VA, VA + 5 * MiB, VA + 128 * MiB - 4 * KiB].map((at) => entry(own, at));
    expect(words).toEqual([
      { level: 0, word: 0x80000000c0000237n },
      { level: 0, word: 0x80000000c0500237n },
      { level: 0, word: 0x80000000c7fff237n },
    ]);
    expect(own.touch(VA)).toEqual([]);
  });

  test('P19-S4: without THP every page is a fault of its own', () => {
    const own = lab({ ...BAR, without: ['TRANSPARENT_HUGEPAGE'] }, 128 * MiB);
    const lines = [0, 1, 2].flatMap((page) => own.touch(VA + page * 4 * KiB));
    expect(lines).toEqual([0, 1, 2].map((page) => [0, page, NOPAGE]));
    expect(entry(own, VA + 3 * 4 * KiB).word).toBe(0n);
  });
});

test('P19-S2: 8 GiB are eight PUDs', () => {
  const own = lab(V2, 8 * GiB);
  const lines = Array.from({ length: 8 }, (_, index) => own.touch(VA + index * GiB)).flat();
  expect(lines).toEqual(Array.from({ length: 8 }, (_, index) => [18, index * 0x40000, NOPAGE]));
});

test('P19-S7: an aligned order 9 is SIGBUS while memory is off', () => {
  const own = lab({ ...V0, barBytes: 4 * MiB }, 4 * MiB);
  own.machine.device.writeCommand(0);
  expect(own.touch(VA)).toEqual([
    [18, 0, FALLBACK],
    [9, 0, VM_FAULT_SIGBUS],
  ]);
});

describe('two CPUs at once', () => {
  /** A fault as the mm hands it to the driver, whatever is in its slots by now. */
  const faultAt = (own: Printing, address: number): VmFault => {
    const { pt } = own.machine.kernel;
    const { mm } = own.process;
    const vmf = new VmFault();
    vmf.vma = mm.vmas[0]!;
    vmf.address = address;
    vmf.pud = pt.walkAlloc(2, mm, address);
    return vmf;
  };

  test('M4-8: the second finds a PUD, and its handler answers NOPAGE', () => {
    const own = lab(V2, GiB);
    const { huge_fault } = own.process.mm.vmas[0]!.vm_ops!;
    const pages = [0x1000, 0x5000].map((at) => faultAt(own, VA + at));
    expect(pages.map((vmf) => huge_fault!(vmf, 18))).toEqual([NOPAGE, NOPAGE]);
    expect(own.lines()).toEqual([
      [18, 0, NOPAGE],
      [18, 0, NOPAGE],
    ]);
    expect(entry(own, VA).word).toBe(0x80000002000002b7n);
  });

  test('P19-S9: and so with a PMD', () => {
    const own = lab(V2, 2 * MiB);
    const { huge_fault } = own.process.mm.vmas[0]!.vm_ops!;
    const pages = [0x1000, 0x5000].map((at) => {
      const vmf = faultAt(own, VA + at);
      vmf.pmd = own.machine.kernel.pt.walkAlloc(1, own.process.mm, VA + at);
      return vmf;
    });
    expect(pages.map((vmf) => huge_fault!(vmf, 9))).toEqual([NOPAGE, NOPAGE]);
    expect(entry(own, VA)).toEqual({ level: 1, word: 0x80000002000002b7n });
  });

  test('P19-S10, 5.3: V0 for the second page meets the PMD of the first, and is out of memory', () => {
    const own = lab(V0, 2 * MiB);
    own.touch(VA);
    expect(entry(own, VA).level).toBe(1);
    const { fault } = own.process.mm.vmas[0]!.vm_ops!;
    expect(fault!(faultAt(own, VA + 0x1000))).toBe(VM_FAULT_OOM);
    expect(own.lines()).toEqual([[0, 1, VM_FAULT_OOM]]);
  });
});

describe('memory_lock', () => {
  const locks = (own: Printing, action: () => void): string[] => {
    const { events } = own.machine.kernel;
    events.recording = true;
    events.take();
    action();
    return events
      .take()
      .flatMap((event) => (event.kind === 'lock' ? [`${event.action} ${event.lock}`] : []));
  };

  test('4.11: is read-held around the insertion, inside the VMA lock', () => {
    const own = lab(V2, GiB);
    expect(locks(own, () => own.process.touch(VA, false))).toEqual([
      'acquire VMA lock (read)',
      'acquire memory_lock (read)',
      'acquire page_table_lock',
      'release page_table_lock',
      'release memory_lock (read)',
      'release VMA lock (read)',
    ]);
  });

  test('4.12, M13: a fault that does not fit takes no lock of the device', () => {
    const own = lab(V2, 16 * KiB);
    const taken = locks(own, () => own.process.touch(VA, false));
    expect(taken.filter((name) => name.includes('memory_lock'))).toHaveLength(2);
    expect(taken.indexOf('acquire mmap_lock (read)')).toBeLessThan(
      taken.indexOf('acquire memory_lock (read)'),
    );
  });

  test('19.11: a zap holds it for writing, around i_mmap_rwsem and the page-table lock', () => {
    const own = lab(V2, GiB);
    own.process.touch(VA, false);
    const taken = locks(own, () => own.machine.device.writeCommand(0));
    expect(taken[0]).toBe('acquire memory_lock (write)');
    expect(taken[1]).toBe('acquire i_mmap_rwsem (read)');
    expect(taken.slice(-2)).toEqual(['release i_mmap_rwsem (read)', 'release memory_lock (write)']);
  });
});
