import type { CachePaths } from '../cache.ts';
import { throwIfInterrupted } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Reporter } from '../reporter.ts';

/** What every step of a set-up is given. */
export interface SetupContext {
  readonly host: Host;
  readonly paths: CachePaths;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
}

/** Does one step, unless its result is there already, and reports it. */
export async function runStep(
  context: SetupContext,
  step: string,
  text: string,
  kept: boolean,
  work: (progress: (bytes: number, totalBytes: number) => void) => Promise<void>,
): Promise<void> {
  throwIfInterrupted(context.signal);
  const start = Date.now();
  context.reporter({ type: 'step-start', step, text });
  if (!kept) {
    await work((bytes, totalBytes) =>
      context.reporter({
        type: 'progress',
        step,
        bytes: Math.min(bytes, totalBytes),
        totalBytes,
        elapsed: Date.now() - start,
      }),
    );
  }
  context.reporter({ type: 'step-end', step, kept, elapsed: Date.now() - start });
}
