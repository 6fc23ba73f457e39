// Goal: the benchmark compares like with like and says so readably. Method: the C program runs where there is a compiler,
// and its cases are those that the report asks for; the report of made-up timings. Speed itself is not tested.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  best,
  buildBaseline,
  CASES,
  type Case,
  formatHelpers,
  formatReport,
  judge,
  runBaseline,
} from '@pfnmap/bench';
import { expect, test } from 'vitest';

test('the C program frees every frame and times every case that the report compares with', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pfnmap-bench-'));
  try {
    const program = buildBaseline(folder);
    if (program === undefined) return;
    const timings = runBaseline(program);
    const inC = CASES.flatMap(({ beside }) => (beside?.program === 'C' ? [beside.name] : []));
    expect(inC.length).toBeGreaterThan(0);
    expect(Object.keys(timings)).toEqual(expect.arrayContaining(inC));
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

test('of several rounds the fastest counts, case by case', () => {
  expect(
    best([
      { a: 3, b: 1 },
      { a: 2, b: 5 },
    ]),
  ).toEqual({ a: 2, b: 1 });
});

const CASE: Case = {
  name: 'map',
  unit: 'ns',
  beside: { program: 'C', name: 'loop' },
  target: { of: 'ratio', atMost: 2.5 },
};

test.each([
  [25, true],
  [26, false],
])('%i ns beside 10 ns in C with a target of 2.5 times: met is %s', (figure, met) => {
  expect(judge(CASE, { map: figure }, { loop: 10 })).toMatchObject({ ratio: figure / 10, met });
});

test('what is compared with the model itself needs no C', () => {
  const one: Case = { ...CASE, beside: { program: 'model', name: 'host' } };
  expect(judge(one, { map: 30, host: 20 }, undefined)).toMatchObject({ ratio: 1.5, met: true });
});

test('a target of the figure itself is judged without a comparison', () => {
  const one: Case = { name: 'DMA', unit: 'ms', target: { of: 'figure', atMost: 1 } };
  expect(judge(one, { DMA: 0.5 }, undefined)).toMatchObject({ met: true });
  expect(judge(one, { DMA: 1.5 }, undefined)).toMatchObject({ met: false });
});

test('without a C compiler a comparison with C has no verdict', () => {
  expect(judge(CASE, { map: 25 }, undefined)).toEqual({ ...CASE, figure: 25 });
});

test('the report is one aligned row a case, with target and verdict', () => {
  const cases = [
    judge(CASE, { map: 30 }, { loop: 10 }),
    judge({ name: 'DMA', unit: 'ms', target: { of: 'figure', atMost: 1 } }, { DMA: 0.5 }, {}),
    judge({ name: 'memory', unit: 'ratio' }, { memory: 1.02 }, {}),
  ];
  expect(formatReport(cases)).toBe(
    [
      'case       model   beside           ratio  target',
      'map      30.0 ns  10.0 ns  C: loop   3.00     2.5  not met',
      'DMA     0.500 ms                             1 ms  met',
      'memory      1.02',
      '',
    ].join('\n'),
  );
});

test('helpers are listed with their time', () => {
  expect(formatHelpers({ pmd_mkspecial: 0.834, pte_modify: 8 })).toBe(
    'helper          a call\npmd_mkspecial  0.83 ns\npte_modify     8.00 ns\n',
  );
});
