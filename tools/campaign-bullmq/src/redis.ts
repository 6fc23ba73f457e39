import { Redis } from 'ioredis';

/** The queue cannot be used; the message says why and what to do. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
}

/** Milliseconds to wait for a Redis that does not answer. */
const CONNECT_MILLISECONDS = 5000;

/**
 * A connection to the Redis at a `redis://` address. Throws {@link QueueError} where none answers;
 * one that is lost later is opened again by the client.
 */
export async function connectRedis(address: string): Promise<Redis> {
  let opened = false;
  const redis = new Redis(address, {
    lazyConnect: true,
    connectTimeout: CONNECT_MILLISECONDS,
    // A worker waits on its connection, however long it takes.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (opened ? Math.min(times * 200, 5000) : null),
  });
  let why = '';
  redis.on('error', (error: Error) => {
    why = error.message;
  });
  try {
    await redis.connect();
    opened = true;
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new QueueError(
      `No Redis answers at ${address}: ${why || (error as Error).message}.\n` +
        '  Start one with: redis-server --port 6379 --appendonly yes; or name another with --redis ADDRESS.',
    );
  }
}
