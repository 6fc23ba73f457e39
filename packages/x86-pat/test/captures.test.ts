import { describe, expect, test } from 'vitest';
import { type Capture, captures } from './lab-capture.ts';
import { Replay } from './replay.ts';

/** The captured lists of the scenarios hold only what lies at the device. */
const isAtDevice = (node: string): boolean => Number.parseInt(node, 16) >= 0x200000;

/** The captured entry as the model tells it: frame, cache bits; `anon`, or `none`. */
function entryOf(pte: string): string {
  if (pte === 'anon') return pte;
  const word = BigInt(pte);
  if (word === 0n) return 'none';
  return `${((word >> 12n) & 0xffffffffffn).toString(16)} ${(word & 0x98n).toString(16)}`;
}

function replay({ target, steps }: Capture): number {
  const profile = target.startsWith('7.3') ? '7.3' : '6.12.117';
  const model = new Replay(profile, !target.endsWith('nopat'));
  const list: string[] = [];
  for (const { line, step } of steps) {
    const where = `line ${line}: ${step.op}`;
    const answer = model.run(step);
    for (const [at, count, ...added] of step.splice ?? []) list.splice(at, count, ...added);
    const said = { ...answer, log: model.takeLog(), list: model.list() };
    if (step.ret !== undefined && answer.ret !== undefined)
      expect(answer.ret, where).toBe(step.ret);
    if (step.remap !== undefined) expect(answer.remap, where).toEqual(step.remap);
    if (step.pat !== undefined) expect(answer.pat, where).toBe(step.pat);
    if (step.signal !== undefined) expect(answer.signal, where).toBe(step.signal);
    if (step.pte !== undefined) expect(answer.entry, where).toBe(entryOf(step.pte));
    if (step.all !== undefined) expect(said.list, where).toEqual(step.all);
    expect(said.list.filter(isAtDevice), where).toEqual(list);
    const lines = (step.log ?? []).filter((text) => !text.includes('ioremap on RAM'));
    expect(said.log, where).toEqual(lines);
  }
  return steps.length;
}

describe('a running kernel', () => {
  test.each(captures.map((capture) => [capture.target, capture.name, capture] as const))(
    '%s answers %s as the model does, step by step',
    (_target, _name, capture) => {
      expect(replay(capture)).toBe(capture.steps.length);
    },
  );
  test('was asked as 6.12, as 7.3 and without PAT', () => {
    expect(new Set(captures.map(({ target }) => target))).toEqual(
      new Set(['6.12-x86_64', '6.12-x86_64-nopat', '7.3-x86_64']),
    );
  });
});
