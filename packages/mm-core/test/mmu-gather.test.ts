// Goal: what is flushed, and in which steps, follows Linux. Method: the rules and scenarios of the specification (section 9)
// on both architectures; the ceiling is tried on both sides.
import {
  createEventLog,
  flush_tlb_mm_range,
  flush_tlb_range,
  flushHugeTlbRange,
  type KernelEvent,
  MmuGather,
  VM_IO,
  VM_MIXEDMAP,
  VM_PFNMAP,
} from '@pfnmap/mm-core';
import type { ArchPgtable, PgtableLevel } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { arm64, x86 } from './architectures.ts';
import { emptyMm, mapping, SHARED_RW } from './mappings.ts';

const MiB2 = 2 ** 21;
const GiB = 2 ** 30;
const BASE = 0x200000000000;
const [PTE, PMD, PUD]: readonly PgtableLevel[] = [0, 1, 2];
const X86 = x86();
const ARM64 = arm64();

const recorderOn = (arch: ArchPgtable) => {
  const events = createEventLog();
  events.recording = true;
  const tlb = { arch, events };
  const flushes = () => events.take() as Extract<KernelEvent, { kind: 'tlb' }>[];
  return { tlb, flushes, mm: emptyMm(3) };
};
const gathered = (arch: ArchPgtable, work: (gather: MmuGather) => void, fullmm = false) => {
  const { tlb, flushes, mm } = recorderOn(arch);
  const gather = new MmuGather(tlb, mm, fullmm);
  work(gather);
  gather.finish();
  return flushes();
};

describe('x86_64 flushes in single steps up to the ceiling of 33, then the whole mm', () => {
  test.each([
    ['33 pages', 12, 33, false],
    ['34 pages', 12, 34, true],
    ['33 PMDs', 21, 33, false],
    ['34 PMDs', 21, 34, true],
    ['33 PUDs', 30, 33, false],
    ['34 PUDs', 30, 34, true],
  ] as const)('M9-4: %s', (_what, shift, count, full) => {
    const { tlb, flushes, mm } = recorderOn(X86);
    const end = BASE + count * 2 ** shift;
    flush_tlb_mm_range(tlb, mm, BASE, end, shift);
    expect(flushes()).toEqual([
      { kind: 'tlb', mm: 3, start: BASE, end, strideShift: shift, full, freedTables: false },
    ]);
  });

  test.each([33, 34])('M9-4: a zap of %i PMD leaves that were gathered', (count) => {
    const flushes = gathered(X86, (gather) => {
      for (let index = 0; index < count; index++) gather.cleared(PMD!, BASE + index * MiB2);
    });
    expect(flushes).toHaveLength(1);
    expect(flushes[0]).toMatchObject({ strideShift: 21, full: count === 34 });
  });

  test('M9-1: eight PUD leaves are eight steps of 1 GiB in one flush', () => {
    const flushes = gathered(X86, (gather) => {
      for (let index = 0; index < 8; index++) gather.cleared(PUD!, BASE + index * GiB);
      gather.freedTable(3, BASE);
    });
    expect(flushes).toHaveLength(1);
    expect(flushes[0]).toMatchObject({ strideShift: 30, freedTables: true });
  });

  test.each([
    ['PMD', PMD!, MiB2],
    ['PUD', PUD!, GiB],
  ])('a flush of one %s leaf by itself steps by pages, and so is full', (_name, level, size) => {
    const { tlb, flushes, mm } = recorderOn(X86);
    flushHugeTlbRange(tlb, mm, level, BASE, BASE + size);
    expect(flushes()).toMatchObject([{ strideShift: 12, full: true }]);
  });
});

test.each([
  ['PMD', PMD!, 21],
  ['PUD', PUD!, 30],
])('arm64 flushes one %s leaf in one step of its size', (_name, level, shift) => {
  const { tlb, flushes, mm } = recorderOn(ARM64);
  flushHugeTlbRange(tlb, mm, level, BASE, BASE + 2 ** shift);
  expect(flushes()).toMatchObject([{ strideShift: shift, full: false }]);
});

describe.each([
  ['x86_64', X86],
  ['arm64', ARM64],
])('the gather of %s', (_name, arch) => {
  test('flushes nothing when nothing was cleared', () => {
    expect(gathered(arch, () => {})).toEqual([]);
  });

  test('covers all that was cleared, in steps of the lowest level', () => {
    const order = [PUD!, PMD!, PTE!];
    for (const levels of [[2], [2, 1], [1, 2], [0, 2], [2, 1, 0]] as PgtableLevel[][]) {
      const flushes = gathered(arch, (gather) => {
        for (const level of levels) gather.cleared(level, BASE + level * GiB);
      });
      const lowest = order.filter((level) => levels.includes(level)).pop()!;
      const highest = Math.max(...levels) as PgtableLevel;
      expect(flushes).toHaveLength(1);
      expect(flushes[0]).toMatchObject({
        start: BASE + Math.min(...levels) * GiB,
        end: BASE + highest * GiB + arch.geometry.levels[highest].size,
        strideShift: arch.geometry.levels[lowest].shift,
        freedTables: false,
      });
    }
  });

  test('flushes a PFN mapping when its VMA ends, and then starts anew', () => {
    const pfnmap = mapping(BASE, BASE + GiB, { vm_flags: SHARED_RW | VM_PFNMAP | VM_IO });
    const flushes = gathered(arch, (gather) => {
      gather.cleared(PUD!, BASE);
      gather.endVma(pfnmap);
      gather.cleared(PMD!, BASE + GiB);
    });
    expect(flushes.map(({ start, strideShift }) => [start, strideShift])).toEqual([
      [BASE, 30],
      [BASE + GiB, 21],
    ]);
  });

  test('flushes a MIXEDMAP VMA at its end as well, any other there on arm64 only', () => {
    for (const [vm_flags, count] of [
      [SHARED_RW | VM_MIXEDMAP, 2],
      [SHARED_RW, arch.update.flushesEachVma ? 2 : 1],
    ] as const) {
      const flushes = gathered(arch, (gather) => {
        gather.cleared(PMD!, BASE);
        gather.endVma(mapping(BASE, BASE + GiB, { vm_flags }));
        gather.cleared(PMD!, BASE + GiB);
      });
      expect(flushes).toHaveLength(count);
    }
  });

  test('flushes once, at the very end, when the whole address space goes', () => {
    const pfnmap = mapping(BASE, BASE + GiB, { vm_flags: SHARED_RW | VM_PFNMAP });
    const flushes = gathered(
      arch,
      (gather) => {
        for (let index = 0; index < 3; index++) {
          gather.cleared(PUD!, BASE + index * GiB);
          gather.endVma(pfnmap);
        }
      },
      true,
    );
    expect(flushes).toHaveLength(1);
    expect(flushes[0]).toMatchObject({ start: 0, end: Number.POSITIVE_INFINITY });
  });

  test('flushes a page for a table that was freed, in steps of the entry that led to it', () => {
    const flushes = gathered(arch, (gather) => gather.freedTable(PMD!, BASE));
    const size = arch.update.flushRoundsToStep ? MiB2 : 4096;
    expect(flushes).toMatchObject([
      { start: BASE, end: BASE + size, strideShift: 21, freedTables: true },
    ]);
  });
});

test('arm64 widens a flush to whole steps', () => {
  const { tlb, flushes, mm } = recorderOn(ARM64);
  flush_tlb_mm_range(tlb, mm, BASE + 4096, BASE + 8192, 21);
  flush_tlb_range(tlb, mm, BASE + 100, BASE + 4000);
  expect(flushes().map(({ start, end }) => [start - BASE, end - BASE])).toEqual([
    [0, MiB2],
    [0, 4096],
  ]);
});

test('where VMAs are flushed together, that happens before their tables go', () => {
  const merging: ArchPgtable = { ...X86, update: { ...X86.update, mergesVmaFlushes: true } };
  const pfnmap = mapping(BASE, BASE + GiB, { vm_flags: SHARED_RW | VM_PFNMAP });
  const flushes = gathered(merging, (gather) => {
    gather.cleared(PUD!, BASE);
    gather.endVma(pfnmap);
    gather.cleared(PUD!, BASE + GiB);
    gather.endVma(pfnmap);
    gather.freeVmas();
    gather.freedTable(3, BASE);
  });
  expect(flushes).toMatchObject([
    { start: BASE, end: BASE + 2 * GiB, freedTables: false },
    { start: BASE, freedTables: true },
  ]);
  const ordinary = gathered(merging, (gather) => {
    gather.cleared(PMD!, BASE);
    gather.endVma(mapping(BASE, BASE + GiB));
    gather.freeVmas();
    gather.freedTable(PMD!, BASE);
  });
  expect(ordinary).toHaveLength(1);
});

test('nothing is built while nobody records', () => {
  const { tlb, mm } = recorderOn(X86);
  tlb.events.recording = false;
  flush_tlb_mm_range(tlb, mm, BASE, BASE + GiB, 12);
  expect(tlb.events.take()).toEqual([]);
});
