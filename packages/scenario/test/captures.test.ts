// Every capture of a real kernel is read, comes out byte by byte as it was, and is a scenario. Played on the model of the same
// kernel, it gives the same answers: this is the judge of the whole model.
import { describe, expect, test } from 'vitest';
import {
  compareCaptures,
  formatCapture,
  parseCapture,
  parseScenario,
  playScenario,
  scenarioOfCapture,
} from '../src/index.ts';
import { captures, type LabFile, scenarios } from './lab-files.ts';

test.each([
  '6.12-arm64',
  '6.12-arm64-16k',
  '6.12-x86_64',
  '6.12-x86_64-rt',
  '7.3-arm64',
  '7.3-x86_64',
])('there are captures of %s', (target) => {
  const own = captures.filter(({ name }) => name.startsWith(`captures/${target}/`));
  expect(own.length).toBeGreaterThan(50);
});

describe.each(captures.map(({ name, text }) => [name, text] as const))('%s', (name, text) => {
  const capture = parseCapture(text, name);

  test('is written as it was read', () => {
    expect(formatCapture(capture)).toBe(text);
  });

  test('is a scenario, step by step', () => {
    const scenario = scenarioOfCapture(capture, name);
    expect(scenario.steps.map((step) => step.text)).toEqual(capture.steps.map(({ step }) => step));
    const { bar2 } = capture.machine;
    expect(Number(bar2!.end) - Number(bar2!.start) + 1).toBe(scenario.machine.bar);
  });

  test('agrees with itself', () => {
    const { agree, total, differences } = compareCaptures(capture, parseCapture(text, name));
    expect(differences).toEqual([]);
    expect(agree).toBe(total);
    expect(total).toBe(capture.steps.length + (capture.log.length > 0 ? 1 : 0));
  });
});

/** The texts of steps without those of children: a fork that fails has none. */
function ofTheParent(texts: readonly string[]): string[] {
  let depth = 0;
  return texts.filter((text) => {
    if (text === 'endfork') depth--;
    const own = depth === 0;
    if (text === 'fork') depth++;
    return own;
  });
}

/** Captures that answer a scenario, which may have none yet. */
const capturesOf = (scenario: string): readonly LabFile[] => {
  const own = scenario.replace('scenarios/', '/').replace(/\.scn$/, '.jsonl');
  return captures.filter(({ name }) => name.endsWith(own));
};

const answered = scenarios.filter(({ name }) => capturesOf(name).length > 0);

test.each(answered.map(({ name, text }) => [name, text] as const))(
  'the captures of %s have its steps',
  (name, text) => {
    const steps = ofTheParent(parseScenario(text, name).steps.map((step) => step.text));
    for (const each of capturesOf(name)) {
      const answers = ofTheParent(parseCapture(each.text, each.name).steps.map(({ step }) => step));
      expect(answers).toEqual(steps.slice(0, answers.length));
    }
  },
);

describe('the model answers as the kernel did', () => {
  test.each(captures.map(({ name, text }) => [name, text] as const))('%s', (name, text) => {
    const capture = parseCapture(text, name);
    const { arch, kernel, bar2 } = capture.machine;
    const { capture: model } = playScenario(scenarioOfCapture(capture, name), {
      arch: arch === 'aarch64' ? 'arm64' : 'x86_64',
      kernel,
      bar2Start: BigInt(bar2!.start),
    });
    const { agree, total, differences } = compareCaptures(capture, model);
    expect(differences).toEqual([]);
    expect(agree).toBe(total);
  });
});
