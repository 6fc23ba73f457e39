// Goal: guests on the model answer as guests of real kernels did. Method: every capture of the folder is played on the
// model and compared, value by value.
import { readdirSync, readFileSync } from 'node:fs';
import { compareCaptures, parseCapture, playScenario, scenarioOfCapture } from '@pfnmap/scenario';
import { describe, expect, test } from 'vitest';

const folder = new URL('./captures/', import.meta.url);
const targets = readdirSync(folder).filter((name) => !name.endsWith('.md'));

const captures = targets.flatMap((target) =>
  readdirSync(new URL(`${target}/`, folder)).map((file) => ({
    name: `${target}/${file}`,
    text: readFileSync(new URL(`${target}/${file}`, folder), 'utf8'),
  })),
);

test('there are captures of both architectures and both kernels', () => {
  expect(targets).toEqual(['6.12-arm64', '6.12-x86_64', '7.3-arm64', '7.3-x86_64']);
  expect(captures.length).toBeGreaterThanOrEqual(20);
});

describe('the model answers as a real kernel did', () => {
  test.each(captures.map(({ name, text }) => [name, text] as const))('%s', (name, text) => {
    const capture = parseCapture(text, name);
    const { machine } = capture;
    const { capture: played } = playScenario(scenarioOfCapture(capture, name), {
      arch: machine.arch === 'aarch64' ? 'arm64' : 'x86_64',
      kernel: machine.kernel,
      bar2Start: BigInt(machine.bar2!.start),
    });
    const { agree, total, differences } = compareCaptures(capture, played);
    expect(differences).toEqual([]);
    expect(agree).toBe(total);
    expect(total).toBeGreaterThanOrEqual(capture.steps.length);
  });
});
