// Goal: the same ten things done on kernels of both architectures give what the specification lists for each. Method: its
// end-to-end list Y13 for x86_64 and Y14 for arm64: a BAR of 4 GiB at 0x4000000000, mapped at 0x7f0000000000.

import { FollowPfnmapArgs } from '@pfnmap/follow-pfnmap';
import { EFAULT } from '@pfnmap/mm-core';
import { computer, entryAt, forkOf, GiB, KiB, MiB, mapBar, R, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import type { MachineArch } from '../src/index.ts';

const SIGBUS = 7;
const SIGSEGV = 11;
const BAR = 0x4000000000;

interface Expected {
  readonly arch: MachineArch;
  readonly kernel: string;
  /** Level and bytes of the entries. */
  readonly level: number;
  readonly size: number;
  /** Lookups of a DMA map, for each GiB of the BAR. */
  readonly lookups: number;
}

const KERNELS: readonly Expected[] = [
  { arch: 'x86_64', kernel: '6.12.117', level: 2, size: GiB, lookups: 262144 },
  { arch: 'x86_64', kernel: '7.3', level: 2, size: GiB, lookups: 1 },
  { arch: 'arm64', kernel: '6.12.117', level: 1, size: 2 * MiB, lookups: 262144 },
  { arch: 'arm64', kernel: '7.3', level: 1, size: 2 * MiB, lookups: 512 },
];

describe.each(KERNELS)('$arch, $kernel', ({ arch, kernel, level, size, lookups }) => {
  const start = () => {
    const machine = computer({ arch, kernel, barBytes: 4 * GiB, barStart: BAR });
    const process = machine.spawn();
    mapBar(machine, process, { length: 4 * GiB });
    return { machine, process };
  };
  const touched = (...gigabytes: number[]) => {
    const own = start();
    for (const index of gigabytes) own.process.touch(VA + index * GiB, false);
    return own;
  };

  test('1: a touch of the first byte gives one entry, in which every frame is found', () => {
    const { machine, process } = touched(0);
    expect(entryAt(machine, process, VA).level).toBe(level);
    const { pfnmap } = machine.layers.follow;
    const inside = 0x12345678 % size;
    const args = new FollowPfnmapArgs(process.mm.vmas[0]!, VA + inside);
    expect(pfnmap!.follow_pfnmap_start(args)).toBe(0);
    expect(args.pfn).toBe(Math.floor((BAR + inside) / (4 * KiB)));
    pfnmap!.follow_pfnmap_end(args);
  });

  test('2: a touch in the fourth GiB gives a second entry, and leaves those between empty', () => {
    const { machine, process } = touched(0);
    process.touch(VA + 3 * GiB + 5, false);
    const words = [0, 1, 2, 3].map((index) => entryAt(machine, process, VA + index * GiB).word);
    expect(words.map((word) => word === 0n)).toEqual([false, true, true, false]);
  });

  test('3: a child has the same entries, not accessed, and needs no fault for them', () => {
    const { machine, process } = touched(0, 3);
    const before = entryAt(machine, process, VA);
    const child = forkOf(process);
    const accessed = arch === 'x86_64' ? 0x20n : 0x400n;
    expect(entryAt(machine, process, VA)).toEqual(before);
    expect(entryAt(machine, child, VA)).toEqual({ level, word: before.word & ~accessed });
    let calls = 0;
    machine.watchFaults(() => calls++);
    expect(child.touch(VA, false)).toBe(0);
    expect([entryAt(machine, child, VA), calls]).toEqual([before, 0]);
  });

  test('5: a DMA map faults in what is missing', () => {
    const { machine, process } = touched(0);
    // Where each page is looked up, half of the BAR is enough.
    const gigabytes = kernel === '7.3' ? 4 : 2;
    const request = { iova: 8 * GiB, vaddr: VA, size: gigabytes * GiB, read: true, write: true };
    expect(machine.dma.mapDma(process.mm, request)).toBe(0);
    expect(machine.dma.counts).toEqual({ lookups: gigabytes * lookups, iommuMaps: 1 });
    expect(machine.dma.domain.lookup(9 * GiB)?.address).toBe(BAR + GiB);
  });

  test('6: while memory is off everything is gone, without a split', () => {
    const { machine, process } = touched(0, 1, 2, 3);
    machine.device.writeCommand(0);
    for (const index of [0, 1, 2, 3]) {
      expect(entryAt(machine, process, VA + index * GiB).word).toBe(0n);
      expect(process.touch(VA + index * GiB, false)).toBe(SIGBUS);
    }
    const { thp_split_pmd, thp_split_pud } = machine.kernel.events.counts;
    expect([thp_split_pmd, thp_split_pud]).toEqual([0, 0]);
  });

  test('7: munmap of the last GiB leaves the others', () => {
    const { machine, process } = touched(0, 1, 2, 3);
    const before = entryAt(machine, process, VA);
    expect(process.munmap(VA + 3 * GiB, GiB)).toBe(0);
    expect(entryAt(machine, process, VA + 3 * GiB).word).toBe(0n);
    expect(entryAt(machine, process, VA)).toEqual(before);
    expect(process.mm.vmas[0]!.vm_end).toBe(VA + 3 * GiB);
    expect(process.touch(VA + 3 * GiB, false)).toBe(SIGSEGV);
  });

  test('8: a page that is unmapped through the file takes its entry, and the next touch restores it', () => {
    const { machine, process } = touched(0, 1, 2, 3);
    const before = entryAt(machine, process, VA + GiB);
    const { f_mapping } = machine.device.file;
    machine.layers.memory.unmap_mapping_range(f_mapping, 2 * 2 ** 40 + GiB, 4 * KiB, true);
    expect(entryAt(machine, process, VA + GiB).word).toBe(0n);
    const { thp_split_pmd, thp_split_pud } = machine.kernel.events.counts;
    expect([thp_split_pmd, thp_split_pud]).toEqual(level === 2 ? [0, 1] : [1, 0]);
    process.touch(VA + GiB + 4 * KiB, false);
    expect(entryAt(machine, process, VA + GiB)).toEqual(before);
  });

  test('9: mprotect(READ) of the first GiB changes its entry, and a write ends the program', () => {
    const { machine, process } = touched(0, 1);
    const second = entryAt(machine, process, VA + GiB);
    expect(process.mprotect(VA, GiB, R)).toBe(0);
    const changed = entryAt(machine, process, VA);
    expect(changed.level).toBe(level);
    // On arm64 bit 7 forbids writes.
    if (arch === 'x86_64') expect(changed.word).toBe(0x80000040000002b5n);
    else expect(changed.word & 0x80n).toBe(0x80n);
    expect(process.touch(VA, true)).toBe(SIGSEGV);
    expect(process.touch(VA, false)).toBe(0);
    expect(entryAt(machine, process, VA + GiB)).toEqual(second);
  });

  test('10: no pin, and no byte for another process', () => {
    const { machine, process } = touched(0);
    const request = { address: VA, nr_pages: 1, write: true };
    expect(machine.layers.gup.pin_user_pages_fast(process.mm, request)).toBe(-EFAULT);
    expect(process.process_vm_readv(VA, 8)).toBe(-EFAULT);
  });
});

test('with five levels of page tables a GiB is one entry as well', () => {
  const machine = computer({ levels: 5, barBytes: 4 * GiB, barStart: BAR });
  const process = machine.spawn();
  const at = 2 ** 52;
  mapBar(machine, process, { at, length: 4 * GiB });
  expect(process.touch(at + 3 * GiB + 5, true)).toBe(0);
  expect(entryAt(machine, process, at + 3 * GiB)).toEqual({ level: 2, word: 0x80000040c00002f7n });
});
