// Goal: a KernelBug says what happened, in which kernel function, and in which state.
import { KernelBug } from '@pfnmap/pgtable-core';
import { expect, test } from 'vitest';

test('the message has place, event and facts', () => {
  const bug = new KernelBug('a leaf is read as a table', '__split_huge_pmd', {
    address: '0x40001000',
    level: 2,
    special: true,
  });
  expect(bug.message).toBe(
    '__split_huge_pmd: a leaf is read as a table (address=0x40001000, level=2, special=true)',
  );
  expect(bug.where).toBe('__split_huge_pmd');
  expect(bug.state).toEqual({ address: '0x40001000', level: 2, special: true });
  expect(bug.name).toBe('KernelBug');
  expect(bug).toBeInstanceOf(Error);
});

test('without facts there are no brackets', () => {
  expect(new KernelBug('the range is empty', 'remap_pfn_range').message).toBe(
    'remap_pfn_range: the range is empty',
  );
});
