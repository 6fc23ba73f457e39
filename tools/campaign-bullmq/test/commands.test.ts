// Goal: a campaign that goes through the queue gives the report of one that does not. Method: a real
// Redis, and results written by hand in place of kernels.
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readResult, type ShardResult } from '@pfnmap/lab';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CampaignQueue } from '../src/campaign-queue.ts';
import { collect, type ShardQueue, status, submit } from '../src/commands.ts';
import type { CampaignShard } from '../src/run-in-child.ts';
import { FETCH_MILLISECONDS, RedisServer } from './redis-server.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
}, FETCH_MILLISECONDS);
afterAll(() => server?.stop());

let queue: ShardQueue;
let lines: string[];
let folder: string;
const output = { line: (text: string) => lines.push(text) };
beforeEach(async () => {
  lines = [];
  folder = mkdtempSync(join(tmpdir(), 'pfnmap-queue-'));
  queue = await CampaignQueue.open('commands', server.address, 1);
  await queue.clear();
});
afterEach(() => queue.close());

function resultOf({ target, seeds }: CampaignShard): ShardResult {
  const count = seeds.last - seeds.first + 1;
  return {
    format: 'pfnmap-campaign/1',
    target,
    versions: { kernel: '6.12.117', guest: 'g', generator: 'w', model: 'm' },
    kinds: ['bar'],
    seeds: [seeds],
    coverage: { kind: { bar: count } },
    scenarios: { total: count, agree: count },
    steps: { total: 10 * count, agree: 10 * count },
    findings: [],
    deaths: [],
  };
}

test('the seeds of a campaign are cut into shards of the size asked for', async () => {
  await submit(queue, output, { target: '7.3-arm64', seeds: '1..100', size: 30 });
  expect(lines).toEqual(['4 shards of 7.3-arm64']);
  expect(await queue.counts()).toMatchObject({ waiting: 4 });
});

test('results are merged into one report for each target', async () => {
  for (const target of ['7.3-arm64', '6.12-x86_64'])
    await submit(queue, output, { target, seeds: '1..50', size: 20 });
  await queue.work(async (shard) => resultOf(shard), { jobs: 3 });
  lines = [];
  expect(await collect(queue, output, folder)).toBe(true);
  expect(lines.map((line) => line.split(': ').slice(0, 2).join(': ')).sort()).toEqual([
    '6.12-x86_64: 500 of 500 steps agree, 0 unexplained',
    '7.3-arm64: 500 of 500 steps agree, 0 unexplained',
  ]);
  expect(readResult(join(folder, '7.3-arm64')).seeds).toEqual([{ first: 1, last: 50 }]);
  expect(existsSync(join(folder, '6.12-x86_64', 'report.html'))).toBe(true);
});

test('a shard that was given up is told with its reason, and the campaign is not clean', async () => {
  await submit(queue, output, { target: '7.3-arm64', seeds: '1..40', size: 20 });
  await queue.work(async (shard) => {
    if (shard.seeds.first === 21) throw new Error('The target 7.3-arm64 is not set up.');
    return resultOf(shard);
  });
  lines = [];
  expect(await collect(queue, output, folder)).toBe(false);
  expect(lines).toContain('1 done, 0 running, 0 waiting, 1 given up');
  expect(lines.at(-1)).toBe(
    'given up  7.3-arm64_21..40 after 1 attempts: The target 7.3-arm64 is not set up.',
  );
});

test('an empty queue has nothing to tell', async () => {
  await status(queue, output);
  expect(lines).toEqual(['0 done, 0 running, 0 waiting, 0 given up']);
});
