// Goal: the mappings of a file are visited in the order of Linux's interval tree: by first page, a child behind its parent.
// Method: random insertions against a sorted list that keeps the order of equals.
import { AddressSpace, type VmAreaStruct } from '@pfnmap/mm-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapping } from './mappings.ts';

const at = (vm_pgoff: number): VmAreaStruct => mapping(0, 4096, { vm_pgoff });

test('mappings stand by first page; equal ones in the order they came', () => {
  const seed = 41;
  const isStable = fc.property(fc.array(fc.nat(5), { maxLength: 30 }), (pages) => {
    const space = new AddressSpace();
    const vmas = pages.map(at);
    for (const vma of vmas) space.insert(vma);
    // Array.prototype.sort is stable.
    expect(space.i_mmap).toEqual([...vmas].sort((a, b) => a.vm_pgoff - b.vm_pgoff));
    for (const vma of [...vmas].reverse()) space.remove(vma);
    expect(space.i_mmap).toEqual([]);
  });
  fc.assert(isStable, { seed });
});

test("fork's copy stands directly behind its source, so that no zap can miss it", () => {
  const space = new AddressSpace();
  const [parent, sibling, other] = [at(0), at(0), at(9)] as const;
  for (const vma of [parent, sibling, other]) space.insert(vma);
  const child = at(0);
  space.insertAfter(child, parent);
  expect(space.i_mmap).toEqual([parent, child, sibling, other]);
  expect(space.i_mmap.indexOf(child)).toBe(1);
});

test('behind a source that is not there, a mapping stands last', () => {
  const space = new AddressSpace();
  space.insert(at(5));
  const late = at(0);
  space.insertAfter(late, at(5));
  expect(space.i_mmap[1]).toBe(late);
});

test('removing what is not mapped changes nothing', () => {
  const space = new AddressSpace();
  space.insert(at(0));
  space.remove(at(0));
  expect(space.i_mmap).toHaveLength(1);
});
