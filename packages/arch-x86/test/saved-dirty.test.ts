// Goal: D and its copy move as Linux moves them on every CPU. Method: the truth table of RW, D and SAVED_DIRTY, at each
// level.
import type { Prot } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { archOf } from './fake-config.ts';
import { rowsOf } from './vector-rows.ts';

const arch = archOf();
const READ = arch.protOf(0x8000000000000025n);
const WRITE = arch.protOf(0x8000000000000027n);
const NONE = arch.protOf(0x120n);

/** RW, D and SAVED_DIRTY of a leaf, from their three digits. */
const leafOf = (digits: string): Prot =>
  0xa5 |
  (digits[0] === '1' ? 1 << 1 : 0) |
  (digits[1] === '1' ? 1 << 6 : 0) |
  (digits[2] === '1' ? 1 << 26 : 0);

const digitsOf = (prot: Prot): string =>
  [1, 6, 26].map((bit) => ((prot >>> bit) & 1).toString()).join('');

describe.each(['pte', 'pmd', 'pud'] as const)('%s', (level) => {
  test.each(rowsOf<readonly string[]>('saved-dirty.json'))('RW, D, SAVED_DIRTY = %s', (...row) => {
    const [before, ...after] = row as [string, ...string[]];
    const leaf = leafOf(before);
    const results = [
      arch[`${level}_mksaveddirty`](leaf),
      arch[`${level}_clear_saveddirty`](leaf),
      arch[`${level}_wrprotect`](leaf),
      arch[`${level}_mkdirty`](leaf),
      arch[`${level}_mkclean`](leaf),
      arch[`${level}_mkwrite`](leaf),
      level === 'pud' ? leafOf(after[6] as string) : arch[`${level}_mkwrite`](leaf, true),
      arch[`${level}_modify`](leaf, WRITE),
      arch[`${level}_modify`](leaf, READ),
      arch[`${level}_modify`](leaf, NONE),
    ];
    expect(results.map(digitsOf)).toEqual(after);
  });
});

test('mkwrite_novma sets RW and leaves the copy of D where it is', () => {
  expect(arch.pte_mkwrite_novma(leafOf('001'))).toBe(leafOf('101'));
  expect(arch.pmd_mkwrite_novma(leafOf('001'))).toBe(leafOf('101'));
});

test('mkuffd_wp takes write access and keeps dirtiness, and clearing it gives no access back', () => {
  const marked = arch.pmd_mkuffd_wp(leafOf('110'));
  expect(arch.pmd_uffd_wp(marked)).toBe(true);
  expect(digitsOf(marked)).toBe('001');
  expect(digitsOf(arch.pmd_clear_uffd_wp(marked))).toBe('001');
});

test('set_access_flags stores only for a dirty fault that changes the entry', () => {
  const { setAccessFlags } = arch.update;
  expect(setAccessFlags(0x25, 0x27, false)).toBe(0x25);
  expect(setAccessFlags(0x25, 0x27, true)).toBe(0x27);
});
