import type { Outcome } from '../outcome.ts';
import { linesOf, type Part, reductions, without } from './reductions.ts';

/** Asks the kernel for scenarios, and is told what became of each. */
export type Asking = Generator<readonly string[], string | undefined, readonly Outcome[]>;

/** Sets that hold all winners, half of them, a quarter and so on, the most parts first. */
function unions(winners: readonly ReadonlySet<Part>[]): Set<Part>[] {
  const sets: Set<Part>[] = [];
  for (let count = winners.length; count > 1; count >>= 1) {
    sets.push(new Set(winners.slice(0, count).flatMap((winner) => [...winner])));
  }
  return sets;
}

/**
 * Leaves out of a scenario what it does not need to show something: lines, in runs and one by one, and
 * options. All candidates of a round are asked together, since a boot costs more than many scenarios.
 * Returns undefined if the scenario itself does not show it when it is asked again.
 */
export function* shrink(text: string, shows: (outcome: Outcome) => boolean): Asking {
  const lines = linesOf(text);
  const all = without(lines, new Set());
  let gone: ReadonlySet<Part> = new Set();
  for (;;) {
    const less = (parts: ReadonlySet<Part>) => without(lines, new Set([...gone, ...parts]));
    const candidates = reductions(lines, gone);
    const [again, ...outcomes] = yield [all, ...candidates.map(less)];
    if (!again || !shows(again)) return undefined;
    const winners = candidates.filter((_, index) => shows(outcomes[index]!));
    winners.sort((a, b) => b.size - a.size);
    const [largest] = winners;
    if (largest === undefined) return without(lines, gone);
    const joint = unions(winners);
    const together = joint.length > 0 ? yield joint.map(less) : [];
    const best = joint.find((_, index) => shows(together[index]!)) ?? largest;
    gone = new Set([...gone, ...best]);
  }
}
