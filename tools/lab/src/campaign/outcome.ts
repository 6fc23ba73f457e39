import { type Capture, formatCapture } from '../console/capture.ts';
import { explainStep } from './explain.ts';
import type { CampaignModel, Verdict } from './model.ts';
import type { Death, ModelDifference } from './shard.ts';

/** A scenario by its name, without the ending of the file. */
export const scenarioName = (file: string): string => file.replace(/\.scn$/, '');

/** What kernel and model make of one scenario. */
export interface Outcome {
  readonly capture: Capture;
  readonly verdict: Verdict;
  readonly death?: Death;
}

function deathOf(capture: Capture, verdict: Verdict): Death | undefined {
  const last = capture.steps.at(-1);
  const words = last ? last.crash : capture.machine.crash;
  if (words === undefined) return undefined;
  const index = capture.steps.length - 1;
  const known = explainStep(index, verdict);
  return {
    scenario: scenarioName(capture.name),
    step: last?.step ?? '',
    words,
    agrees: verdict.differences.length === 0,
    ...(verdict.bug === undefined ? {} : { where: verdict.bug.where }),
    ...(known === undefined ? {} : { explanation: known }),
  };
}

/** Holds a capture against the model. */
export function judge(capture: Capture, model: CampaignModel): Outcome {
  const verdict = model.compare(formatCapture(capture), scenarioName(capture.name));
  const death = deathOf(capture, verdict);
  return { capture, verdict, ...(death === undefined ? {} : { death }) };
}

/** The path of a difference without the numbers of list elements. */
const shapeOf = (path: string): string => path.replace(/\[\d+\]/g, '[]');

/**
 * How a difference looks, whatever scenario it is in: the operation, where in its answer, and which
 * side lacks a value.
 */
export function signatureOf({ step, path, kernel, model }: ModelDifference): string {
  const [first, second] = step.split(' ') as [string, string?];
  const operation = first === 'in' ? `in ${second}` : first;
  const lacking =
    kernel === undefined ? ' (model only)' : model === undefined ? ' (kernel only)' : '';
  return `${operation} ${shapeOf(path)}`.trimEnd() + lacking;
}
