import { DEFECTS, type Defect } from './defects.ts';
import { clearWithFixes, type RediscoverOptions, rediscover } from './rediscover.ts';
import { clearedLines, rediscoveredLines } from './report.ts';

const USAGE = `usage: npm run litmus -- [DEFECT…] [--seed N] [--arch x86_64|arm64] [--programs N] [--json]
Plays random programs and races on the series as posted until they meet the defect, and shrinks what they found; then the
programs of the same seed on the series with every repair, where they may find nothing.
defects: ${DEFECTS.map(({ id }) => id).join(' ')} (default: all)
--seed      of the random programs; another one every time when left out
--programs  programs at most for each defect
`;

/** Programs of each kind that are played on the repaired kernel. */
const CLEARED = { program: 1000, race: 60 } as const;

interface Wanted extends RediscoverOptions {
  readonly defects: readonly Defect[];
  readonly json: boolean;
}

/** The value of an option; what is wrong with it is thrown as a RangeError. */
function wholeNumber(option: string, text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || !Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${option} wants a whole number, not "${text ?? ''}"`);
  }
  return value;
}

function defectNamed(name: string): Defect {
  const found = DEFECTS.find(({ id }) => id === name.toUpperCase());
  if (found === undefined) throw new RangeError(`there is no defect or option "${name}"`);
  return found;
}

function architecture(text: string | undefined): 'x86_64' | 'arm64' {
  if (text === 'x86_64' || text === 'arm64') return text;
  throw new RangeError(`--arch wants x86_64 or arm64, not "${text ?? ''}"`);
}

function wanted(args: readonly string[]): Wanted {
  const defects: Defect[] = [];
  let seed = Math.floor(Math.random() * 2 ** 31);
  let arch: Wanted['arch'] = 'x86_64';
  let programs: number | undefined;
  let json = false;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === '--seed') seed = wholeNumber(arg, args[++index]);
    else if (arg === '--programs') programs = wholeNumber(arg, args[++index]);
    else if (arg === '--arch') arch = architecture(args[++index]);
    else if (arg === '--json') json = true;
    else defects.push(defectNamed(arg));
  }
  const chosen = defects.length > 0 ? defects : DEFECTS.filter((each) => each.archs.includes(arch));
  const absent = chosen.find((each) => !each.archs.includes(arch));
  if (absent !== undefined) throw new RangeError(`${absent.id} does not show on ${arch}`);
  return { defects: chosen, seed, arch, json, ...(programs === undefined ? {} : { programs }) };
}

const print = (lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

const asJson = (value: object): string =>
  JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'bigint' ? `0x${each.toString(16)}` : each,
  );

/** 0: every defect was found, and nothing with the repairs; 1: not so. */
function litmus(options: Wanted): number {
  let failed = false;
  for (const defect of options.defects) {
    const started = performance.now();
    const found = rediscover(defect, options);
    const milliseconds = Math.round(performance.now() - started);
    failed ||= found.finding === undefined;
    print(
      options.json
        ? [asJson({ format: 'pfnmap-litmus/1', arch: options.arch, milliseconds, ...found })]
        : rediscoveredLines(found, options.arch, milliseconds),
    );
  }
  for (const kind of new Set(options.defects.map((defect) => defect.kind))) {
    const started = performance.now();
    const cleared = clearWithFixes(kind, { ...options, programs: CLEARED[kind] });
    const milliseconds = Math.round(performance.now() - started);
    failed ||= cleared.finding !== undefined;
    print(
      options.json
        ? [asJson({ format: 'pfnmap-litmus-clear/1', kind, milliseconds, ...cleared })]
        : clearedLines(cleared, kind, options.arch, milliseconds),
    );
  }
  return failed ? 1 : 0;
}

function main(args: readonly string[]): number {
  if (args.includes('--help')) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    return litmus(wanted(args));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    process.stderr.write(`${error.message}\n${USAGE}`);
    return 2;
  }
}

process.exitCode = main(process.argv.slice(2));
