import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { connectRedis } from './redis.ts';

/** A shard as it is put into the queue. */
export interface QueuedShard<Shard> {
  /** Tells the shard from all others of the campaign; no colons. */
  readonly id: string;
  readonly shard: Shard;
}

/** A shard that failed as often as it may. */
export interface FailedShard {
  readonly id: string;
  readonly attempts: number;
  readonly reason: string;
}

/** How many shards are in which state. */
export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly completed: number;
  readonly failed: number;
}

/** How a worker works. */
export interface WorkOptions {
  /** Shards at once; 1 if left out. */
  readonly jobs?: number;
  /** Takes no more shards; those that run are told by whoever runs them. */
  readonly signal?: AbortSignal;
  /** Called as each shard ends. */
  readonly onShard?: (id: string, failure: string | undefined) => void;
}

/** A shard is given to another worker when its own has not been heard of for this long. */
const SILENT_MILLISECONDS = 5 * 60_000;

/**
 * The shards of a campaign in Redis. A shard is done once, by whichever worker takes it; one whose
 * worker fails or disappears is tried again. Results stay until {@link CampaignQueue.clear}.
 */
export class CampaignQueue<Shard, Result> {
  readonly #name: string;
  readonly #redis: Redis;
  readonly #queue: Queue;
  readonly #attempts: number;

  private constructor(name: string, redis: Redis, attempts: number) {
    this.#name = name;
    this.#redis = redis;
    this.#attempts = attempts;
    this.#queue = new Queue(name, { connection: redis });
  }

  /**
   * Opens the queue of that name.
   *
   * @param address of Redis, `redis://127.0.0.1:6379`
   * @param attempts per shard, the first included
   * @throws QueueError where no Redis answers
   */
  static async open<Shard, Result>(
    name: string,
    address: string,
    attempts = 5,
  ): Promise<CampaignQueue<Shard, Result>> {
    return new CampaignQueue<Shard, Result>(name, await connectRedis(address), attempts);
  }

  /** Puts shards in; those that are in it already, whatever their state, stay as they are. */
  async submit(shards: readonly QueuedShard<Shard>[]): Promise<void> {
    const opts = { attempts: this.#attempts, backoff: { type: 'exponential', delay: 1000 } };
    await this.#queue.addBulk(
      shards.map(({ id, shard }) => ({ name: 'shard', data: shard, opts: { ...opts, jobId: id } })),
    );
  }

  /**
   * Runs shards until none is left that waits, here or on another worker, or the signal is given.
   *
   * @param run does one shard, and tells how far it is in any form JSON has
   */
  async work(
    run: (shard: Shard, progress: (value: object) => void) => Promise<Result>,
    options: WorkOptions = {},
  ): Promise<void> {
    const worker = new Worker(
      this.#name,
      (job: Job<Shard, Result>) =>
        run(job.data, (value) => {
          // Progress is for people who look; that Redis is away for a moment does not stop the work.
          job.updateProgress(value).catch(() => undefined);
        }),
      {
        connection: this.#redis,
        concurrency: options.jobs ?? 1,
        lockDuration: SILENT_MILLISECONDS,
      },
    );
    worker.on('completed', (job) => options.onShard?.(job.id as string, undefined));
    worker.on('failed', (job, error) => options.onShard?.(job?.id ?? '?', error.message));
    worker.on('error', () => undefined);
    try {
      await this.#finished(worker, options.signal);
    } finally {
      await worker.close();
    }
  }

  /** Resolves when nothing waits, runs or will be tried again, or the signal is given. */
  #finished(worker: Worker, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        this.#left().then((left) => left === 0 && resolve(), reject);
      };
      // What another worker does is told to nobody here, so this looks from time to time.
      const timer = setInterval(look, 1000);
      for (const event of ['completed', 'failed', 'drained'] as const) worker.on(event, look);
      const stop = () => resolve();
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted) stop();
      look();
      worker.once('closing', () => clearInterval(timer));
    });
  }

  async #left(): Promise<number> {
    const counts = await this.#queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  async counts(): Promise<QueueCounts> {
    const counts = await this.#queue.getJobCounts(
      'waiting',
      'delayed',
      'active',
      'completed',
      'failed',
    );
    const of = (state: string) => counts[state] ?? 0;
    return {
      waiting: of('waiting') + of('delayed'),
      active: of('active'),
      completed: of('completed'),
      failed: of('failed'),
    };
  }

  /** What the shards that run now last told of themselves. */
  async running(): Promise<{ readonly id: string; readonly progress: unknown }[]> {
    const jobs = await this.#queue.getActive();
    return jobs.map((job) => ({ id: job.id as string, progress: job.progress }));
  }

  /** The results there are, by the order of the shards' names. */
  async results(): Promise<Result[]> {
    const jobs = await this.#queue.getCompleted();
    return jobs
      .sort((a, b) => (a.id as string).localeCompare(b.id as string, 'en', { numeric: true }))
      .map((job) => job.returnvalue as Result);
  }

  /** The shards that were given up. */
  async failures(): Promise<FailedShard[]> {
    const jobs = await this.#queue.getFailed();
    return jobs.map(({ id, attemptsMade, failedReason }) => ({
      id: id as string,
      attempts: attemptsMade,
      reason: failedReason ?? '',
    }));
  }

  /** Puts the shards that were given up back. */
  async retry(): Promise<void> {
    await this.#queue.retryJobs({ state: 'failed' });
  }

  /** Removes the queue and all results. */
  async clear(): Promise<void> {
    await this.#queue.obliterate({ force: true });
  }

  async close(): Promise<void> {
    await this.#queue.close();
    this.#redis.disconnect();
  }
}
