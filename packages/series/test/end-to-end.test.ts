// Ten end-to-end scenarios on the finished kernel: a BAR of 4 GiB at 0x4000000000, mapped at 0x7f0000000000.
import { EFAULT } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import { bootWith, followed, VA } from '../src/replay/computer.ts';
import { playText } from './playing.ts';

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const BAR = 0x4000000000n;
const REGION_2 = 2 * 2 ** 40;
const ACCESSED = { x86_64: 1n << 5n, arm64: 1n << 10n } as const;

type Arch = 'x86_64' | 'arm64';

function withBar(arch: Arch, kernel = '6.12.117') {
  const machine = bootWith('bar=4G', { arch, kernel }, BAR);
  const process = machine.spawn();
  const file = machine.device.file;
  process.mmap({ address: VA, length: 4 * GiB, prot: 3, shared: true, file, offset: REGION_2 });
  const { pt, mem } = machine.kernel;
  const entry = (offset: number, of = process): { level: number; word: bigint } => {
    const slot = pt.walk(of.mm, VA + offset);
    const [lo, hi] = [mem.lanes[slot]! >>> 0, mem.lanes[slot + 1]! >>> 0];
    return { level: pt.walked.level, word: (BigInt(hi) << 32n) | BigInt(lo) };
  };
  const slots = (of = process): bigint[] => [0, 1, 2, 3].map((slot) => entry(slot * GiB, of).word);
  return { machine, process, entry, slots };
}

const leaf = (slot: number): bigint => 0x80000040000002b7n + BigInt(slot * GiB);

describe('Y13: x86_64', () => {
  const boot = (kernel?: string) => withBar('x86_64', kernel);

  test('Y13-1: the first touch makes one PUD leaf, and a lookup tells the frame inside it', () => {
    const { machine, process, entry } = boot();
    expect(process.touch(VA, false)).toBe(0);
    expect(entry(0)).toEqual({ level: 2, word: leaf(0) });
    const vma = process.mm.vma_lookup(VA)!;
    expect(followed(machine, vma, VA + 0x12345678)).toEqual({ pfn: 0x4012345, special: true });
  });

  test('Y13-2: a touch at 3 GiB makes the leaf of slot 3 alone', () => {
    const { process, slots } = boot();
    process.touch(VA, false);
    process.touch(VA + 3 * GiB + 5, false);
    expect(slots()).toEqual([leaf(0), 0n, 0n, leaf(3)]);
  });

  test('Y13-3: a child has the same leaves, not accessed; its touch sets the flag', () => {
    const { process, slots } = boot();
    process.touch(VA, false);
    process.touch(VA + 3 * GiB + 5, false);
    const child = process.fork();
    if (typeof child === 'number') throw new RangeError(`fork: ${child}`);
    expect(slots()).toEqual([leaf(0), 0n, 0n, leaf(3)]);
    const old = (slot: number): bigint => leaf(slot) & ~ACCESSED.x86_64;
    expect(slots(child)).toEqual([old(0), 0n, 0n, old(3)]);
    child.touch(VA, false);
    expect(slots(child)).toEqual([leaf(0), 0n, 0n, old(3)]);
  });

  test.each([
    ['1G', 0x40000000, [1, 0]],
    ['2M', 0x40200000, [0, 1]],
    ['4K', 0x40001000, [0, 0]],
  ])('Y13-4: a guest range that is aligned to %s gets entries of that size', (_size, gpa, huge) => {
    const text = `machine bar=4G\nvfio\nkvm\nmmap a bar2 length=4G align=1G\nkvmslot a length=2G gpa=${gpa}\nkvmaccess gpa=${0x60000000}\nkvmstat\n`;
    const { capture } = playText(text, { arch: 'x86_64', kernel: '6.12.117' }, BAR);
    const [answer] = capture.steps.at(-1)!.answers;
    const { pages_1g, pages_2m } = answer as { pages_1g: number; pages_2m: number };
    expect([pages_1g, pages_2m]).toEqual(huge);
  });

  test.each([
    ['6.12.117', 1048576],
    ['7.3', 4],
  ])('Y13-5: the DMA map of the BAR takes, on %s, %i lookups', (kernel, lookups) => {
    const { machine, process, slots } = boot(kernel);
    const request = { iova: 2 ** 36, vaddr: VA, size: 4 * GiB, read: true, write: true };
    expect(machine.dma.mapDma(process.mm, request)).toBe(0);
    expect(machine.dma.counts.lookups).toBe(lookups);
    expect(slots().map((word) => word & 0x280n)).toEqual([0x280n, 0x280n, 0x280n, 0x280n]);
  });

  test('Y13-6: memory disable clears four slots and splits nothing; a touch gets SIGBUS', () => {
    const { machine, process, slots } = boot();
    for (const slot of [0, 1, 2, 3]) process.touch(VA + slot * GiB, false);
    machine.device.writeCommand(0);
    expect(slots()).toEqual([0n, 0n, 0n, 0n]);
    expect(machine.kernel.events.counts.thp_split_pud).toBe(0);
    expect(process.touch(VA, false)).toBe(7);
  });

  test('Y13-7: munmap of the last GiB clears slot 3; the others stay', () => {
    const { process, slots } = boot();
    for (const slot of [0, 1, 2, 3]) process.touch(VA + slot * GiB, false);
    expect(process.munmap(VA + 3 * GiB, GiB)).toBe(0);
    expect(slots()).toEqual([leaf(0), leaf(1), leaf(2), 0n]);
    expect(process.mm.vma_lookup(VA)!.vm_end).toBe(VA + 3 * GiB);
  });

  test('Y13-8: 4 KiB unmapped by way of the file clear slot 1 by one split; a touch restores it', () => {
    const { machine, process, slots } = boot();
    for (const slot of [0, 1, 2, 3]) process.touch(VA + slot * GiB, false);
    const { memory } = machine.layers;
    memory.unmap_mapping_range(machine.device.file.f_mapping, REGION_2 + GiB, 4 * KiB, true);
    expect(slots()).toEqual([leaf(0), 0n, leaf(2), leaf(3)]);
    expect(machine.kernel.events.counts.thp_split_pud).toBe(1);
    process.touch(VA + GiB + 0x5000, false);
    expect(slots()[1]).toBe(leaf(1));
  });

  test('Y13-9: mprotect to read-only rewrites slot 0; a write gets SIGSEGV', () => {
    const { process, slots } = boot();
    process.touch(VA, false);
    expect(process.mprotect(VA, GiB, 1)).toBe(0);
    expect(slots()[0]).toBe(0x80000040000002b5n);
    expect(process.touch(VA, true)).toBe(11);
  });

  test('Y13-10: nobody gets a page of it', () => {
    const { machine, process } = boot();
    process.touch(VA, false);
    const request = { address: VA, nr_pages: 1, write: false };
    expect(machine.layers.gup.pin_user_pages_remote(process.mm, request)).toBe(-EFAULT);
    expect(process.process_vm_readv(VA, 8)).toBe(-EFAULT);
  });
});

describe('Y14: arm64 with 4 KiB pages', () => {
  const boot = (kernel?: string) => withBar('arm64', kernel);

  test('Y14-1: the first touch makes one PMD leaf of 2 MiB', () => {
    const { machine, process, entry } = boot();
    process.touch(VA, false);
    expect(entry(0).level).toBe(1);
    expect(entry(2 * MiB)).toEqual({ level: 1, word: 0n });
    const vma = process.mm.vma_lookup(VA)!;
    expect(followed(machine, vma, VA + 0x123456)).toEqual({ pfn: 0x4000123, special: true });
  });

  test('Y14-3: a child has the same leaf, not accessed', () => {
    const { process, entry } = boot();
    process.touch(VA, false);
    const parent = entry(0).word;
    const child = process.fork();
    if (typeof child === 'number') throw new RangeError(`fork: ${child}`);
    expect(entry(0).word).toBe(parent);
    expect(entry(0, child).word).toBe(parent & ~ACCESSED.arm64);
  });

  test('Y14-5: the DMA map of the BAR takes, on 7.3, 2048 lookups', () => {
    const { machine, process } = boot('7.3');
    const request = { iova: 2 ** 36, vaddr: VA, size: 4 * GiB, read: true, write: true };
    expect(machine.dma.mapDma(process.mm, request)).toBe(0);
    expect(machine.dma.counts.lookups).toBe(2048);
  });

  test('Y14-6: memory disable clears 2048 slots and splits nothing', () => {
    const { machine, process, entry } = boot();
    for (let offset = 0; offset < 4 * GiB; offset += 2 * MiB) process.touch(VA + offset, false);
    const mapped = (): number => {
      let count = 0;
      for (let offset = 0; offset < 4 * GiB; offset += 2 * MiB) {
        const { level, word } = entry(offset);
        if (level === 1 && word !== 0n) count++;
      }
      return count;
    };
    expect(mapped()).toBe(2048);
    machine.device.writeCommand(0);
    expect(mapped()).toBe(0);
    expect(machine.kernel.events.counts.thp_split_pmd).toBe(0);
    expect(process.touch(VA, false)).toBe(7);
  });

  test('Y14-8: 4 KiB unmapped by way of the file clear one PMD by one split', () => {
    const { machine, process, entry } = boot();
    process.touch(VA, false);
    process.touch(VA + 2 * MiB, false);
    const { memory } = machine.layers;
    memory.unmap_mapping_range(machine.device.file.f_mapping, REGION_2 + 2 * MiB, 4 * KiB, true);
    expect(entry(0).word).not.toBe(0n);
    expect(entry(2 * MiB).word).toBe(0n);
    expect(machine.kernel.events.counts.thp_split_pmd).toBe(1);
  });
});

describe('R8: 1 GiB of BAR, touched everywhere', () => {
  const FULL = 'machine bar=1G\nvfio\nmmap a bar2 length=1G align=1G\ntouchall a step=2M\n';
  const SIXTEEN = ['ARM64_16K_PAGES'];

  test.each([
    ['x86_64', '6.12.117', [], '1 of 1024 MiB'],
    ['x86_64', '7.3', [], '1 of 1024 MiB'],
    ['arm64', '6.12.117', [], '512 of 2 MiB'],
    ['arm64', '7.3', [], '512 of 2 MiB'],
    ['arm64', '6.12.117+deb12-arm64-16k', [], '32 of 32 MiB'],
    ['arm64', '7.3', SIXTEEN, '32 of 32 MiB'],
  ] as const)('%s, %s %j: %s', (arch, kernel, symbols, expected) => {
    const { mapped } = playText(FULL, { arch, kernel, with: symbols }, BAR).summary;
    expect(mapped.map(({ entries, size }) => `${entries} of ${size / MiB} MiB`)).toEqual([
      expected,
    ]);
  });
});
