// Where two captures differ is told exactly; nothing but what a dying kernel prints is left out.
import { expect, test } from 'vitest';
import {
  type Answer,
  type Capture,
  type CapturedStep,
  compareCaptures,
  parseCapture,
} from '../src/index.ts';
import { captures } from './lab-files.ts';

const capture = (steps: CapturedStep[], log: string[] = []): Capture => ({
  machine: { kernel: '6.12.117', arch: 'x86_64', bdf: '0000:00:05.0', options: {}, bar2: null },
  log,
  steps,
});
const step = (text: string, ...answers: Answer[]): CapturedStep => ({ step: text, answers });
const dies = (text: string, ...crash: string[]): CapturedStep => ({
  step: text,
  answers: [],
  crash,
});
const run = (offset: `0x${string}`, entry: `0x${string}`, count: number) =>
  ({ offset, level: 'pud', entry, count }) as const;

test('a differing entry is told by its path', () => {
  const expected = capture([
    step('mm', { pgtables_bytes: 0, filepages: 0 }),
    step('table a', { table: [run('0x0', '0x1', 1), run('0x40000000', '0x2', 3)] }),
  ]);
  const got = capture([
    step('mm', { pgtables_bytes: 0, filepages: 0 }),
    step('table a', { table: [run('0x0', '0x1', 1), run('0x40000000', '0x3', 3)] }),
  ]);
  const comparison = compareCaptures(expected, got);
  expect(comparison).toMatchObject({ agree: 1, total: 2 });
  expect(comparison.differences).toEqual([
    { index: 1, step: 'table a', answer: 0, path: 'table[1].entry', expected: '0x2', got: '0x3' },
  ]);
  expect(comparison.steps.map(({ differences }) => differences.length)).toEqual([0, 1]);
});

test('every differing value of a step is told', () => {
  const expected = capture([step('follow a', { follow: 0, pfn: '0x1', writable: 1 })]);
  const got = capture([step('follow a', { follow: 0, pfn: '0x2', addr_mask: '0x3' })]);
  expect(
    compareCaptures(expected, got).differences.map(({ path, expected, got }) => [
      path,
      expected,
      got,
    ]),
  ).toEqual([
    ['pfn', '0x1', '0x2'],
    ['writable', 1, undefined],
    ['addr_mask', undefined, '0x3'],
  ]);
});

test('lists of different lengths differ in what one of them lacks', () => {
  const expected = capture([step('table a', { table: [run('0x0', '0x1', 1)] })]);
  const got = capture([step('table a', { table: [] })]);
  expect(compareCaptures(expected, got).differences).toMatchObject([
    { path: 'table[0]', expected: run('0x0', '0x1', 1), got: undefined },
  ]);
});

test('answers of different kinds, and answers that only one side has, differ as a whole', () => {
  const expected = capture([step('touch a', { signal: 0 }, { calls: [] })]);
  const got = capture([step('touch a', { error: 'no map a' })]);
  expect(compareCaptures(expected, got).differences).toMatchObject([
    { answer: 0, path: '', expected: { signal: 0 }, got: { error: 'no map a' } },
    { answer: 1, path: '', expected: { calls: [] }, got: undefined },
  ]);
  expect(compareCaptures(got, expected).differences).toMatchObject([
    { answer: 0, path: '' },
    { answer: 1, path: '', expected: undefined, got: { calls: [] } },
  ]);
});

test('null and 0 differ, and so do 0 and "0x0"', () => {
  const expected = capture([step('kvmstat', { pages_1g: null, pages_2m: 0, pages_4k: 0 })]);
  const got = capture([step('kvmstat', { pages_1g: 0, pages_2m: 0, pages_4k: 0 })]);
  expect(compareCaptures(expected, got).differences).toMatchObject([{ path: 'pages_1g' }]);
});

test('a crash agrees with a crash in the same step, whatever is said', () => {
  const expected = capture([step('vfio', { vfio: 0, regions: [] }), dies('touch a', 'BUG: a')]);
  const got = capture([step('vfio', { vfio: 0, regions: [] }), dies('touch a', 'bad leaf')]);
  expect(compareCaptures(expected, got)).toMatchObject({ agree: 2, total: 2 });
});

test('a crash that only one side has differs', () => {
  const alive = capture([step('touch a', { signal: 0 }), step('mm')]);
  const dead = capture([dies('touch a', 'BUG')]);
  expect(compareCaptures(dead, alive).differences).toMatchObject([
    { index: 0, path: 'crash', expected: ['BUG'], got: undefined },
    { index: 1, path: 'step', expected: undefined, got: 'mm' },
  ]);
  expect(compareCaptures(alive, dead)).toMatchObject({ agree: 0, total: 2 });
});

test('steps with other texts differ', () => {
  expect(compareCaptures(capture([step('mm')]), capture([step('vfio')])).differences).toMatchObject(
    [{ path: 'step', expected: 'mm', got: 'vfio' }],
  );
});

test('the log counts as one step when either side has one', () => {
  const silent = capture([step('vfio')]);
  expect(compareCaptures(silent, silent).total).toBe(1);
  expect(compareCaptures(capture([], ['a']), capture([], ['a']))).toMatchObject({
    agree: 1,
    total: 1,
  });
  const { differences, agree, total } = compareCaptures(
    capture([], ['a', 'b']),
    capture([], ['a']),
  );
  expect({ agree, total }).toEqual({ agree: 0, total: 1 });
  expect(differences).toEqual([
    { index: -1, step: 'log', answer: undefined, path: '[1]', expected: 'b', got: undefined },
  ]);
  expect(compareCaptures(silent, capture([step('vfio')], ['WARNING'])).agree).toBe(1);
  expect(compareCaptures(silent, capture([step('vfio')], ['WARNING'])).total).toBe(2);
});

test('a kernel that died told no log, so none is missed', () => {
  const dead = capture([dies('touch a', 'BUG')]);
  const model = capture([dies('touch a', 'BUG')], ['bad pud']);
  expect(compareCaptures(dead, model)).toMatchObject({ agree: 1, total: 1 });
});

test('an answer that the lab could not read is not compared, the others are', () => {
  const expected = capture([
    { step: 'dmamap a', answers: [{ dmamap: 0, errno: 0 }], garbled: ['{"calls":[{'] },
  ]);
  const got = (dmamap: number): Capture =>
    capture([step('dmamap a', { dmamap, errno: 0 }, { calls: [] })]);
  expect(compareCaptures(expected, got(0)).differences).toEqual([]);
  expect(compareCaptures(expected, got(1)).differences).toMatchObject([{ path: 'dmamap' }]);
  const none = capture([step('dmamap a')]);
  expect(compareCaptures(expected, none).differences).toMatchObject([
    { answer: 0, got: undefined },
  ]);
});

test('6.12 and 7.3 answer differently to the same scenario only where the kernels differ', () => {
  const read = (name: string): Capture =>
    parseCapture(captures.find((each) => each.name === name)!.text, name);
  const { differences } = compareCaptures(
    read('captures/6.12-x86_64/01-bar-8g.jsonl'),
    read('captures/7.3-x86_64/01-bar-8g.jsonl'),
  );
  expect(differences.map(({ step, path, got }) => [step, path, got])).toEqual([
    ['follow a offset=0x12345000', 'addr_mask', '0xffffffffc0000000'],
    ['follow a offset=1G', 'addr_mask', '0xffffffffc0000000'],
  ]);
});
