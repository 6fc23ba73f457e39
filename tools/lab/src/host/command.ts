import { LabError, throwIfInterrupted } from '../errors.ts';
import type { ExecOptions, Host } from './host.ts';

/**
 * Runs a command that must succeed; returns what it wrote to standard output.
 *
 * Throws `interrupted` if the signal ended it, `command-failed` with the end of its output else.
 */
export async function runCommand(
  host: Host,
  what: string,
  command: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<string> {
  throwIfInterrupted(options.signal);
  const result = await host.exec(command, args, options);
  throwIfInterrupted(options.signal);
  if (result.code === 0) return result.stdout;
  const line = [command, ...args].join(' ');
  const tail = result.output.trim().split('\n').slice(-15).join('\n  ');
  throw new LabError(
    'command-failed',
    `Could not ${what}: exit code ${result.code} of\n  ${line.length > 400 ? `${line.slice(0, 400)} …` : line}\n  ${tail}`,
  );
}
