// Every numbered scenario of the specification stands in the title of a test, so that none is lost.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { NOT_PLAYED, SCENARIO_COUNTS } from './scenario-numbers.ts';

const packages = fileURLToPath(new URL('../../', import.meta.url));

/** The literals of all test files, where titles are. */
function* titles(): Generator<string> {
  for (const name of readdirSync(packages)) {
    const folder = `${packages}${name}/test`;
    for (const file of readdirSync(folder).filter((each) => each.endsWith('.test.ts'))) {
      const code = readFileSync(`${folder}/${file}`, 'utf8').replace(
        /^\s*(?:\/\/|\*|\/\*).*$/gm,
        '',
      );
      yield* code.match(/'[^'\n]*'|`[^`]*`/g) ?? [];
    }
  }
}

const tested = new Set(
  [...titles()].flatMap((title) => title.match(/\b(?:P\d\d|K|T)-S\d+\b/g) ?? []),
);

const all = Object.entries(SCENARIO_COUNTS).flatMap(([section, count]) =>
  Array.from({ length: count }, (_, index) => [section, `${section}-S${index + 1}`] as const),
);

test('every numbered scenario is a test by its number, or is left out for a reason', () => {
  const missing = all.filter(
    ([section, number]) =>
      !tested.has(number) && NOT_PLAYED[number] === undefined && NOT_PLAYED[section] === undefined,
  );
  expect(missing.map(([, number]) => number)).toEqual([]);
});

test('no test has a number that the specification does not have', () => {
  const known = new Set<string>(all.map(([, number]) => number));
  expect([...tested].filter((number) => !known.has(number))).toEqual([]);
});
