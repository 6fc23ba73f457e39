import { readFileSync } from 'node:fs';
import {
  compareCaptures,
  type Hex,
  type Played,
  type PlayScenario,
  parseCapture,
  scenarioOfCapture,
} from '@pfnmap/scenario';
import { type CommandContext, print } from './command-context.ts';
import { differenceLines } from './describe-difference.ts';
import { summaryLines } from './describe-summary.ts';
import { tableLines } from './describe-table.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { notInRepository } from './input-file.ts';
import { labCapture } from './lab-files.ts';
import { playOn } from './player.ts';

/** The captures that the demonstration repeats: the 8 GiB BAR of the cover letter. */
const CAPTURES = [
  { file: '6.12-x86_64/01-bar-8g', arch: 'x86_64' },
  { file: '6.12-arm64/01-bar-8g', arch: 'arm64' },
] as const;

const STORY = [
  'A driver maps the 8 GiB BAR of a device, and a process touches it every 512 MiB.',
  'With the series "mm: Support huge pfnmaps" each fault maps as much as address and architecture allow:',
  '1G on x86_64, 2M on arm64. Below, the model plays that scenario, and what a real kernel answered is compared.',
];

/** How many lines of the log, runs of the table and differences are shown. */
const LINES_SHOWN = 4;

/** What is mapped at the end, from the last table of the scenario. */
function tableOf({ capture, arch }: Played): string[] {
  const tables = capture.steps.flatMap(({ answers }) =>
    answers.flatMap((answer) => ('table' in answer ? [answer.table] : [])),
  );
  const mapped = (tables.at(-1) ?? []).filter(({ entry }) => entry !== '0x0');
  return [...tableLines(arch, mapped.slice(0, LINES_SHOWN)), ...moreThan(mapped.length)];
}

function moreThan(count: number): string[] {
  return count > LINES_SHOWN ? [`… and ${count - LINES_SHOWN} more`] : [];
}

/** One architecture: plays, shows, compares. Returns whether all agrees. */
function demonstrate(
  { file, arch }: (typeof CAPTURES)[number],
  play: PlayScenario,
  context: CommandContext,
): boolean {
  const path = labCapture(file);
  if (path === undefined) throw notInRepository('the captures that the demonstration repeats are');
  const expected = parseCapture(readFileSync(path, 'utf8'), path);
  const { kernel, bar2 } = expected.machine;
  const start: Hex = bar2?.start ?? '0x0';
  const options = { arch, kernel, bar2Start: BigInt(start) };
  const played = playOn(play, scenarioOfCapture(expected, path), options);
  const { agree, total, differences } = compareCaptures(expected, played.capture);
  const { style } = context;
  const verdict = `${agree} of ${total} steps agree with a capture of Linux ${kernel}`;
  const got = { expected, got: played.capture, arch: played.arch };
  print(context, [
    '',
    style.heading(`Linux ${kernel}, ${arch}`),
    '',
    ...played.capture.log.slice(0, LINES_SHOWN).map((line) => style.aside(line)),
    ...moreThan(played.capture.log.length),
    '',
    ...tableOf(played),
    '',
    ...summaryLines(played, style),
    agree === total ? style.good(verdict) : style.bad(verdict),
    ...differences.slice(0, LINES_SHOWN).flatMap((each) => differenceLines(each, got, style)),
  ]);
  return agree === total;
}

/** Plays the scenario of the series' cover letter on both architectures and checks it against real kernels. */
export async function demoCommand(context: CommandContext): Promise<ExitCode> {
  const play = await context.loadPlayer();
  print(context, STORY);
  const agreed = CAPTURES.map((each) => demonstrate(each, play, context));
  print(context, [
    '',
    'Next:',
    '  npx pfnmap run 03-alignment           why an address decides between 1G, 2M and 4K',
    '  npx pfnmap run 05-fork --arch arm64   what fork does with huge entries',
    '  npx pfnmap check                      every capture of every kernel',
    '  npx pfnmap explain 0x80000002000002b7 --level pud',
  ]);
  return agreed.every(Boolean) ? EXIT.agree : EXIT.differ;
}
