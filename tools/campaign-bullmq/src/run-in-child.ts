import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { formatSeeds, readResult, type SeedRange, type ShardResult } from '@pfnmap/lab';

/** A part of a campaign that one worker does at a time. */
export interface CampaignShard {
  readonly target: string;
  readonly seeds: SeedRange;
}

/** Names a shard within the queue. */
export function shardId({ target, seeds }: CampaignShard): string {
  return `${target}_${formatSeeds(seeds)}`;
}

/** The file of the command `pfnmap`. */
function commandPath(): string {
  const manifest = createRequire(import.meta.url).resolve('@pfnmap/cli/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { pfnmap: string } };
  return join(dirname(manifest), bin.pfnmap);
}

/**
 * Runs a shard in a process of its own, so that whatever becomes of it the worker lives on. What was
 * answered stays in `folder`, and another attempt goes on from there.
 *
 * @throws Error with the last words of the command where it ends without a result.
 */
export async function runInChild(
  { target, seeds }: CampaignShard,
  folder: string,
  signal?: AbortSignal,
): Promise<ShardResult> {
  const args = ['lab', 'campaign', target, '--seeds', formatSeeds(seeds), '--jobs', '1'];
  const child = spawn(process.execPath, [commandPath(), ...args, '--out', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal === undefined ? {} : { signal, killSignal: 'SIGINT' }),
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // 1 says that kernel and model differ, which is a result.
  if (code === 0 || code === 1) return readResult(folder);
  throw new Error(words.trim() || `pfnmap lab campaign ended with ${code}`);
}
