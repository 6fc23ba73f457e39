import type { PlayScenario } from '@pfnmap/scenario';
import { main } from '../src/main.ts';
import { echoPlayer } from './echo-player.ts';

/** What a command line has printed, and its exit code. */
export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** How a test lends the process to a command line. */
export interface Lent {
  readonly play?: PlayScenario;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
}

/** Runs a command line in this process. */
export async function runMain(args: readonly string[], lent: Lent = {}): Promise<Ran> {
  const { play = echoPlayer(), stdin = '', env = {}, isTTY = false } = lent;
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await main(args, {
    version: '1.2.3',
    loadPlayer: () => Promise.resolve(play),
    terminal: {
      stdout: { isTTY, write: (text) => void out.push(text) },
      stderr: { isTTY, write: (text) => void err.push(text) },
      env,
      readStdin: () => Promise.resolve(stdin),
    },
  });
  return { exitCode, out: out.join(''), err: err.join('') };
}
