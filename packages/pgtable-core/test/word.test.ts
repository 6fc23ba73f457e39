// Goal: 64-bit words and pairs of 32-bit lanes are the same thing. Method: all bits one by one, then random words.
import { hiOfWord, loOfWord, wordAt, wordOfLanes } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('every bit of a word is a bit of one lane', () => {
  for (let bit = 0n; bit < 64n; bit++) {
    const word = 1n << bit;
    const [low, high] = bit < 32n ? [word, 0n] : [0n, word >> 32n];
    expect(loOfWord(word)).toBe(Number(BigInt.asIntN(32, low)));
    expect(hiOfWord(word)).toBe(Number(BigInt.asIntN(32, high)));
  }
});

test('lanes put together are the word again, signed or not', () => {
  const seed = 3;
  const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const isLossless = fc.property(word, (value) => {
    const lo = loOfWord(value);
    const hi = hiOfWord(value);
    expect([lo | 0, hi | 0]).toEqual([lo, hi]);
    expect(wordOfLanes(lo, hi)).toBe(value);
    expect(wordOfLanes(lo >>> 0, hi >>> 0)).toBe(value);
    expect(wordAt(Int32Array.of(7, lo, hi), 1)).toBe(value);
  });
  fc.assert(isLossless, { seed, numRuns: 1000 });
});
