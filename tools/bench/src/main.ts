import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildBaseline, runBaseline } from './baseline.ts';
import { CASES } from './cases.ts';
import { timeDmaMaps } from './dma.ts';
import { timeHelpers } from './entry-functions.ts';
import { timeGuests } from './guest.ts';
import { formatHelpers, formatReport, judge } from './report.ts';
import { measureTableMemory } from './table-memory.ts';
import { timeTables } from './tables.ts';
import { best, type Timings } from './timings.ts';

const ROUNDS = 3;
const SELF = fileURLToPath(import.meta.url);
const FOLDER = fileURLToPath(new URL('../../../.cache/bench', import.meta.url));
const USAGE = `usage: npm run bench [-- --json]
Times the model beside the same work in C.
  --json    prints the figures as JSON instead of a table
`;

/** What a round consists of. */
const PARTS: Readonly<Record<string, () => Timings | Promise<Timings>>> = {
  tables: timeTables,
  guests: timeGuests,
  DMA: timeDmaMaps,
  memory: measureTableMemory,
};

/** A process for each part, so that none finds the code and the memory of others. */
function runApart(part: string): Timings {
  const output = execFileSync(process.execPath, ['--expose-gc', SELF, '--part', part]);
  return JSON.parse(output.toString()) as Timings;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** C and the model in turn, so that a noisy moment meets both. */
function compare(asJson: boolean): void {
  const program = buildBaseline(FOLDER);
  const model: Timings[] = [];
  const c: Timings[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    for (const part of Object.keys(PARTS)) {
      progress(`round ${round} of ${ROUNDS}: ${part}`);
      if (part === 'tables' && program !== undefined) c.push(runBaseline(program));
      model.push(runApart(part));
    }
  }
  progress('single helpers');
  const helpers = runApart('helpers');
  progress('');
  const inC = program === undefined ? undefined : best(c);
  const cases = CASES.map((one) => judge(one, best(model), inC));
  const json = `${JSON.stringify({ node: process.version, cases, helpers }, null, 2)}\n`;
  const file = join(FOLDER, 'result.json');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, json);
  if (asJson) {
    process.stdout.write(json);
    return;
  }
  process.stdout.write(`${formatReport(cases)}\n${formatHelpers(helpers)}\n`);
  if (program === undefined) process.stdout.write('no C compiler: install one to see the ratios\n');
  process.stdout.write(`written to ${file}\n`);
}

const readOptions = () =>
  parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      part: { type: 'string' },
    },
  }).values;

async function runPart(part: string): Promise<void> {
  const run = { ...PARTS, helpers: timeHelpers }[part];
  if (run === undefined) throw new Error(`no part ${part}`);
  process.stdout.write(JSON.stringify(await run()));
}

async function main(): Promise<void> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (options.help) process.stdout.write(USAGE);
  else if (options.part !== undefined) await runPart(options.part);
  else compare(options.json);
}

await main();
