/** Signals by which a person, a queue or a cluster asks a program to end. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Does work that a signal may end early; what the work keeps then is its own matter. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const end = () => stop.abort();
  for (const name of SIGNALS) process.once(name, end);
  try {
    return await work(stop.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, end);
  }
}
