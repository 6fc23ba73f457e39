import { KNOWN, type Known } from './known.data.ts';
import type { Verdict } from './model.ts';
import type { Explanation, ModelDifference } from './shard.ts';

const explanation = ({ id, kind, text }: Known): Explanation => ({ id, kind, text });

/** Names of the anonymous mappings that were given one of some advices. */
function advisedMaps(text: string, advice: readonly number[]): string[] {
  const maps = [...text.matchAll(/^(?:in )?mmap (\S+) anon\b/gm)].map((match) => match[1]!);
  const given = new RegExp(
    `^(?:in )?(?:process)?madvise (\\S+) .*\\badvice=(?:${advice.join('|')})\\b`,
    'gm',
  );
  const advised = new Set([...text.matchAll(given)].map((match) => match[1]!));
  return maps.filter((name) => advised.has(name));
}

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
  const lines = text.split('\n');
  const before = lines.slice(0, Math.max(0, lines.indexOf(step, Math.max(0, index)))).join('\n');
  const known = KNOWN.find(({ where, afterAdvice }) => {
    if (where !== undefined) return bug?.where === where && index >= bug.step;
    if (afterAdvice === undefined) return false;
    const maps = advisedMaps(before, afterAdvice.advice);
    return maps.length > 0 && afterAdvice.step.test(blindStep(step, maps));
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
