import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { PlayScenario } from '@pfnmap/scenario';
import { EXIT } from './exit-code.ts';
import { main } from './main.ts';
import type { Output, Terminal } from './terminal.ts';

const output = (stream: NodeJS.WriteStream): Output => ({
  isTTY: stream.isTTY === true,
  write: (text) => void stream.write(text),
});

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

/** A person sits before input and output, and no build machine pretends to be one. */
const isAttended = (): boolean =>
  process.stdin.isTTY === true && process.stderr.isTTY === true && !process.env.CI;

async function loadPlayer(): Promise<PlayScenario> {
  const { playScenario } = await import('@pfnmap/scenario');
  return playScenario;
}

/** Ends the process when nobody can read its output: quietly when the reader went away, else with the reason. */
function endWithoutOutput(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(EXIT.agree);
  process.stderr.write(`pfnmap: standard output cannot be written: ${error.message}\n`);
  process.exit(EXIT.environment);
}

/** Runs the command line of this process and sets its exit code. */
export async function runProcess(): Promise<void> {
  process.stdout.on('error', endWithoutOutput);
  const { version } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  const terminal: Terminal = {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    env: process.env,
    readStdin,
    ...(isAttended() ? { ask } : {}),
  };
  process.exitCode = await main(process.argv.slice(2), { terminal, version, loadPlayer });
}
