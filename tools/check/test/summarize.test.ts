// Goal: the last line of a run tells the truth. Method: run summaries and test reports written by
// hand, in the form that turbo and Vitest give them.
import { expect, test } from 'vitest';
import { summarize } from '../src/summarize.mjs';

const ran = (name: string, exitCode: number) => ({
  taskId: `//#check:${name}`,
  cache: { status: 'MISS' },
  execution: { startTime: 1000, endTime: 3500, exitCode },
});

const cached = (name: string) => ({
  taskId: `//#check:${name}`,
  cache: { status: 'HIT' },
  execution: { startTime: 0, endTime: 0, exitCode: 0 },
});

const notRun = (name: string) => ({ taskId: `//#check:${name}`, cache: { status: 'MISS' } });

const report = (passed: number, failed: number) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  testResults: [{ status: 'passed' }, { status: failed ? 'failed' : 'passed' }],
});

const lastLine = (text: string): string | undefined => text.split('\n').at(-1);

test('a good run ends with the number of tests and no failure', () => {
  const run = { tasks: [ran('types', 0), cached('tests')] };
  const { text, failed } = summarize(run, [report(40, 0)], 0);
  expect(failed).toBe(0);
  expect(lastLine(text)).toBe('40 passed, 0 failed');
  expect(text).toContain('  tests      passed   unchanged\n  types      passed   2.5 s\n');
  expect(text).toContain(' Test Files  2 passed (2)\n      Tests  40 passed (40)\n');
});

test('failing tests are counted, not the check that ran them', () => {
  const run = { tasks: [ran('types', 0), ran('tests', 1)] };
  const { text } = summarize(run, [report(38, 2)], 1);
  expect(lastLine(text)).toBe('38 passed, 2 failed');
  expect(text).toContain(' Test Files  1 failed | 1 passed (2)\n');
  expect(text).toContain('      Tests  2 failed | 38 passed (40)\n');
});

test('reports of several checks are added up', () => {
  const run = { tasks: [ran('tests', 0), ran('packing', 1)] };
  expect(lastLine(summarize(run, [report(40, 0), report(4, 1)], 1).text)).toBe(
    '44 passed, 1 failed',
  );
});

test('a check that failed, and one that did not get to run, count one each', () => {
  const run = { tasks: [ran('types', 2), notRun('tests'), ran('lint', 0)] };
  const { text } = summarize(run, [], 2);
  expect(lastLine(text)).toBe('0 passed, 2 failed');
  expect(text).toContain('  tests      not run\n');
});

test('tests that all pass in a run that fails all the same are a failure', () => {
  const run = { tasks: [ran('tests', 1)] };
  expect(lastLine(summarize(run, [report(40, 0)], 1).text)).toBe('40 passed, 1 failed');
});

test('a run that left no summary is a failure', () => {
  expect(summarize({ tasks: [] }, [], 1).failed).toBe(1);
});

test('a run in which no test passed is a failure', () => {
  expect(summarize({ tasks: [ran('types', 0)] }, [], 0).failed).toBe(1);
});
