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
 * Leaves out of a scenario what it does not need to show something: lines, in runs and one by one, then
 * options. All candidates of a round are asked together, since a boot costs more than many scenarios.
 * Returns undefined if the scenario itself does not show it when it is asked again.
 */
export function* shrink(text: string, shows: (outcome: Outcome) => boolean): Asking {
  const lines = linesOf(text);
  let gone: ReadonlySet<Part> = new Set();
  const [again] = yield [without(lines, gone)];
  if (!again || !shows(again)) return undefined;

  function* winning(
    candidates: readonly ReadonlySet<Part>[],
  ): Generator<readonly string[], ReadonlySet<Part>[], readonly Outcome[]> {
    const outcomes = yield candidates.map((parts) => without(lines, new Set([...gone, ...parts])));
    return candidates.filter((_, index) => shows(outcomes[index]!));
  }

  for (const what of ['lines', 'options', 'lines'] as const) {
    for (;;) {
      const winners = yield* winning(reductions(lines, gone, what));
      winners.sort((a, b) => b.size - a.size);
      const [largest] = winners;
      if (largest === undefined) break;
      const joint = winners.length > 1 ? yield* winning(unions(winners)) : [];
      gone = new Set([...gone, ...(joint[0] ?? largest)]);
    }
  }
  return without(lines, gone);
}
