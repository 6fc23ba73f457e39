/** Nanoseconds for each case, by name. */
export type Timings = Readonly<Record<string, number>>;

/** One case: what the model took, what C took for the same or the work it is compared with, and the ratio allowed. */
export interface Case {
  readonly name: string;
  /** The case in C. */
  readonly beside: string;
  /** Times C at most; left out where C does too little to be a measure. */
  readonly target?: number;
}

/** What is compared with what. A fault is compared with C's map of one page, which does much less. */
export const CASES: readonly Case[] = [
  { name: 'map 4K', beside: 'map 4K', target: 2.5 },
  { name: 'map 2M', beside: 'map 2M', target: 2.5 },
  { name: 'map 1G', beside: 'map 1G', target: 2.5 },
  { name: 'map range', beside: 'map range', target: 2.5 },
  { name: 'translate 2M', beside: 'translate 2M', target: 2.7 },
  { name: 'translate 4K, in batches', beside: 'translate 4K', target: 1.5 },
  { name: 'translate 4K', beside: 'translate 4K' },
  { name: 'unmap 4K', beside: 'unmap 4K', target: 1.3 },
  { name: 'unmap 2M', beside: 'unmap 2M', target: 1.3 },
  { name: 'unmap 1G', beside: 'unmap 1G', target: 1.3 },
  { name: 'munmap 4K', beside: 'unmap 4K', target: 3 },
  { name: 'munmap 2M', beside: 'unmap 2M', target: 3 },
  { name: 'munmap 1G', beside: 'unmap 1G', target: 3 },
  { name: 'fork 4K', beside: 'fork 4K', target: 4 },
  { name: 'fork 2M', beside: 'fork 2M', target: 4 },
  { name: 'fork 1G', beside: 'fork 1G', target: 4 },
  { name: 'fault 4K', beside: 'map 4K', target: 15 },
  { name: 'fault 2M', beside: 'map 2M' },
  { name: 'fault 1G', beside: 'map 1G' },
];

/** The smaller timing of each case. */
export function best(rounds: readonly Timings[]): Timings {
  const names = new Set(rounds.flatMap((round) => Object.keys(round)));
  const least = (name: string): number =>
    Math.min(...rounds.map((round) => round[name] ?? Infinity));
  return Object.fromEntries([...names].map((name) => [name, least(name)]));
}

/** The table that people read: nanoseconds an entry, and the ratio to C where C ran. */
export function formatReport(model: Timings, c: Timings | undefined): string {
  const lines = CASES.map(({ name, beside, target }) => {
    const ours = model[name] ?? Number.NaN;
    const theirs = c?.[beside];
    const left = `${name.padEnd(26)}${ours.toFixed(1).padStart(10)}`;
    if (theirs === undefined) return left;
    const ratio = ours / theirs;
    const measured = `${left}${theirs.toFixed(1).padStart(10)}${ratio.toFixed(2).padStart(8)}`;
    if (target === undefined) return measured;
    return `${measured}${target.toFixed(1).padStart(8)}${ratio <= target ? '' : '  over'}`;
  });
  const head = `${'ns an entry'.padEnd(26)}${'model'.padStart(10)}`;
  const columns = `${'C'.padStart(10)}${'ratio'.padStart(8)}${'target'.padStart(8)}`;
  return `${c === undefined ? head : head + columns}\n${lines.join('\n')}\n`;
}
