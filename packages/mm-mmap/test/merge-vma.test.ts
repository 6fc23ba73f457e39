// Goal: neighbours become one VMA exactly where their private pages allow it. Method: the cases of is_mergeable_anon_vma(), as
// kernels answer them in scenario 80-vma-merge.

import type { Process } from '@pfnmap/machine';
import { EACCES, EPERM } from '@pfnmap/mm-core';
import { computer, forkOf, KiB, mapAnon, mapBar, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const READ = 1;
const WRITE = 3;
const READ_EXEC = 5;
const HALF = 16 * KiB;

const twoHalves = (kernel: string): Process => {
  const process = computer({ kernel }).spawn();
  mapAnon(process, VA, 2 * HALF);
  process.mprotect(VA + HALF, HALF, READ);
  return process;
};
const sizes = ({ mm }: Process): number[] =>
  mm.overlapping(VA, VA + 2 * HALF).map(({ vm_start, vm_end }) => (vm_end - vm_start) / KiB);

describe.each([
  ['6.12.117', [16, 16]],
  ['7.3', [32]],
])('in %s', (kernel, joined) => {
  test('a VMA with pages that becomes like one without', () => {
    const process = twoHalves(kernel);
    process.touch(VA, true);
    process.mprotect(VA, HALF, READ);
    expect(sizes(process)).toEqual(joined);
  });

  test('a VMA without pages that becomes like one with pages is joined', () => {
    const process = twoHalves(kernel);
    process.touch(VA, true);
    process.mprotect(VA + HALF, HALF, WRITE);
    expect(sizes(process)).toEqual([32]);
  });

  test('halves that got pages while advised differently have reverse maps of their own', () => {
    const process = twoHalves(kernel);
    process.mprotect(VA + HALF, HALF, WRITE);
    process.madvise(VA + HALF, HALF, 14);
    process.touch(VA, true);
    process.touch(VA + HALF, true);
    process.madvise(VA + HALF, HALF, 15);
    process.madvise(VA, HALF, 15);
    expect(sizes(process)).toEqual([16, 16]);
  });

  test('VMAs of a child stay apart, which had pages before the fork', () => {
    const process = twoHalves(kernel);
    process.touch(VA, true);
    const child = forkOf(process);
    child.mprotect(VA + HALF, HALF, WRITE);
    expect(sizes(child)).toEqual([16, 16]);
    process.mprotect(VA + HALF, HALF, WRITE);
    expect(sizes(process)).toEqual([32]);
  });
});

test.each([
  ['6.12.117', VA, 0],
  ['7.3', -EPERM, -EACCES],
])(
  'in %s the file of a device is mapped executable with %d, and made so with %d',
  (kernel, mapped, changed) => {
    const machine = computer({ kernel });
    const process = machine.spawn();
    const { file } = machine.device;
    const request = { address: VA, length: HALF, shared: true, file, offset: 2 * 2 ** 40 };
    expect(process.mmap({ ...request, prot: READ_EXEC })).toBe(mapped);
    mapBar(machine, process, { length: HALF });
    expect(process.mprotect(VA, HALF, READ_EXEC)).toBe(changed);
  },
);

test('locked private memory is faulted in when it becomes writable', () => {
  const process = computer().spawn();
  mapAnon(process, VA, HALF);
  process.mprotect(VA, HALF, READ);
  process.mlock(VA, HALF);
  const { anon } = process.mm.rss;
  process.mprotect(VA, HALF, WRITE);
  expect(process.mm.rss.anon - anon).toBe(4);
});
