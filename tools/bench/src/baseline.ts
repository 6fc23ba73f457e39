import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Timings } from './timings.ts';

const SOURCE = fileURLToPath(new URL('../c/baseline.c', import.meta.url));

/** Compiles the C program into a folder; its path, or undefined where there is no C compiler. */
export function buildBaseline(folder: string): string | undefined {
  const compiler = process.env.CC ?? 'cc';
  if (spawnSync(compiler, ['--version'], { stdio: 'ignore' }).status !== 0) return undefined;
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'baseline');
  execFileSync(compiler, ['-O2', '-o', program, SOURCE]);
  return program;
}

/** Nanoseconds for each case in C. */
export const runBaseline = (program: string): Timings =>
  JSON.parse(execFileSync(program, { encoding: 'utf8' })) as Timings;
