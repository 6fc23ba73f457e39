import type { CampaignModel, ModelDifference, Verdict } from '@pfnmap/lab';
import { type Difference, GRAMMAR, type PlayScenario } from '@pfnmap/scenario';
import { type Checked, checkCapture } from './check-capture.ts';
import { differenceLines } from './describe-difference.ts';
import { modelVersion } from './model-version.ts';
import { createStyle } from './terminal.ts';

const PLAIN = createStyle(false);

const SIDES = { expected: 'kernel', got: 'model' };

function modelDifference(
  difference: Difference,
  checked: Extract<Checked, { outcome: 'compared' }>,
): ModelDifference {
  const { index, step, path, expected, got } = difference;
  return {
    index,
    step,
    path,
    ...(expected === undefined ? {} : { kernel: expected }),
    ...(got === undefined ? {} : { model: got }),
    lines: differenceLines(difference, checked, PLAIN, SIDES),
  };
}

/** A model that could not play: all of the capture differs. */
function failure(total: number, path: string, text: string): Verdict {
  const lines = text.split('\n').map((line) => `  ${line}`);
  return { total, agree: 0, differences: [{ index: 0, step: 'model', path, model: text, lines }] };
}

function verdictOf(checked: Checked): Verdict {
  if (checked.outcome === 'unusable') return failure(1, 'refuses', checked.failure.message);
  if (checked.outcome === 'failed') {
    const { error, total } = checked;
    return failure(
      total,
      'fails',
      error instanceof Error ? `${error.name}: ${error.message}` : `${error}`,
    );
  }
  const { comparison, bug, got } = checked;
  return {
    total: comparison.total,
    agree: comparison.agree,
    differences: comparison.differences.map((one) => modelDifference(one, checked)),
    ...(bug === undefined ? {} : { bug: { where: bug.where, step: got.steps.length - 1 } }),
  };
}

/** The model of this repository, for campaigns of the lab. */
export function campaignModel(play: PlayScenario): CampaignModel {
  return {
    version: modelVersion(),
    steps: Object.keys(GRAMMAR),
    compare: (text, name) => verdictOf(checkCapture({ name: `${name}.jsonl`, text }, play, {})),
  };
}
