import type { CapturedStep } from '@pfnmap/scenario';
import type { Checked } from './check-capture.ts';
import { answerLines } from './describe-answer.ts';
import { differenceLines } from './describe-difference.ts';
import type { Style } from './terminal.ts';

type Compared = Extract<Checked, { outcome: 'compared' }>;

/** The width of the kernel's column; the model's has what is left. */
const WIDTH = 72;
/** More lines of one answer are counted, not shown. */
const MOST_LINES = 12;

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES - 1), `… and ${lines.length - MOST_LINES + 1} more`];
}

/** All that a step was answered, in words. */
function words(step: CapturedStep | undefined, { arch }: Compared): readonly string[] {
  if (step === undefined) return ['(not reached)'];
  const answers = step.answers.flatMap((answer) => answerLines(answer, arch));
  return [...shortened(answers), ...(step.crash ?? []).map((line) => `dies: ${line}`)];
}

/** Two lists of lines beside each other; a line that does not fit is broken. */
function beside(left: readonly string[], right: readonly string[]): string[] {
  const broken = (lines: readonly string[]) =>
    lines.flatMap((line) => line.match(new RegExp(`.{1,${WIDTH}}`, 'gu')) ?? ['']);
  const [first, second] = [broken(left), broken(right)];
  return Array.from({ length: Math.max(first.length, second.length) }, (_, index) =>
    `      ${(first[index] ?? '').padEnd(WIDTH)}  | ${second[index] ?? ''}`.trimEnd(),
  );
}

/** A step with the answers of both; once where they agree. */
function stepLines(checked: Compared, index: number, differs: boolean, style: Style): string[] {
  const [kernel, model] = [checked.expected.steps[index], checked.got.steps[index]];
  const mark = differs ? style.bad('≠') : style.good('=');
  const head = `${`${index + 1}`.padStart(4)} ${mark} ${style.name((kernel ?? model)!.step)}`;
  const answers = words(kernel, checked);
  if (!differs) return [head, ...answers.map((line) => `      ${line}`)];
  return [head, ...beside(answers, words(model, checked))];
}

/** Kernel and model side by side, then the differences as `pfnmap check` tells them. */
function comparedLines(checked: Compared, style: Style): string[] {
  const { comparison, expected, file } = checked;
  const { kernel, arch } = expected.machine;
  const differing = new Set(comparison.differences.map(({ index }) => index));
  const steps = Math.max(expected.steps.length, checked.got.steps.length);
  const sides = { expected: 'kernel', got: 'model' };
  return [
    style.heading(`${file} on Linux ${kernel}, ${arch}: kernel left, model right`),
    ...Array.from({ length: steps }, (_, index) => index).flatMap((index) =>
      stepLines(checked, index, differing.has(index), style),
    ),
    ...comparison.differences.flatMap((one) => differenceLines(one, checked, style, sides)),
    `${comparison.agree} of ${comparison.total} steps agree`,
    '',
  ];
}

/** A scenario on kernel and model: step by step side by side, then the differences. */
export function comparisonLines(checked: Checked, style: Style): string[] {
  if (checked.outcome === 'compared') return comparedLines(checked, style);
  if (checked.outcome === 'unusable') return [`${style.bad('error')} ${checked.failure.message}`];
  const { error, file } = checked;
  return [`${style.bad('differ')} ${file}: the model failed: ${error}`];
}
