import type { Capture } from '../../console/capture.ts';

/** Steps that only look: what they answer depends on the steps before, and no other answer on them. */
const LOOKING =
  /^(in )?(table|walk|pagemap|mm|smaps|smapsrollup|numamaps|mincore|kvmstat|stage2|follow)\b/;

/** A capture of the steps that are kept; `keep` is asked with the number of a step, from 0. */
function keepSteps(capture: Capture, keep: (index: number) => boolean): Capture {
  return { ...capture, steps: capture.steps.filter((_, index) => keep(index)) };
}

/** The last step that has to stay when everything behind a step goes: the end of the child it is in. */
function endOf(steps: Capture['steps'], index: number): number {
  const before = steps.slice(0, index + 1);
  const opened = before.findLastIndex(({ step }) => step === 'fork');
  const closed = before.findLastIndex(({ step }) => step === 'endfork');
  if (opened <= closed) return index;
  const end = steps.findIndex(({ step }, at) => at > index && step === 'endfork');
  return end < 0 ? steps.length - 1 : end;
}

/**
 * The capture that the kernel would give of less of the scenario, as far as that is known without
 * asking it: nothing behind the step that differs, and without steps before it that only look. What
 * the kernel logged does not say by which step, so a capture with a log stays whole.
 */
export function cutCaptures(capture: Capture, index: number): Capture[] {
  if (capture.machine.log !== undefined || index < 0) return [];
  const end = endOf(capture.steps, index);
  const ended = keepSteps(capture, (at) => at <= end);
  const looked = keepSteps(
    ended,
    (at) =>
      at === index || !LOOKING.test(ended.steps[at]!.step) || ended.steps[at]!.crash !== undefined,
  );
  return [looked, ended];
}

/** The scenario that a capture answers. A child in which the kernel died gets its end. */
export function scenarioText(capture: Capture): string {
  const steps = capture.steps.map(({ step }) => step);
  const isOpen = steps.lastIndexOf('fork') > steps.lastIndexOf('endfork');
  return [...steps, ...(isOpen ? ['endfork'] : [])].map((step) => `${step}\n`).join('');
}
