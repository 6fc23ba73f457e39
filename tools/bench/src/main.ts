import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBaseline, runBaseline } from './baseline.ts';
import { best, formatReport, type Timings } from './report.ts';
import { runModel } from './run-model.ts';

const ROUNDS = 3;

/** A new process for each round, so that no round finds the others' compiled code and memory. */
function runModelApart(): Timings {
  const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--once']);
  return JSON.parse(output.toString()) as Timings;
}

function main(): void {
  if (process.argv.includes('--once')) {
    process.stdout.write(JSON.stringify(runModel()));
    return;
  }
  const folder = fileURLToPath(new URL('../../../.cache/bench', import.meta.url));
  const program = buildBaseline(folder);
  const model: Timings[] = [];
  const c: Timings[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round} of ${ROUNDS}`);
    if (program !== undefined) c.push(runBaseline(program));
    model.push(runModelApart());
  }
  if (process.stderr.isTTY) process.stderr.write('\r');
  const result = { model: best(model), c: program === undefined ? undefined : best(c) };
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'result.json');
  writeFileSync(file, `${JSON.stringify({ node: process.version, ...result }, null, 2)}\n`);
  process.stdout.write(formatReport(result.model, result.c));
  if (program === undefined) process.stdout.write('no C compiler: install one to see the ratios\n');
  process.stdout.write(`written to ${file}\n`);
}

main();
