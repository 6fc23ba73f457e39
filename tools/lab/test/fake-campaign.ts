import type { CampaignKernel } from '../src/campaign/kernel.ts';
import type { CampaignModel, Verdict } from '../src/campaign/model.ts';
import { signatureOf } from '../src/campaign/outcome.ts';
import type { ShardOptions } from '../src/campaign/run-shard.ts';
import type { ModelDifference } from '../src/campaign/shard.ts';
import type { Capture, StepRecord } from '../src/console/capture.ts';
import { STEP_FORMS } from '../src/language.ts';
import type { ScenarioFile } from '../src/run/group.ts';

/** What is planted in a kernel: whether a step, after the ones before it, is answered wrongly or kills. */
export type Planted = (steps: readonly string[], at: number) => 'wrong' | 'dies' | undefined;

const stepsOf = (text: string) => text.split('\n').filter((line) => line !== '');

/** What a right kernel answers: something that the steps before have no influence on. */
const rightAnswer = (step: string) => ({ answer: step.length });

/** What a kernel with something planted answers to a scenario. */
export function playedBy(
  planted: Planted,
  { name, text }: Pick<ScenarioFile, 'name' | 'text'>,
): Capture {
  const all = stepsOf(text);
  const steps: StepRecord[] = [];
  for (const [at, step] of all.entries()) {
    const what = planted(all, at);
    if (what === 'dies') {
      steps.push({ step, answers: [], crash: ['Oops: planted'] });
      break;
    }
    steps.push({ step, answers: [what === 'wrong' ? { answer: -1 } : rightAnswer(step)] });
  }
  const machine = { kernel: '6.12.0-test', options: {}, bar2: null };
  return { name, machine: { machine }, steps, complete: steps.at(-1)?.crash === undefined };
}

/** A kernel that is a function, and remembers what it was asked in which boot. */
export interface FakeKernel extends CampaignKernel {
  readonly boots: (readonly string[])[];
}

/** Makes a kernel; after `patience` scenarios it breaks off, as a signal does. */
export function fakeKernel(planted: Planted, patience = Number.POSITIVE_INFINITY): FakeKernel {
  const boots: (readonly string[])[] = [];
  let left = patience;
  return {
    target: { name: '6.12-x86_64', arch: 'x86_64', pageSize: 4096, kvm: true },
    release: '6.12.0-test',
    guest: 'guest',
    boots,
    async ask(scenarios, take) {
      boots.push(scenarios.map(({ name }) => name));
      for (const scenario of scenarios) {
        await Promise.resolve();
        if (left-- <= 0) throw new Error('interrupted');
        take(playedBy(planted, scenario));
      }
    },
  };
}

/** Facts of a model, where they are not those of one that is right. */
export type ModelFacts = Partial<CampaignModel> & {
  readonly bug?: (step: string) => string | undefined;
};

/** A model that answers as a right kernel does, and stops where `bug` names a function. */
export function fakeModel({ bug, ...facts }: ModelFacts = {}): CampaignModel {
  return {
    version: 'model-1',
    steps: Object.keys(STEP_FORMS),
    compare: (text) =>
      verdict(
        text
          .trimEnd()
          .split('\n')
          .slice(1)
          .map((line) => JSON.parse(line) as StepRecord),
        bug,
      ),
    ...facts,
  };
}

function verdict(steps: readonly StepRecord[], bug: ModelFacts['bug']): Verdict {
  const differences: ModelDifference[] = [];
  let stopped: Verdict['bug'];
  for (const [index, { step, answers, crash }] of steps.entries()) {
    const where = bug?.(step);
    if (where !== undefined) stopped = { where, step: index };
    const place = { index, step, lines: [`  step ${index + 1}  ${step}`] };
    if ((crash === undefined) !== (stopped === undefined)) {
      differences.push({
        ...place,
        path: 'crash',
        ...(crash ? { kernel: crash } : { model: where }),
      });
    } else if (!crash && JSON.stringify(answers[0]) !== JSON.stringify(rightAnswer(step))) {
      differences.push({ ...place, path: 'answer', kernel: answers[0], model: rightAnswer(step) });
    }
    if (stopped) break;
  }
  const differing = new Set(differences.map(({ index }) => index)).size;
  return {
    total: steps.length,
    agree: steps.length - differing,
    differences,
    ...(stopped ? { bug: stopped } : {}),
  };
}

/** Whether a kernel with something planted shows a difference of this look. */
export function showsBy(planted: Planted, text: string, signature: string): boolean {
  const capture = playedBy(planted, { name: 'x', text });
  const [first] = verdict(capture.steps, undefined).differences;
  return first !== undefined && signatureOf(first) === signature;
}

/** A kernel without anything planted. */
export const right: Planted = () => undefined;

/** Wrong is the answer to mprotect of a mapping that was forked and written to. */
export const wrongMprotect: Planted = (steps, at) => {
  const [operation, map] = steps[at]!.split(' ');
  if (operation !== 'mprotect') return undefined;
  const before = steps.slice(0, at);
  const written = before.some(
    (step) => step.startsWith(`touch ${map} `) && step.endsWith(' write'),
  );
  return written && before.includes('fork') ? 'wrong' : undefined;
};

/** A small campaign on a right kernel, but for some facts. */
export const options = (facts: Partial<ShardOptions> = {}): ShardOptions => ({
  kernel: fakeKernel(right),
  model: fakeModel(),
  seeds: [{ first: 1, last: 18 }],
  kinds: ['bar', 'lab', 'proc'],
  ...facts,
});
