// Goal: every shard is done, once, whatever fails on the way. Method: a real Redis, and shards that
// answer, fail once, or fail always.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CampaignQueue } from '../src/campaign-queue.ts';
import { QueueError } from '../src/redis.ts';
import { FETCH_MILLISECONDS, RedisServer } from './redis-server.ts';

interface Shard {
  readonly seed: number;
}

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
}, FETCH_MILLISECONDS);
afterAll(() => server?.stop());

let queue: CampaignQueue<Shard, number>;
let campaigns = 0;
const open = (attempts = 2) =>
  CampaignQueue.open<Shard, number>(`campaign-${campaigns}`, server.address, attempts);
beforeEach(async () => {
  campaigns++;
  queue = await open();
});
afterEach(() => queue.close());

const shards = (count: number) =>
  Array.from({ length: count }, (_, seed) => ({ id: `shard-${seed}`, shard: { seed } }));
const double = async ({ seed }: Shard) => 2 * seed;

test('every shard is done and its result is kept, in the order of names', async () => {
  await queue.submit(shards(12));
  await queue.work(double, { jobs: 4 });
  expect(await queue.counts()).toEqual({ waiting: 0, active: 0, completed: 12, failed: 0 });
  expect(await queue.results()).toEqual(Array.from({ length: 12 }, (_, seed) => 2 * seed));
});

test('a shard that is in the queue is not put in again, done or not', async () => {
  await queue.submit(shards(2));
  await queue.work(double);
  await queue.submit(shards(3));
  const again: number[] = [];
  await queue.work(async ({ seed }) => again.push(seed));
  expect(again).toEqual([2]);
});

test('two workers share the shards, and none is done twice', async () => {
  const other = await open();
  const done: [string, number][] = [];
  await queue.submit(shards(20));
  const worker = (name: string) => async (shard: Shard) => {
    done.push([name, shard.seed]);
    return 0;
  };
  await Promise.all([queue.work(worker('a')), other.work(worker('b'))]);
  await other.close();
  expect(done.map(([, seed]) => seed).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, seed) => seed),
  );
});

test('a shard that fails once is tried again', async () => {
  const seen = new Set<number>();
  await queue.submit(shards(3));
  await queue.work(async ({ seed }) => {
    if (seed === 1 && !seen.has(seed)) {
      seen.add(seed);
      throw new Error('the emulator was killed');
    }
    return seed;
  });
  expect(await queue.results()).toEqual([0, 1, 2]);
  expect(await queue.failures()).toEqual([]);
});

test('a shard that always fails is given up with its reason, and may be put back', async () => {
  const failing = async ({ seed }: Shard) => {
    if (seed === 0) throw new Error('no space is left');
    return seed;
  };
  await queue.submit(shards(2));
  await queue.work(failing);
  expect(await queue.failures()).toEqual([
    { id: 'shard-0', attempts: 2, reason: 'no space is left' },
  ]);
  await queue.retry();
  await queue.work(double);
  expect(await queue.results()).toEqual([0, 1]);
});

test('a worker that is told to stop ends its shard and leaves the rest', async () => {
  const stop = new AbortController();
  await queue.submit(shards(5));
  await queue.work(
    async ({ seed }) => {
      stop.abort();
      return seed;
    },
    { signal: stop.signal },
  );
  expect(await queue.counts()).toMatchObject({ waiting: 4, completed: 1 });
});

test('a running shard tells how far it is', async () => {
  const told: unknown[] = [];
  await queue.submit(shards(1));
  await queue.work(async ({ seed }, progress) => {
    progress({ done: 3, total: 10 });
    for (let running = await queue.running(); told.length === 0; running = await queue.running())
      told.push(...running.filter(({ progress: value }) => value !== 0));
    return seed;
  });
  expect(told).toEqual([{ id: 'shard-0', progress: { done: 3, total: 10 } }]);
});

test('without a Redis the error says how to start one', async () => {
  const promise = CampaignQueue.open('campaign', `${server.address}-not`);
  await expect(promise).rejects.toThrow(QueueError);
  await expect(promise).rejects.toThrow(/No Redis answers at .*\n.*redis-server/);
});
