import { KNOWN, type Known } from './known.data.ts';
import type { Verdict } from './model.ts';
import type { Explanation, ModelDifference } from './shard.ts';

const explanation = ({ id, kind, text }: Known): Explanation => ({ id, kind, text });

/** The entry of the list that explains a difference or a death in a step (from 0), or undefined. */
export function explainStep(step: number, { bug }: Verdict): Explanation | undefined {
  if (bug === undefined || step < bug.step) return undefined;
  const known = KNOWN.find(({ where }) => where === bug.where);
  return known && explanation(known);
}

/** A difference, and why it is expected, if it is. */
export interface Focus {
  readonly difference: ModelDifference;
  readonly explanation: Explanation | undefined;
}

/** The difference that a scenario is about: the first that nothing explains, else the first; undefined if there is none. */
export function focusOf(verdict: Verdict): Focus | undefined {
  const all = verdict.differences.map((difference) => ({
    difference,
    explanation: explainStep(difference.index, verdict),
  }));
  return all.find(({ explanation }) => explanation === undefined) ?? all[0];
}
