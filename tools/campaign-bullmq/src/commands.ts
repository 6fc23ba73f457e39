import { join } from 'node:path';
import {
  mergeResults,
  parseSeeds,
  type ShardResult,
  splitSeeds,
  unexplained,
  writeReport,
} from '@pfnmap/lab';
import type { CampaignQueue } from './campaign-queue.ts';
import { type CampaignShard, runInChild, shardId } from './run-in-child.ts';

/** The queue of campaigns. */
export type ShardQueue = CampaignQueue<CampaignShard, ShardResult>;

/** Where a command writes to. */
export interface Output {
  line(text: string): void;
}

/** Puts the seeds `A..B` of a target into the queue, so many a shard. Throws `bad-seeds`. */
export async function submit(
  queue: ShardQueue,
  output: Output,
  request: { readonly target: string; readonly seeds: string; readonly size: number },
): Promise<void> {
  const { target, size } = request;
  const all = parseSeeds(request.seeds);
  const parts = splitSeeds(all, Math.ceil((all.last - all.first + 1) / size));
  const shards = parts.map((seeds) => ({ target, seeds }));
  await queue.submit(shards.map((shard) => ({ id: shardId(shard), shard })));
  output.line(`${shards.length} shards of ${target}`);
}

/** Does shards until none is left, or the signal is given: those that run then are tried again. */
export async function work(
  queue: ShardQueue,
  output: Output,
  options: { readonly jobs: number; readonly folder: string; readonly signal?: AbortSignal },
): Promise<void> {
  const { jobs, folder, signal } = options;
  await queue.work((shard) => runInChild(shard, join(folder, shardId(shard)), signal), {
    jobs,
    ...(signal === undefined ? {} : { signal }),
    onShard: (id, failure) =>
      output.line(failure === undefined ? `${id} done` : `${id} failed: ${failure}`),
  });
}

/** Tells how far the queue is. */
export async function status(queue: ShardQueue, output: Output): Promise<void> {
  const { waiting, active, completed, failed } = await queue.counts();
  output.line(`${completed} done, ${active} running, ${waiting} waiting, ${failed} given up`);
  for (const { id } of await queue.running()) output.line(`running   ${id}`);
  for (const { id, attempts, reason } of await queue.failures())
    output.line(`given up  ${id} after ${attempts} attempts: ${reason}`);
}

/**
 * Merges the results there are, a report for each target.
 *
 * @returns whether all shards are there, and nothing in them is left unexplained.
 */
export async function collect(queue: ShardQueue, output: Output, folder: string): Promise<boolean> {
  const byTarget = new Map<string, ShardResult[]>();
  for (const result of await queue.results())
    byTarget.set(result.target, [...(byTarget.get(result.target) ?? []), result]);
  let isClean = true;
  for (const [target, results] of byTarget) {
    const merged = mergeResults(results);
    const { findings, deaths } = unexplained(merged);
    const open = findings.length + deaths.length;
    isClean &&= open === 0;
    const report = writeReport(join(folder, target), merged);
    const { agree, total } = merged.steps;
    output.line(`${target}: ${agree} of ${total} steps agree, ${open} unexplained: ${report}`);
  }
  const { waiting, active, failed } = await queue.counts();
  if (waiting + active + failed > 0) await status(queue, output);
  return isClean && waiting + active + failed === 0;
}
