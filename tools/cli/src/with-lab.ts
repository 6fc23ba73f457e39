import { formatEvent, LabError, type LabEvent } from '@pfnmap/lab';
import type { CommandContext } from './command-context.ts';
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

/** Progress goes to standard error, and only to a terminal. */
export const progressOf =
  ({ terminal }: CommandContext) =>
  (event: LabEvent): void => {
    const line = formatEvent(event);
    if (line !== undefined && terminal.stderr.isTTY === true) terminal.stderr.write(`${line}\n`);
  };
