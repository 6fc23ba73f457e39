// Goal: move_pages() tells of device memory that there is no page. Method: the answers of the captured kernels
// (scenario 39-move-pages of the lab), and a kernel without patch 06.
import { EFAULT, ENOENT } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const PATCH_06 = ['SERIES_PATCH_06', 'FIX_FOLIO_WALK_PRESENT_PMD'];
const ANON = VA + 2 ** 40;

const node = (bar: BarProcess, address: number): number =>
  bar.pagewalk.do_pages_stat(bar.process.mm, address);

function withLab(length: number, setup = {}): BarProcess {
  const bar = new BarProcess(setup);
  bar.mapLab(length, {});
  bar.process.touch(VA, false);
  return bar;
}

describe.each(['6.12.117', '7.3'])('with %s', (profile) => {
  test.each([
    ['1 GiB', GiB],
    ['2 MiB', 4 * MiB],
    ['4 KiB', MiB],
  ])('there is none behind an entry of %s, nor behind an empty one', (_size, length) => {
    const bar = withLab(length, { kernel: profile });
    expect(node(bar, VA)).toBe(-ENOENT);
    expect(node(bar, VA + length / 2)).toBe(-ENOENT);
  });

  test('anonymous memory has a node once it is written; the page of zeroes and a hole have EFAULT', () => {
    const bar = withLab(MiB, { kernel: profile });
    bar.mapFile(null, MiB, { address: ANON, shared: false });
    expect(node(bar, ANON)).toBe(-ENOENT);
    bar.process.touch(ANON, false);
    expect(node(bar, ANON)).toBe(-EFAULT);
    bar.process.touch(ANON, true);
    expect(node(bar, ANON)).toBe(0);
    expect(node(bar, ANON + MiB)).toBe(-EFAULT);
  });
});

test('without patch 06 a frame of the device is asked for its node', () => {
  const bar = withLab(GiB, { kernel: '6.12', reverted: PATCH_06 });
  expect(() => node(bar, VA)).toThrow(KernelBug);
  expect(() => node(bar, VA)).toThrow('a struct page is taken for a frame of device memory');
});
