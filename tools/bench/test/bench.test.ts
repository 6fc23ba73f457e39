// Goal: the benchmark compares like with like and says so readably. Method: the C program runs where there is a compiler,
// and its cases are those that the report asks for; the report of made-up timings. Speed itself is not tested.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { best, buildBaseline, CASES, formatReport, runBaseline } from '@pfnmap/bench';
import { expect, test } from 'vitest';

test('the C program frees every frame and times every case that the report compares with', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pfnmap-bench-'));
  try {
    const program = buildBaseline(folder);
    if (program === undefined) return;
    const timings = runBaseline(program);
    expect(Object.keys(timings)).toEqual(expect.arrayContaining(CASES.map(({ beside }) => beside)));
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

test('the report shows the ratio and marks what is over its target', () => {
  const model = Object.fromEntries(CASES.map(({ name }) => [name, 30]));
  const c = Object.fromEntries(CASES.map(({ beside }) => [beside, 10]));
  const [, map, , , , , batches] = formatReport(model, c).split('\n');
  expect(map).toBe('map 4K                          30.0      10.0    3.00     2.5  over');
  expect(batches).toMatch(/^translate 4K, in batches .* 3\.00 +1\.5 {2}over$/);
});

test('without a C compiler the report has the model alone', () => {
  expect(formatReport({ 'map 4K': 12.34 }, undefined)).toMatch(
    /^ns an entry +model\nmap 4K +12\.3\n/,
  );
});
