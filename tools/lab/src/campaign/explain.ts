import { KNOWN, type Known } from './known.data.ts';
import type { Verdict } from './model.ts';
import type { Explanation, ModelDifference } from './shard.ts';

const explanation = ({ id, kind, text }: Known): Explanation => ({ id, kind, text });

/** Names of the anonymous mappings of a scenario. */
function anonymousMaps(text: string): string[] {
  return [...text.matchAll(/^(?:in )?mmap (\S+) anon\b/gm)].map((match) => match[1]!);
}

/** The step with NAME in place of an anonymous mapping's name. */
function blindStep(step: string, maps: readonly string[]): string {
  return step.replace(/^((?:in )?\w+) (\S+)/, (words, operation: string, name: string) =>
    maps.includes(name) ? `${operation} NAME` : words,
  );
}

function explainsDifference(known: Known, verdict: Verdict, text: string) {
  const maps = anonymousMaps(text);
  return ({ index, step }: ModelDifference): boolean => {
    const { bug } = verdict;
    if (known.where !== undefined) return bug?.where === known.where && index >= bug.step;
    return maps.length > 0 && known.anonymousStep?.test(blindStep(step, maps)) === true;
  };
}

/** The entry of the list that explains every difference of a scenario, or undefined. */
export function explainDifferences(text: string, verdict: Verdict): Explanation | undefined {
  if (verdict.differences.length === 0) return undefined;
  const known = KNOWN.find((entry) =>
    verdict.differences.every(explainsDifference(entry, verdict, text)),
  );
  return known && explanation(known);
}

/** The entry of the list that explains why a kernel died in a step (from 0), or undefined. */
export function explainDeath(step: number, { bug }: Verdict): Explanation | undefined {
  if (bug === undefined || step < bug.step) return undefined;
  const known = KNOWN.find(({ where }) => where === bug.where);
  return known && explanation(known);
}
