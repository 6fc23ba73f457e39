// Columns stand below each other and end without spaces.
import { expect, test } from 'vitest';
import { columns } from '../src/columns.ts';

test('cells are padded to the widest of their column', () => {
  expect(
    columns(
      [
        ['a', 'bb', 'c'],
        ['aaa', 'b', ''],
      ],
      ['right'],
    ),
  ).toEqual(['  a  bb  c', 'aaa  b']);
});

test('no rows are no lines', () => {
  expect(columns([])).toEqual([]);
});
