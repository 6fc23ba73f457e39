// Goal: kernel and model stand side by side where they differ, and once where they agree. Method: a capture of a real
// kernel on the model, as it is and falsified.
import { readFileSync } from 'node:fs';
import { playScenario } from '@pfnmap/scenario';
import { expect, test } from 'vitest';
import { checkCapture } from '../src/check-capture.ts';
import { comparisonLines } from '../src/describe-comparison.ts';
import { createStyle } from '../src/terminal.ts';
import { capturesFolder } from './echo-player.ts';

const text = readFileSync(`${capturesFolder}6.12-x86_64/05-fork.jsonl`, 'utf8');

const compare = (capture: string): string => {
  const checked = checkCapture({ name: 'fork.jsonl', text: capture }, playScenario, {});
  return comparisonLines(checked, createStyle(false)).join('\n');
};

test('where both agree each answer is told once', () => {
  const lines = compare(text);
  expect(lines).not.toContain('≠');
  expect(lines).not.toContain(' | ');
  expect(lines).toMatch(/(\d+) of \1 steps agree/);
});

test('where they differ both answers stand in one line, and the difference is told below', () => {
  const lines = compare(text.replace('"signal":0', '"signal":7'));
  expect(lines.match(/≠/g)).toHaveLength(1);
  expect(lines).toMatch(/^ {6}SIGBUS +\| no signal$/m);
  expect(lines).toMatch(/ {4}kernel +7\n {4}model +0$/m);
});

test('a step that only one of them reached says so', () => {
  const [machine, ...steps] = text.trimEnd().split('\n');
  const last = JSON.parse(steps[3]!) as object;
  const died = JSON.stringify({ ...last, answers: [], crash: ['Oops'] });
  const lines = compare(`${[machine, ...steps.slice(0, 3), died].join('\n')}\n`);
  expect(lines).toContain('dies: Oops');
});

test('a capture that cannot be read is an error in a line', () => {
  expect(compare('{}')).toMatch(/^error fork\.jsonl:1/);
});
