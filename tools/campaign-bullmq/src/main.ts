import { parseArgs } from 'node:util';
import { LabError } from '@pfnmap/lab';
import { CampaignQueue } from './campaign-queue.ts';
import { collect, type Output, type ShardQueue, status, submit, work } from './commands.ts';
import { QueueError } from './redis.ts';

const USAGE = `usage: npm run queue -- COMMAND
  submit TARGET --seeds A..B [--size N]   put the shards of a campaign into the queue, N seeds each (25)
  work [--jobs N] [--out FOLDER]          do shards until none is left, N at once (1)
  status                                  how far it is, and what was given up
  collect [--out FOLDER]                  merge the results into one report for each target
  retry                                   put the shards that were given up back
  clear                                   remove the queue with its results
everywhere: --redis ADDRESS (REDIS_URL, else redis://127.0.0.1:6379), --queue NAME (pfnmap-campaign)
`;

const EXIT = { done: 0, differ: 1, badInput: 2, environment: 3 } as const;

class Usage extends Error {}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Usage(`--${name} wants a whole number above 0, and not ${text}.`);
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        redis: { type: 'string', default: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' },
        queue: { type: 'string', default: 'pfnmap-campaign' },
        seeds: { type: 'string' },
        size: { type: 'string', default: '25' },
        jobs: { type: 'string', default: '1' },
        out: { type: 'string', default: 'campaigns' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Usage((error as Error).message);
  }
}

type Arguments = ReturnType<typeof readArguments>;

/** Given by the signals that ask a program to end. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

async function run(queue: ShardQueue, { values, positionals }: Arguments): Promise<number> {
  const output: Output = { line: (text) => process.stdout.write(`${text}\n`) };
  const [command, target] = positionals;
  switch (command) {
    case 'submit':
      if (target === undefined || values.seeds === undefined)
        throw new Usage('submit wants a target and --seeds A..B.');
      await submit(queue, output, {
        target,
        seeds: values.seeds,
        size: wholeNumber(values.size, 'size'),
      });
      return EXIT.done;
    case 'work':
      await work(queue, output, {
        jobs: wholeNumber(values.jobs, 'jobs'),
        folder: values.out,
        signal: stopSignal(),
      });
      return EXIT.done;
    case 'status':
      await status(queue, output);
      return EXIT.done;
    case 'collect':
      return (await collect(queue, output, values.out)) ? EXIT.done : EXIT.differ;
    case 'retry':
      await queue.retry();
      return EXIT.done;
    case 'clear':
      await queue.clear();
      return EXIT.done;
    default:
      throw new Usage(command === undefined ? 'Which command?' : `There is no command ${command}.`);
  }
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const parsed = readArguments(args);
    if (parsed.values.help) {
      process.stdout.write(USAGE);
      return EXIT.done;
    }
    const { queue: name, redis } = parsed.values;
    const queue: ShardQueue = await CampaignQueue.open(name, redis);
    return await run(queue, parsed).finally(() => queue.close());
  } catch (error) {
    if (error instanceof Usage) process.stderr.write(`${error.message}\n${USAGE}`);
    else if (error instanceof LabError || error instanceof QueueError)
      process.stderr.write(`${error.message}\n`);
    else throw error;
    return error instanceof QueueError ? EXIT.environment : EXIT.badInput;
  }
}

process.exitCode = await main(process.argv.slice(2));
