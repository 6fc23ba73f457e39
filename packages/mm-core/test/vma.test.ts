// Goal: what a VMA says about itself.
import {
  AddressSpace,
  type File,
  linear_page_index,
  noPfnTracking,
  vm_area_dup,
  vma_is_anonymous,
  vma_mapping,
} from '@pfnmap/mm-core';
import { expect, test } from 'vitest';
import { emptyMm, mapping } from './mappings.ts';

const file: File = {
  name: '/dev/vfio/7',
  f_mapping: new AddressSpace(),
  f_op: { mmap: () => 0 },
  writable: true,
};

test('a new VMA has operations without callbacks, so it is not anonymous', () => {
  const vma = mapping(0, 4096);
  expect(vma_is_anonymous(vma)).toBe(false);
  expect(vma.vm_ops).toEqual({});
  vma.vm_ops = null;
  expect(vma_is_anonymous(vma)).toBe(true);
});

test('its mapping is that of its file', () => {
  expect(vma_mapping(mapping(0, 4096))).toBe(null);
  expect(vma_mapping(mapping(0, 4096, { vm_file: file }))).toBe(file.f_mapping);
});

test.each([
  [4096, 0x40000000, 0x100],
  [4096, 0x40000fff, 0x100],
  [4096, 0x40001000, 0x101],
  [4096, 0x80000000, 0x40100],
  [65536, 0x40010000, 0x101],
])('with pages of %i bytes address %i is page %i of the file', (pageSize, address, page) => {
  const vma = mapping(0x40000000, 0x100000000, { vm_pgoff: 0x100 });
  expect(linear_page_index(vma, address, pageSize)).toBe(page);
});

test('region 2 of a device fits into vm_pgoff without loss', () => {
  const regionPages = 2 ** 40 / 4096;
  const vma = mapping(0x7f0000000000, 0x7f0040000000, { vm_pgoff: 2 * regionPages + 512 });
  expect(linear_page_index(vma, 0x7f003ffff000, 4096)).toBe(2 * regionPages + 512 + 0x3ffff);
});

test('without memory types a protection stays as it is and nothing fails', () => {
  const vma = mapping(0, 4096);
  expect(noPfnTracking.insert(0x200000, 0x37)).toBe(0x37);
  expect(noPfnTracking.remap(vma, 0x200000, 0, 4096, 0x37)).toEqual({ error: 0, prot: 0x37 });
  expect(noPfnTracking.copy(vma, vma)).toBe(0);
  noPfnTracking.untrack(vma, 0, 0);
  noPfnTracking.share(vma, vma);
  noPfnTracking.clear(vma);
  noPfnTracking.uncopy(vma);
  noPfnTracking.close(vma);
  expect(vma.pfnmap_track_ctx).toBe(null);
});

test('a copy of a VMA has everything but its links, its tracking, and its address space if another is given', () => {
  const vma = mapping(0x1000, 0x9000, {
    vm_pgoff: 7,
    vm_flags: 0x400,
    vm_page_prot: 0x37,
    vm_file: file,
  });
  Object.assign(vma, {
    vm_flags_high: 0x80,
    vm_ops: {},
    vm_private_data: file,
    anon_vma: Symbol('anon_vma'),
  });
  vma.vm_policy = 'bind:0';
  const copy = vm_area_dup(vma);
  expect(copy).toEqual(vma);
  expect(copy).not.toBe(vma);
  vma.pfnmap_track_ctx = {};
  expect(vm_area_dup(vma).pfnmap_track_ctx).toBe(null);
  const other = emptyMm(9);
  expect(vm_area_dup(vma, other).vm_mm).toBe(other);
});
