import { LabError } from '../errors.ts';
import { joinSeeds } from './seeds.ts';
import type { Coverage, ShardResult } from './shard.ts';

type Counts = Readonly<Record<string, number>>;

/** Keys in alphabetical order, so that equal content is equal text. */
function sorted<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addCounts(parts: readonly Counts[]): Counts {
  const sums = new Map<string, number>();
  for (const counts of parts) {
    for (const [value, count] of Object.entries(counts)) {
      sums.set(value, (sums.get(value) ?? 0) + count);
    }
  }
  return sorted(sums);
}

/** Adds counts of what was asked. */
export function addCoverage(parts: readonly Coverage[]): Coverage {
  const subjects = new Set(parts.flatMap((part) => Object.keys(part)));
  return sorted(
    [...subjects].map((subject) => [subject, addCounts(parts.map((part) => part[subject] ?? {}))]),
  );
}

/** The scenario order of results: by name. */
export function byScenario<T extends { readonly scenario: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.scenario < b.scenario ? -1 : a.scenario > b.scenario ? 1 : 0));
}

/** What two results have to have in common, by the name a person knows it by. */
function identity({ target, versions, kinds }: ShardResult): Readonly<Record<string, string>> {
  const { kernel, guest, generator, model } = versions;
  return { target, kernel, guest, generator, model, kinds: kinds.join(' ') };
}

function refuseStranger(first: ShardResult, other: ShardResult): void {
  const [wanted, found] = [identity(first), identity(other)];
  const key = Object.keys(wanted).find((name) => wanted[name] !== found[name]);
  if (key === undefined) return;
  throw new LabError(
    'other-versions',
    `Results of different campaigns do not merge: ${key} is ${wanted[key]} in one, ${found[key]} in another.`,
    'Run the shards again with one target, one kernel release and one version of pfnmap.',
  );
}

const total = (results: readonly ShardResult[], key: 'scenarios' | 'steps') => ({
  total: results.reduce((sum, result) => sum + result[key].total, 0),
  agree: results.reduce((sum, result) => sum + result[key].agree, 0),
});

/**
 * Makes one result of the results of shards, whatever their order.
 *
 * Throws `other-versions` if they are not of one target with one set of versions and kinds, and
 * `bad-seeds` if two of them have the same seed, or there is none.
 */
export function mergeResults(results: readonly ShardResult[]): ShardResult {
  const [first, ...others] = results;
  if (first === undefined) throw new LabError('bad-seeds', 'There is no result to merge.');
  for (const other of others) refuseStranger(first, other);
  const { format, target, versions, kinds } = first;
  return {
    format,
    target,
    versions,
    kinds,
    seeds: joinSeeds(results.flatMap((result) => result.seeds)),
    coverage: addCoverage(results.map((result) => result.coverage)),
    scenarios: total(results, 'scenarios'),
    steps: total(results, 'steps'),
    findings: byScenario(results.flatMap((result) => result.findings)),
    deaths: byScenario(results.flatMap((result) => result.deaths)),
  };
}
