import type { Answer } from './answer.ts';
import type { Capture, CapturedMachine, CapturedStep } from './capture.ts';
import { withoutRamAddresses } from './ram-blind.ts';

/** A place where two captures differ. A value that one of them lacks is undefined. */
export interface Difference {
  /** Of the step, from 0; -1 for the log of the machine record. */
  readonly index: number;
  /** Text of the step as expected; `log` for the log. */
  readonly step: string;
  /** Of the answer within the step, from 0; undefined when the difference is not in an answer. */
  readonly answer: number | undefined;
  /** `table[3].entry`; empty for a whole answer, `crash`, `step`, or `[2]` for a line of the log. */
  readonly path: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/** One compared thing: a step, or the log. */
export interface ComparedStep {
  /** From 0; -1 for the log. */
  readonly index: number;
  readonly step: string;
  /** Empty when the two agree. */
  readonly differences: readonly Difference[];
}

/** What a comparison found. */
export interface Comparison {
  /** Everything that was compared: the steps in order, then the log if there is one. */
  readonly steps: readonly ComparedStep[];
  /** How many of `steps` agree. */
  readonly agree: number;
  readonly total: number;
  /** All differences, in order. */
  readonly differences: readonly Difference[];
}

/** A leaf where two JSON values differ. */
interface Leaf {
  readonly path: string;
  readonly expected: unknown;
  readonly got: unknown;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Collects the leaves where two values differ, and pushes them to `into`. */
function collect(expected: unknown, got: unknown, path: string, into: Leaf[]): void {
  if (Object.is(expected, got)) return;
  const alike =
    isObject(expected) && isObject(got) && Array.isArray(expected) === Array.isArray(got);
  if (!alike) {
    into.push({ path, expected, got });
    return;
  }
  if (Array.isArray(expected) && Array.isArray(got)) {
    const length = Math.max(expected.length, got.length);
    for (let index = 0; index < length; index++)
      collect(expected[index], got[index], `${path}[${index}]`, into);
    return;
  }
  const left = expected as Record<string, unknown>;
  const right = got as Record<string, unknown>;
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
    collect(left[key], right[key], path === '' ? key : `${path}.${key}`, into);
}

const kindOf = (answer: Answer | undefined): string | undefined => answer && Object.keys(answer)[0];

/**
 * Pairs the answers of two steps. A line that the lab could not read stands for one answer that is not compared.
 */
function pairAnswers(
  expected: CapturedStep,
  got: CapturedStep,
): (readonly [expected: Answer | undefined, got: Answer | undefined])[] {
  const lost = expected.garbled?.length ?? 0;
  const spare = Math.min(lost, Math.max(0, got.answers.length - expected.answers.length));
  const pairs: [Answer | undefined, Answer | undefined][] = [];
  let skipped = 0;
  let next = 0;
  for (const answer of got.answers) {
    const wanted = expected.answers[next];
    if (kindOf(answer) !== kindOf(wanted) && skipped < spare) {
      skipped++;
      continue;
    }
    pairs.push([wanted, answer]);
    next++;
  }
  for (const answer of expected.answers.slice(next)) pairs.push([answer, undefined]);
  return pairs;
}

/** What the lab would have told of an answer that it cut off: as much, and the word that there was more. */
function cutLike(wanted: Answer, found: Answer): Answer {
  if (!('calls' in wanted && 'calls' in found) || wanted.truncated === undefined) return found;
  const isLonger = found.calls.length > wanted.calls.length;
  return isLonger ? { calls: found.calls.slice(0, wanted.calls.length), truncated: true } : found;
}

/** The leaves where two answers of one kind differ, unless pages of RAM are all that differs. */
function differingLeaves(machine: CapturedMachine, wanted: Answer, found: Answer): Leaf[] {
  const leaves: Leaf[] = [];
  collect(wanted, found, '', leaves);
  if (leaves.length === 0) return leaves;
  const blind: Leaf[] = [];
  collect(withoutRamAddresses(machine, wanted), withoutRamAddresses(machine, found), '', blind);
  return blind.length === 0 ? blind : leaves;
}

function compareStep(
  machine: CapturedMachine,
  index: number,
  expected: CapturedStep | undefined,
  got: CapturedStep | undefined,
): ComparedStep {
  const step = (expected ?? got)!.step;
  const whole = (path: string, wanted: unknown, found: unknown): ComparedStep => ({
    index,
    step,
    differences: [{ index, step, answer: undefined, path, expected: wanted, got: found }],
  });
  if (expected?.step !== got?.step) return whole('step', expected?.step, got?.step);
  if (expected?.crash !== undefined && got?.crash !== undefined)
    return { index, step, differences: [] };
  if (expected?.crash !== undefined || got?.crash !== undefined)
    return whole('crash', expected?.crash, got?.crash);
  const differences: Difference[] = [];
  for (const [answer, [wanted, found]] of pairAnswers(expected!, got!).entries()) {
    const comparable =
      wanted !== undefined && found !== undefined && kindOf(wanted) === kindOf(found);
    const leaves = comparable
      ? differingLeaves(machine, wanted, cutLike(wanted, found))
      : [{ path: '', expected: wanted, got: found }];
    for (const leaf of leaves) differences.push({ index, step, answer, ...leaf });
  }
  return { index, step, differences };
}

/**
 * The log counts as one thing to compare when either side has one. A kernel that died told no log, so there nothing
 * can be missed.
 */
function compareLogs(expected: Capture, got: Capture): ComparedStep | undefined {
  const died = expected.steps.at(-1)?.crash !== undefined;
  if (expected.log.length === 0 && (died || got.log.length === 0)) return undefined;
  const leaves: Leaf[] = [];
  collect(expected.log, got.log, '', leaves);
  return {
    index: -1,
    step: 'log',
    differences: leaves.map((leaf) => ({ index: -1, step: 'log', answer: undefined, ...leaf })),
  };
}

/**
 * Compares what a kernel answered with what another one, or the model, answers: value by value. Which page of RAM a
 * kernel took is not compared. A step in which both crash agrees; what a kernel says when it dies is not compared.
 */
export function compareCaptures(expected: Capture, actual: Capture): Comparison {
  const steps: ComparedStep[] = [];
  const length = Math.max(expected.steps.length, actual.steps.length);
  for (let index = 0; index < length; index++)
    steps.push(compareStep(expected.machine, index, expected.steps[index], actual.steps[index]));
  const log = compareLogs(expected, actual);
  if (log !== undefined) steps.push(log);
  return {
    steps,
    agree: steps.filter(({ differences }) => differences.length === 0).length,
    total: steps.length,
    differences: steps.flatMap(({ differences }) => differences),
  };
}
