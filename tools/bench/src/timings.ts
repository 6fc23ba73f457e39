/** A figure for each case, by name: nanoseconds unless the case says otherwise. */
export type Timings = Readonly<Record<string, number>>;

/** The smallest figure of each case. */
export function best(rounds: readonly Timings[]): Timings {
  const names = new Set(rounds.flatMap((round) => Object.keys(round)));
  const least = (name: string): number =>
    Math.min(...rounds.map((round) => round[name] ?? Infinity));
  return Object.fromEntries([...names].map((name) => [name, least(name)]));
}
