// Goal: lines come out whole, however the text that holds them was cut. Method: random texts in random pieces, against split().
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../src/console/line-splitter.ts';

const seed = 20261129;

test(`the lines are those of the whole text (seed ${seed})`, () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const splitter = new LineSplitter();
      const lines = pieces.flatMap((text) => splitter.take(text));
      expect([...lines, splitter.rest]).toEqual(pieces.join('').split('\n'));
    }),
    { seed },
  );
});
