// Whatever the bytes, parseCapture gives a capture or a CaptureError that points into the text, and soon.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CaptureError, formatCapture, parseCapture } from '../src/index.ts';
import { captures } from './lab-files.ts';

const seed = 19;

function parsesOrExplains(text: string): void {
  try {
    formatCapture(parseCapture(text, 'f.jsonl'));
  } catch (error) {
    expect(error).toBeInstanceOf(CaptureError);
    const { line, column } = error as CaptureError;
    const lines = text.split('\n');
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
  }
}

const small = captures.map(({ text }) => text).filter(({ length }) => length < 20_000);

test('random text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 100 }), parsesOrExplains), {
    seed,
    numRuns: 500,
  });
});

test('random JSON lines', () => {
  const text = fc
    .array(fc.json({ maxDepth: 5 }), { maxLength: 4 })
    .map((lines) => lines.join('\n'));
  fc.assert(fc.property(text, parsesOrExplains), { seed, numRuns: 300 });
});

test('captures cut off anywhere', () => {
  const cut = fc
    .tuple(fc.constantFrom(...small), fc.nat())
    .map(([text, place]) => text.slice(0, place % (text.length + 1)));
  fc.assert(fc.property(cut, parsesOrExplains), { seed, numRuns: 300 });
});

test('captures with a few characters changed', () => {
  const changed = fc
    .tuple(
      fc.constantFrom(...small),
      fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 2 })), { minLength: 1, maxLength: 3 }),
    )
    .map(([text, edits]) =>
      edits.reduce((before, [place, insert]) => {
        const at = place % (before.length + 1);
        return before.slice(0, at) + insert + before.slice(at + 1);
      }, text),
    );
  fc.assert(fc.property(changed, parsesOrExplains), { seed, numRuns: 300 });
});

test('captures with one value replaced by another', () => {
  const values = fc.constantFrom(
    'null',
    '-1',
    '1e99',
    '"x"',
    '[]',
    '{}',
    '{"__proto__":1}',
    'true',
  );
  const changed = fc
    .tuple(fc.constantFrom(...small), fc.nat(), values)
    .map(([text, place, value]) => {
      const spots = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+/g)];
      const spot = spots[place % spots.length]!;
      return text.slice(0, spot.index) + value + text.slice(spot.index + spot[0].length);
    });
  fc.assert(fc.property(changed, parsesOrExplains), { seed, numRuns: 300 });
});
