// Goal: iommufd maps the memory that it can pin, and never a BAR. Method: scenario C8-1 of the specification for every size of
// entry; type1 maps the same range, which tells the two apart.
import { EEXIST, EFAULT, EINVAL, ENOMEM } from '@pfnmap/mm-core';
import { GiB, KiB, MiB, VA, type Wanted } from '@pfnmap/testbed';
import { createIommufdIoas } from '@pfnmap/vfio-type1';
import { describe, expect, test } from 'vitest';
import { Container, IOVA } from './container.ts';

function withIoas(kernel = '6.12.117', wanted: Wanted = {}) {
  const container = new Container(kernel, wanted);
  const { kernel: of, layers } = container.machine;
  const ioas = createIommufdIoas(of, layers.gup, [4 * KiB, 2 * MiB, GiB]);
  const { mm } = container.process;
  const map = (size: number, { iova = IOVA, vaddr = VA } = {}): number =>
    ioas.IOMMU_IOAS_MAP(mm, { iova, vaddr, size, read: true, write: true });
  return { container, ioas, mm, map };
}

describe.each(['6.12.117', '7.3'])('C8-1, 8.4: in %s a BAR', (kernel) => {
  test.each([
    ['not touched', GiB, 0],
    ['by 1G entries', GiB, 1],
    ['by 2M entries', 2 * MiB, 1],
    ['by 4K entries', 16 * KiB, 4],
  ])('%s is EFAULT, and nothing is faulted in; type1 maps it', (_name, length, touches) => {
    const { container, ioas, mm, map } = withIoas(kernel);
    container.mapBar(length);
    for (let page = 0; page < touches; page++) container.process.touch(VA + page * 4 * KiB, true);
    container.handlerCalls();
    expect(map(Math.min(length, 2 * MiB))).toBe(-EFAULT);
    expect(container.handlerCalls()).toEqual([]);
    expect([ioas.domain.entries().size, mm.locked_vm]).toEqual([0, 0]);
    expect(container.dma(Math.min(length, 2 * MiB))).toBe(0);
  });
});

test('memory before a BAR is given back with the refusal', () => {
  const { container, ioas, mm, map } = withIoas();
  container.mapAnon(64 * KiB, VA);
  container.mapBar(64 * KiB, { at: VA + 64 * KiB });
  expect(map(128 * KiB)).toBe(-EFAULT);
  expect([ioas.domain.entries().size, mm.locked_vm]).toEqual([0, 0]);
});

test('memory is pinned, mapped page by page, and charged until it is unmapped', () => {
  const { container, ioas, mm, map } = withIoas();
  container.mapAnon(64 * KiB, VA);
  expect(map(64 * KiB)).toBe(0);
  expect(mm.locked_vm).toBe(16);
  const { pt } = container.machine.kernel;
  for (let offset = 0; offset < 64 * KiB; offset += 4 * KiB) {
    const pfn = pt.translate(mm, VA + offset);
    expect(ioas.domain.lookup(IOVA + offset)?.address).toBe(pfn * 4 * KiB);
  }
  expect(map(4 * KiB)).toBe(-EEXIST);
  expect(ioas.IOMMU_IOAS_UNMAP(IOVA, 4 * KiB)).toBe(-EINVAL);
  expect(ioas.IOMMU_IOAS_UNMAP(IOVA, 64 * KiB)).toBe(0);
  expect([ioas.domain.entries().size, mm.locked_vm]).toEqual([0, 0]);
});

test('what is no range of pages, or has no memory, is refused', () => {
  const { container, map } = withIoas();
  container.mapAnon(64 * KiB, VA);
  expect([map(0), map(6 * KiB), map(4 * KiB, { vaddr: VA + 8 })]).toEqual(Array(3).fill(-EINVAL));
  expect(map(4 * KiB, { vaddr: VA + GiB })).toBe(-EFAULT);
  const { mem } = container.machine.kernel;
  container.process.touch(VA, true);
  while (mem.allocFrame() >= 0);
  expect(map(4 * KiB)).toBe(-ENOMEM);
});
