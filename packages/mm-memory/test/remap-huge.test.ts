// EXPERIMENT_REMAP_PFN_HUGE: remap_pfn_range() with leaves, and that no operation loses what nobody faults in again.
import { resolveKernel } from '@pfnmap/kconfig';
import { VM_IO, VM_PFNMAP } from '@pfnmap/mm-core';
import { BarProcess, forkOf, GiB, KiB, MiB, R, RW, VA, type Wanted } from '@pfnmap/testbed';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const HUGE = {
  kernel: '7.3',
  with: ['EXPERIMENT_SPLIT_LEAVES', 'EXPERIMENT_REMAP_PFN_HUGE'],
} as const;

function remapped(length: number, at = VA, wanted: Wanted = HUGE, offset = 0): BarProcess {
  const bar = new BarProcess(wanted);
  bar.mapLab(length, { mode: 'remap' }, { address: at, offset });
  return bar;
}
const entries = (bar: BarProcess, at = VA, length = GiB + 4 * MiB) => bar.mapped(at, at + length);
/** Signals of one access in each page of a size. */
const signals = (bar: BarProcess, length: number, step: number, write = false): number => {
  let count = 0;
  for (let at = VA; at < VA + length; at += step) if (bar.touch(at, write).length > 0) count++;
  return count;
};

describe('as large as address, frame and length allow', () => {
  test.each([
    ['1 GiB', GiB, 0, 0, [1, 0, 0]],
    ['1 GiB, 2 MiB and a page', GiB + 2 * MiB + 4 * KiB, 0, 0, [1, 1, 1]],
    ['1 GiB from 2 MiB on, same phase', GiB, 2 * MiB, 2 * MiB, [0, 512, 0]],
    ['1 GiB, phases apart by 2 MiB', GiB, 0, 2 * MiB, [0, 512, 0]],
    ['4 MiB, phases apart by a page', 4 * MiB, 0, 4 * KiB, [0, 0, 1024]],
    ['4 MiB from 1 MiB on, same phase', 4 * MiB, MiB, MiB, [0, 1, 512]],
  ] as const)('%s', (_title, length, phase, offset, counts) => {
    const bar = remapped(length, VA + phase, HUGE, offset);
    expect(entries(bar)).toEqual(counts);
  });
  test('2 MiB at most on arm64, 32 MiB with 16K pages', () => {
    expect(entries(remapped(GiB, VA, { ...HUGE, arch: 'arm64' }))).toEqual([0, 512, 0]);
  });
  test('PTEs alone in a private mapping, and in any of today’s', () => {
    const bar = new BarProcess(HUGE);
    bar.mapLab(4 * MiB, { mode: 'remap' }, { shared: false });
    expect(entries(bar)).toEqual([0, 0, 1024]);
    expect(entries(remapped(4 * MiB, VA, { kernel: '7.3' }))).toEqual([0, 0, 1024]);
  });
});

describe('the words are those of a leaf that a fault inserts', () => {
  // 0x…2b7 and 0x…237 as 6.12.117 showed them for the same BAR.
  test('PUD, PMD and PTE', () => {
    const bar = remapped(GiB + 2 * MiB + 4 * KiB);
    expect([VA, VA + GiB, VA + GiB + 2 * MiB].map((at) => bar.entry(at))).toEqual([
      'pud 0x80000002000002b7',
      'pmd 0x80000002400002b7',
      'pte 0x8000000240200237',
    ]);
  });
});

test('tables: none below a PUD leaf, one PMD table for PMD leaves, and all of them for PTEs', () => {
  const bytes = (wanted: Wanted, phase: number): number => {
    const bar = new BarProcess({ ...wanted, ramBytes: 32 * MiB });
    return bar.tables(() => bar.mapLab(GiB, { mode: 'remap' }, { address: VA + phase }));
  };
  expect(bytes(HUGE, 0)).toBe(4096);
  // The range lies in two spans of 1 GiB.
  expect(bytes(HUGE, 2 * MiB)).toBe(4096 + 2 * 4096);
  expect(bytes({ kernel: '7.3' }, 0)).toBe(4096 + 4096 + 512 * 4096);
});

describe('what touches part of a leaf loses nothing else', () => {
  test('munmap of a page', () => {
    const bar = remapped(GiB);
    bar.process.munmap(VA + 4 * KiB, 4 * KiB);
    expect(entries(bar)).toEqual([0, 511, 511]);
    expect(signals(bar, 2 * MiB, 4 * KiB)).toBe(1);
    expect(signals(bar, GiB, 2 * MiB)).toBe(0);
  });
  test('mprotect of a page, and a store to a page that had no right', () => {
    const bar = remapped(GiB);
    bar.process.mprotect(VA, GiB, R);
    bar.process.mprotect(VA + 4 * KiB, 4 * KiB, RW);
    expect(bar.touch(VA + 4 * KiB, true)).toEqual([]);
    expect(signals(bar, 2 * MiB, 4 * KiB, true)).toBe(511);
    expect(signals(bar, GiB, 2 * MiB)).toBe(0);
  });
  test('reading smaps and numa_maps', () => {
    const bar = remapped(GiB + 2 * MiB);
    bar.process.smaps();
    bar.pagewalk.numa_maps(bar.process.mm);
    expect(entries(bar)).toEqual([0, 513, 0]);
    expect(signals(bar, GiB + 2 * MiB, 2 * MiB)).toBe(0);
  });
  test('mremap moves a PUD leaf whole', () => {
    const bar = remapped(GiB);
    const request = { address: VA, oldLength: GiB, newLength: GiB, flags: 3 };
    bar.process.mremap({ ...request, newAddress: VA + 4 * GiB });
    // Moved entries are soft-dirty on x86.
    expect(bar.entry(VA + 4 * GiB)).toBe('pud 0x8000000200000ab7');
    expect(bar.log()).toEqual([]);
  });
  test('mremap to another phase', () => {
    const bar = remapped(GiB);
    const request = { address: VA, oldLength: GiB, newLength: GiB, flags: 3 };
    bar.process.mremap({ ...request, newAddress: VA + 4 * GiB + 4 * KiB });
    expect(entries(bar, VA + 4 * GiB, GiB + 2 * MiB)).toEqual([0, 0, 2 ** 18]);
  });
  test('fork copies leaves', () => {
    const bar = remapped(GiB + 2 * MiB);
    const child = forkOf(bar.process);
    expect(bar.entry(VA, child)).toBe('pud 0x8000000200000297');
    expect(bar.entry(VA + GiB, child)).toBe('pmd 0x8000000240000297');
    expect(child.touch(VA, true)).toBe(0);
  });
  test('any program of these', () => {
    const place = fc
      .tuple(fc.constantFrom(0, 2 * MiB, GiB - 2 * MiB, GiB), fc.nat(600))
      .map(([base, page]) => base + page * 4 * KiB);
    const step = fc.tuple(
      fc.constantFrom('mprotect', 'smaps', 'fork', 'mlock'),
      place,
      fc.nat(600),
    );
    const property = fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const bar = remapped(GiB + 4 * MiB);
      for (const [call, at, pages] of steps) {
        const length = Math.min((pages + 1) * 4 * KiB, GiB + 4 * MiB - at);
        if (call === 'smaps') bar.process.smaps();
        else if (call === 'fork') forkOf(bar.process).exit();
        else if (call === 'mlock') bar.process.mlock(VA + at, length);
        else bar.process.mprotect(VA + at, length, R);
        const [pud, pmd, pte] = entries(bar);
        expect(pud * GiB + pmd * 2 * MiB + pte * 4 * KiB).toBe(GiB + 4 * MiB);
      }
    });
    fc.assert(property, { seed: 20251016, numRuns: 60 });
  });
});

test('memory types: the whole range is reserved once and given back, with leaves as with PTEs', () => {
  for (const kernel of ['6.12.117', '7.3']) {
    const bar = remapped(GiB, VA, { ...HUGE, kernel });
    expect(bar.vma().vm_flags & (VM_PFNMAP | VM_IO)).toBe(VM_PFNMAP | VM_IO);
    bar.process.munmap(VA, GiB);
    expect(bar.log()).toEqual([]);
    expect(bar.mapLab(GiB, { mode: 'remap' })).toBe(VA);
  }
});

test('without memory for a table the leaf goes, and its pages answer with SIGBUS', () => {
  const bar = remapped(GiB, VA, { ...HUGE, ramBytes: MiB });
  const { mem } = bar.machine.kernel;
  const spare = Array.from({ length: mem.frames - mem.framesInUse() - 1 }, mem.allocFrame);
  bar.memory.zap_vma_ptes(bar.vma(), VA, 4 * KiB);
  for (const frame of spare) mem.freeFrame(frame);
  expect(bar.process.touch(VA + 512 * MiB, false)).toBe(7);
});

test('an occupied range is a KernelBug, as with PTEs', () => {
  const bar = remapped(2 * MiB);
  const vma = bar.vma();
  const again = () => bar.memory.remap_pfn_range(vma, VA, 0x200000, 2 * MiB, vma.vm_page_prot);
  vma.pfnmap_track_ctx = null;
  expect(again).toThrow('a leaf is already there');
});

test('it rests on splitting', () => {
  const request = { profile: '7.3', arch: 'x86', with: ['EXPERIMENT_REMAP_PFN_HUGE'] };
  expect(() => resolveKernel(request)).toThrow('EXPERIMENT_SPLIT_LEAVES');
});
