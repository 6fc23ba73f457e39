/**
 * Goal: shards merge to what one run would have given, in any order and any grouping. Method: ranges
 * cut at random places, merged in random order.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { mergeResults } from '../src/campaign/merge-results.ts';
import { runShard } from '../src/campaign/run-shard.ts';
import { formatSeeds, parseSeeds, splitSeeds } from '../src/campaign/seeds.ts';
import type { SeedRange, ShardResult } from '../src/campaign/shard.ts';
import { fakeKernel, fakeModel, type Planted } from './fake-campaign.ts';

/** So seldom that no two findings look alike: how far one is shrunk does not depend on others then. */
const planted: Planted = (steps, at) =>
  /^mlock .*length=[24]M/.test(steps[at]!) ? 'wrong' : undefined;

const shard = (first: number, last: number, facts: { readonly model?: string } = {}) =>
  runShard({
    kernel: fakeKernel(planted),
    model: fakeModel({ version: facts.model ?? 'model-1' }),
    seeds: [{ first, last }],
    kinds: ['lab'],
  });

const SEEDS = 14;
let whole: ShardResult;
let single: ShardResult[];
beforeAll(async () => {
  whole = await shard(1, SEEDS);
  single = await Promise.all(
    Array.from({ length: SEEDS }, (_, index) => shard(index + 1, index + 1)),
  );
});

describe('mergeResults', () => {
  test('of single seeds, in any order and grouping, is the result of all of them', () => {
    expect(whole.findings.length).toBeGreaterThan(0);
    expect(whole.findings.every(({ shrunk }) => shrunk === 'minimal')).toBe(true);
    const order = fc.shuffledSubarray([...Array(SEEDS).keys()], { minLength: SEEDS });
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: SEEDS - 1 }), (indexes, cut) => {
        const shards = indexes.map((index) => single[index]!);
        const [left, right] = [shards.slice(0, cut), shards.slice(cut)];
        expect(mergeResults([mergeResults(left), mergeResults(right)])).toEqual(whole);
        expect(JSON.stringify(mergeResults(shards))).toBe(JSON.stringify(mergeResults(single)));
      }),
      { seed: 7 },
    );
  });

  test('of one result is that result', () => {
    expect(mergeResults([whole])).toEqual(whole);
  });

  test('refuses results of another model, target, kernel or choice of kinds', async () => {
    const other = await shard(30, 31, { model: 'model-2' });
    expect(() => mergeResults([whole, other])).toThrow(
      /model is model-1 in one, model-2 in another/,
    );
    const stranger = { ...single[0]!, seeds: [{ first: 40, last: 40 }] };
    expect(() => mergeResults([whole, { ...stranger, target: '7.3-arm64' }])).toThrow(/target is/);
    const versions = { ...whole.versions, kernel: '7.3.4' };
    expect(() => mergeResults([whole, { ...stranger, versions }])).toThrow(/kernel is/);
    expect(() => mergeResults([whole, { ...stranger, kinds: ['bar'] }])).toThrow(/kinds is/);
  });

  test('refuses a seed that is in two results', () => {
    expect(() => mergeResults([whole, single[3]!])).toThrow(/Seed 4 is in two results/);
    expect(() => mergeResults([])).toThrow(/no result/);
  });
});

describe('seeds', () => {
  test('a range reads as it is written', () => {
    expect(parseSeeds('1..200')).toEqual({ first: 1, last: 200 });
    expect(parseSeeds('7')).toEqual({ first: 7, last: 7 });
    expect(formatSeeds(parseSeeds('1..200'))).toBe('1..200');
    for (const text of ['', '2..1', '1-2', '1..', '-1', '1e3']) {
      expect(() => parseSeeds(text), text).toThrow(/no range of seeds/);
    }
  });

  test('the parts of a range are all of it, once, and nearly equal', () => {
    fc.assert(
      fc.property(
        fc.nat(500),
        fc.nat(300),
        fc.integer({ min: 1, max: 40 }),
        (first, more, parts) => {
          const range: SeedRange = { first, last: first + more };
          const split = splitSeeds(range, parts);
          expect(split.length).toBe(Math.min(parts, more + 1));
          const sizes = split.map((part) => part.last - part.first + 1);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          expect(split[0]!.first).toBe(first);
          expect(split.at(-1)!.last).toBe(range.last);
          for (const [index, part] of split.slice(1).entries()) {
            expect(part.first).toBe(split[index]!.last + 1);
          }
        },
      ),
      { seed: 11 },
    );
  });
});
