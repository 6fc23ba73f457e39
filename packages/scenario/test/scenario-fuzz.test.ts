// Whatever the text, parseScenario gives a scenario or a ScenarioError that points into the text, and soon.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GRAMMAR, parseScenario, ScenarioError } from '../src/index.ts';
import { scenarios } from './lab-files.ts';

const seed = 7;

function parsesOrExplains(text: string): void {
  try {
    parseScenario(text, 'f.scn');
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    const { line, column } = error as ScenarioError;
    const lines = text.split('\n');
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
  }
}

test('random text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), parsesOrExplains), {
    seed,
    numRuns: 500,
  });
});

test('random words of the language', () => {
  const words = fc.constantFrom(
    ...Object.keys(GRAMMAR),
    ...Object.values(GRAMMAR).flatMap(({ fields }) => Object.keys(fields).map((key) => `${key}=`)),
    ...['a', 'bar2', 'lab', 'write', 'private', '1G+2M', '0x', '4k', '=', '+', '#', 'none', 'on'],
  );
  const glue = fc.constantFrom(' ', '', '\n', '\t', '\r\n');
  const text = fc
    .array(fc.tuple(words, glue), { maxLength: 40 })
    .map((parts) => parts.flat().join(''));
  fc.assert(fc.property(text, parsesOrExplains), { seed, numRuns: 2000 });
});

test('scenarios with a few characters changed', () => {
  const changed = fc
    .tuple(
      fc.constantFrom(...scenarios.map(({ text }) => text)),
      fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 3 })), { maxLength: 4 }),
    )
    .map(([text, edits]) =>
      edits.reduce((before, [place, insert]) => {
        const at = place % (before.length + 1);
        return before.slice(0, at) + insert + before.slice(at + 1);
      }, text),
    );
  fc.assert(fc.property(changed, parsesOrExplains), { seed, numRuns: 2000 });
});

test.each([
  ['one word of a million characters', 'a'.repeat(1e6)],
  ['a million words', 'touch '.repeat(2e5)],
  ['a million lines', '\n'.repeat(1e6)],
  ['a million letters of a protection', `mmap a bar2 prot=${'rw'.repeat(5e5)}`],
  ['a sum of many terms', `touch a offset=${'1+'.repeat(1e5)}1`],
  ['a number of a million digits', `touch a offset=${'1'.repeat(1e6)}`],
  ['a million equals signs', `touch a ${'='.repeat(1e6)}`],
  ['spaces without end', ' '.repeat(1e6)],
])('%s', (_, text) => {
  parsesOrExplains(text);
});
