import { KNOWN, type Known } from './known.data.ts';
import type { Verdict } from './model.ts';
import type { Explanation, ModelDifference } from './shard.ts';

const explanation = ({ id, kind, text }: Known): Explanation => ({ id, kind, text });

/** Names of the anonymous mappings of a scenario. */
function anonymousMaps(text: string): string[] {
  return [...text.matchAll(/^(?:in )?mmap (\S+) anon\b/gm)].map((match) => match[1]!);
}

/** Whether some anonymous memory can be a huge page: not where they are off, and nobody asks for them (MADV_COLLAPSE). */
const mayBeHuge = (text: string): boolean =>
  !/^machine .*thp=never/.test(text) || / advice=25\b/.test(text);

/** The step with NAME in place of an anonymous mapping's name. */
function blindStep(step: string, maps: readonly string[]): string {
  return step.replace(/^((?:in )?\w+) (\S+)/, (words, operation: string, name: string) =>
    maps.includes(name) ? `${operation} NAME` : words,
  );
}

/** The entry of the list that explains a difference of a scenario, or undefined. */
function explainDifference(
  text: string,
  { bug }: Verdict,
  { index, step }: ModelDifference,
): Explanation | undefined {
  const maps = mayBeHuge(text) ? anonymousMaps(text) : [];
  const known = KNOWN.find(({ where, anonymousStep }) => {
    if (where !== undefined) return bug?.where === where && index >= bug.step;
    return maps.length > 0 && anonymousStep?.test(blindStep(step, maps)) === true;
  });
  return known && explanation(known);
}

/** A difference, and why it is expected, if it is. */
export interface Focus {
  readonly difference: ModelDifference;
  readonly explanation: Explanation | undefined;
}

/** The difference that a scenario is about: the first that nothing explains, else the first; undefined if there is none. */
export function focusOf(text: string, verdict: Verdict): Focus | undefined {
  const all = verdict.differences.map((difference) => ({
    difference,
    explanation: explainDifference(text, verdict, difference),
  }));
  return all.find(({ explanation }) => explanation === undefined) ?? all[0];
}

/** The entry of the list that explains why a kernel died in a step (from 0), or undefined. */
export function explainDeath(step: number, { bug }: Verdict): Explanation | undefined {
  if (bug === undefined || step < bug.step) return undefined;
  const known = KNOWN.find(({ where }) => where === bug.where);
  return known && explanation(known);
}
