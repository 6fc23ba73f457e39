// Goal: follow_pte() knows PTEs only, and goes away with patch 16. Method: scenarios P16-S1 and P16-S3, and P10.4.
import { EINVAL } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { computer, entryAt, GiB, KiB, MiB, mapBar, VA, type Wanted } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { FollowPfnmapArgs } from '../src/index.ts';

/** The whole series but patch 16. */
const KEPT = { reverted: ['SERIES_PATCH_16'] };

function withBar(length: number, wanted: Wanted = KEPT) {
  const machine = computer(wanted);
  const process = machine.spawn();
  mapBar(machine, process, { length });
  process.touch(VA, false);
  return { machine, process, vma: process.mm.vmas[0]!, ...machine.layers.follow };
}

test.each([
  ['posted-08', true, false],
  ['posted-09', true, true],
  ['posted-15', true, true],
  ['posted-16', false, true],
  ['posted-19', false, true],
  ['6.12.117', false, true],
  ['7.3', false, true],
])('P16-S1, Q11, Q17: %s has follow_pte: %s, follow_pfnmap_start: %s', (kernel, old, fresh) => {
  const { follow } = computer({ kernel }).layers;
  expect([follow.follow_pte !== undefined, follow.pfnmap !== undefined]).toEqual([old, fresh]);
});

test('a PTE is found at its slot', () => {
  const { machine, process, vma, follow_pte } = withBar(16 * KiB);
  const slot = follow_pte!(vma, VA);
  expect(slot).toBe(machine.kernel.pt.walk(process.mm, VA));
  expect(machine.kernel.pt.pfnAt(0, slot)).toBe(0x200000);
});

describe('P10.4: a leaf is not found, and stays', () => {
  test.each([
    ['PMD', 2 * MiB, 1],
    ['PUD', GiB, 2],
  ])('a %s', (_name, length, level) => {
    const { machine, process, vma, follow_pte } = withBar(length);
    expect(follow_pte!(vma, VA)).toBe(-EINVAL);
    expect(entryAt(machine, process, VA)).toEqual({ level, word: 0x80000002000002b7n });
  });

  test('P16-S3: with DEBUG_VM a PMD is a bug, where the new lookup answers', () => {
    const { vma, follow_pte, pfnmap } = withBar(2 * MiB, { ...KEPT, with: ['DEBUG_VM'] });
    expect(() => follow_pte!(vma, VA)).toThrow(KernelBug);
    expect(pfnmap!.follow_pfnmap_start(new FollowPfnmapArgs(vma, VA))).toBe(0);
  });

  test('P16-S3: with DEBUG_VM a PUD is only an error', () => {
    const { vma, follow_pte } = withBar(GiB, { ...KEPT, with: ['DEBUG_VM'] });
    expect(follow_pte!(vma, VA)).toBe(-EINVAL);
  });
});

describe('P16.2: EINVAL', () => {
  test('for an empty PTE, an empty table, and an address outside the VMA', () => {
    const { vma, follow_pte } = withBar(16 * KiB);
    expect(follow_pte!(vma, VA + 4 * KiB)).toBe(-EINVAL);
    expect(follow_pte!(vma, VA - 1)).toBe(-EINVAL);
    expect(follow_pte!(vma, VA + 16 * KiB)).toBe(-EINVAL);
    const untouched = computer(KEPT);
    const process = untouched.spawn();
    mapBar(untouched, process, { length: 16 * KiB });
    expect(untouched.layers.follow.follow_pte!(process.mm.vmas[0]!, VA)).toBe(-EINVAL);
  });

  test('for a VMA that is neither VM_IO nor VM_PFNMAP', () => {
    const { vma, follow_pte } = withBar(16 * KiB);
    vma.vm_flags &= ~(0x400 | 0x4000);
    expect(follow_pte!(vma, VA)).toBe(-EINVAL);
  });
});
