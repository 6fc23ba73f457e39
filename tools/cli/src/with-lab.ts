import { formatBytes, formatEvent, LabError, type LabEvent } from '@pfnmap/lab';
import { type CommandContext, showProgress } from './command-context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { Failure } from './failure.ts';

const CODES: Readonly<Record<string, ExitCode>> = {
  'unknown-target': EXIT.badInput,
  'bad-scenario': EXIT.badInput,
  'no-kernel': EXIT.badInput,
  'bad-seeds': EXIT.badInput,
  'bad-result': EXIT.badInput,
  'other-versions': EXIT.badInput,
  interrupted: EXIT.interrupted,
};

/** Errors of the lab end the command with their text; those of the caller as bad input. */
export async function withLab<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new Failure(error.message, CODES[error.code] ?? EXIT.environment);
  }
}

/** Progress goes to standard error, and only to a terminal; a download is one line that is written over and over. */
export const progressOf =
  (context: CommandContext) =>
  (event: LabEvent): void => {
    if (event.type === 'progress') {
      const { step, bytes, totalBytes } = event;
      showProgress(context, `${step}: ${formatBytes(bytes)} of ${formatBytes(totalBytes)}`);
      return;
    }
    const line = formatEvent(event);
    if (line !== undefined) showProgress(context, `${line}\n`);
  };
