import { LabError } from '../errors.ts';
import type { SeedRange } from './shard.ts';

/** Reads `A..B`, or `A` for one seed. Throws `bad-seeds`. */
export function parseSeeds(text: string): SeedRange {
  const match = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (!match || first > last) {
    throw new LabError('bad-seeds', `“${text}” is no range of seeds.`, 'Write 1..200 or 7.');
  }
  return { first, last };
}

/** Writes a range as `parseSeeds` reads it. */
export function formatSeeds({ first, last }: SeedRange): string {
  return first === last ? `${first}` : `${first}..${last}`;
}

/** Every seed of some ranges, in their order. */
export function* seedsOf(ranges: readonly SeedRange[]): Generator<number> {
  for (const { first, last } of ranges) for (let seed = first; seed <= last; seed++) yield seed;
}

/** Sorts ranges and joins those that touch. Throws `bad-seeds` for a seed that is in two of them. */
export function joinSeeds(ranges: readonly SeedRange[]): SeedRange[] {
  const joined: SeedRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = joined.at(-1);
    if (before && range.first <= before.last) {
      throw new LabError(
        'bad-seeds',
        `Seed ${range.first} is in two results, ${formatSeeds(before)} and ${formatSeeds(range)}.`,
        'Merge each shard once.',
      );
    }
    if (before && range.first === before.last + 1) {
      joined[joined.length - 1] = { first: before.first, last: range.last };
    } else joined.push(range);
  }
  return joined;
}

/** Cuts a range into so many parts of nearly equal size, fewer if it has fewer seeds. */
export function splitSeeds({ first, last }: SeedRange, parts: number): SeedRange[] {
  const seeds = last - first + 1;
  const count = Math.min(parts, seeds);
  return Array.from({ length: count }, (_, index) => ({
    first: first + Math.floor((seeds * index) / count),
    last: first + Math.floor((seeds * (index + 1)) / count) - 1,
  }));
}
