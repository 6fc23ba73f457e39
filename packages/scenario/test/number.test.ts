// Numbers of the language: what the runner in the lab's guest computes for the same text, and what it would misread.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSize, readNumber } from '../src/number.ts';
import { Refusal } from '../src/refusal.ts';
import { thrown } from './thrown.ts';

test.each([
  ['0', 0],
  ['4096', 4096],
  ['0x1000', 4096],
  ['0X1F', 31],
  ['0xdeadBEEF', 0xdeadbeef],
  ['4K', 4096],
  ['2M', 2 ** 21],
  ['1G', 2 ** 30],
  ['1T', 2 ** 40],
  ['0x10K', 16384],
  ['0x00000000000000000001', 1],
  ['1G+2M', 2 ** 30 + 2 ** 21],
  ['1G+2M+0x1000', 2 ** 30 + 2 ** 21 + 4096],
  ['0x1fffffffffffff', 2 ** 53 - 1],
])('%s is %d', (text, value) => {
  expect(readNumber(text)).toBe(value);
});

test.each([
  ['', 'a number is missing', 0],
  ['-1', '"-1" is not a number', 0],
  ['abc', '"abc" is not a number', 0],
  ['4k', '"4k" is not a number', 0],
  ['2MB', '"2MB" is not a number', 0],
  ['2MiB', '"2MiB" is not a number', 0],
  ['1.5G', '"1.5G" is not a number', 0],
  ['1e3', '"1e3" is not a number', 0],
  ['0x', '"0x" is not a number', 0],
  ['010', '"010" begins with 0', 0],
  ['1G+', 'a number is missing', 3],
  ['+1G', 'a number is missing', 0],
  ['1G++1', 'a number is missing', 3],
  ['1G+2m', '"2m" is not a number', 3],
  ['9007199254740992', 'number out of range', 0],
  ['8192T', 'number out of range', 0],
  ['4096T+4096T', 'number out of range', 6],
  ['99999999999999999999999999', 'number out of range', 0],
])('%j is refused: %s', (text, what, offset) => {
  expect(thrown(() => readNumber(text))).toMatchObject({ what, offset });
});

test.each([
  ['4k', 'Did you mean "4K"?'],
  ['2MiB', 'Did you mean "2M"?'],
  ['abc', 'Did you mean "0xabc"?'],
  ['010', 'Write "10" or a 0x number.'],
])('the refusal of %s says what to do', (text, next) => {
  expect(thrown(() => readNumber(text))).toMatchObject({ next });
});

test('a million digits are refused at once', () => {
  expect(thrown(() => readNumber('9'.repeat(1_000_000)))).toBeInstanceOf(Refusal);
});

test.each([
  [0, '0'],
  [512, '512'],
  [4096, '4K'],
  [2 ** 33, '8G'],
  [2 ** 27 + 4096, '128M+4K'],
  [2 ** 53 - 1, '8191T+1023G+1023M+1023K+1023'],
])('%d bytes are written %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test('a size that is written is read back as it was', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(readNumber(formatSize(bytes))).toBe(bytes);
    }),
    { seed: 20240826 },
  );
});
