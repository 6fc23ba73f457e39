import type { PlayScenario } from '@pfnmap/scenario';
import { type Checked, checkCapture } from './check-capture.ts';
import { type CommandContext, print, type SymbolChoice } from './command-context.ts';
import { differenceLines } from './describe-difference.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { filesOf, isFolder, notInRepository, readInput } from './input-file.ts';
import { labCapture, labCaptures } from './lab-files.ts';
import type { Style } from './terminal.ts';

/** What `pfnmap check` is told besides the files. */
export interface CheckOptions extends SymbolChoice {
  readonly json?: boolean;
  /** Shows every difference, not only the first few of a capture. */
  readonly all?: boolean;
  readonly quiet?: boolean;
}

const SHOWN = 5;

/** Every capture that the arguments mean: files, folders, names of the repository; all of those by default. */
function capturesOf(paths: readonly string[]): string[] {
  if (paths.length === 0) {
    const all = labCaptures();
    if (all === undefined) throw notInRepository('captures of real kernels are');
    return filesOf(all, '.jsonl');
  }
  return paths.flatMap((path) => {
    if (path === '-') return [path];
    const named = path === '' || /\.jsonl$|^[./]/.test(path) ? undefined : labCapture(path);
    const found = named ?? path;
    if (!isFolder(found)) return [found];
    const files = filesOf(found, '.jsonl');
    if (files.length === 0) throw new Failure(`${found} holds no capture: no file ends in .jsonl.`);
    return files;
  });
}

/** Totals over all captures. */
export interface Totals {
  agree: number;
  total: number;
  unusable: number;
}

function add(totals: Totals, checked: Checked): void {
  if (checked.outcome === 'unusable') totals.unusable++;
  else if (checked.outcome === 'failed') totals.total += checked.total;
  else {
    totals.agree += checked.comparison.agree;
    totals.total += checked.comparison.total;
  }
}

/** The totals of captures that were checked. */
export function totalsOf(list: readonly Checked[]): Totals {
  const totals: Totals = { agree: 0, total: 0, unusable: 0 };
  for (const checked of list) add(totals, checked);
  return totals;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `${error}`;
}

/** A capture in lines: one, and below it what differs. */
function checkedLines(checked: Checked, options: CheckOptions, style: Style): string[] {
  const { file } = checked;
  if (checked.outcome === 'unusable')
    return [`${style.bad('error ')}           ${file}`, checked.failure.message];
  if (checked.outcome === 'failed') {
    const steps = `0 of ${checked.total}`.padStart(10);
    return [
      `${style.bad('differ')} ${steps} ${file}`,
      `  the model failed: ${messageOf(checked.error)}`,
    ];
  }
  const { agree, total, differences } = checked.comparison;
  const steps = `${agree} of ${total}`.padStart(10);
  if (agree === total)
    return options.quiet === true ? [] : [`${style.good('agree ')} ${steps} ${file}`];
  const shown = options.all === true ? differences : differences.slice(0, SHOWN);
  const more = differences.length - shown.length;
  return [
    `${style.bad('differ')} ${steps} ${file}`,
    ...shown.flatMap((difference) => differenceLines(difference, checked, style)),
    ...(more > 0 ? [`  and ${more} more differences; --all shows them`] : []),
  ];
}

/** A capture as `--json` has it. */
export function checkedJson(checked: Checked): object {
  const { file, outcome } = checked;
  if (checked.outcome === 'unusable') return { file, outcome, error: checked.failure.message };
  if (checked.outcome === 'failed')
    return { file, outcome, agree: 0, total: checked.total, error: messageOf(checked.error) };
  const { agree, total, differences } = checked.comparison;
  const { kernel, arch } = checked.expected.machine;
  return { file, outcome, kernel, arch, agree, total, differences };
}

/** 0 where everything agrees, 2 where something could not be read. */
export function exitCodeOf({ agree, total, unusable }: Totals): ExitCode {
  if (unusable > 0) return EXIT.badInput;
  return agree === total ? EXIT.agree : EXIT.differ;
}

/** Compares captures of real kernels with the model. */
export async function checkCommand(
  paths: readonly string[],
  options: CheckOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const files = capturesOf(paths);
  const play: PlayScenario = await context.loadPlayer();
  const choice: SymbolChoice = {
    ...(options.with === undefined ? {} : { with: options.with }),
    ...(options.without === undefined ? {} : { without: options.without }),
  };
  const totals: Totals = { agree: 0, total: 0, unusable: 0 };
  const records: object[] = [];
  for (const file of files) {
    const checked = checkCapture(await readInput(file, context.terminal), play, choice);
    add(totals, checked);
    if (options.json === true) records.push(checkedJson(checked));
    else print(context, checkedLines(checked, options, context.style));
  }
  const { agree, total } = totals;
  if (options.json === true)
    print(context, [
      JSON.stringify({ format: 'pfnmap-check/1', agree, total, captures: records }, undefined, 2),
    ]);
  else print(context, [`${agree} of ${total} steps agree in ${files.length} captures`]);
  return exitCodeOf(totals);
}
