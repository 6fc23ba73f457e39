import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import {
  type KindName,
  type LabEvent,
  labKernel,
  mergeResults,
  parseSeeds,
  readResult,
  runShard,
  type SeedRange,
  type ShardResult,
  splitSeeds,
  unexplained,
  writeReport,
} from '@pfnmap/lab';
import { campaignModel } from './campaign-model.ts';
import { type CommandContext, print } from './command-context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { interruptible } from './interruption.ts';
import type { LabOptions } from './lab-command.ts';
import { withLab } from './with-lab.ts';

/** What `pfnmap lab campaign` is told. */
export interface LabCampaignOptions extends LabOptions {
  readonly seeds: string;
  readonly shard?: string;
  readonly kinds?: readonly string[];
  readonly jobs?: number;
  readonly out?: string;
}

/** What `pfnmap lab merge` is told. */
export interface LabMergeOptions extends LabOptions {
  readonly out?: string;
}

/** The seeds of a campaign, or of one part of it: `--shard 2/8`. */
function seedsOf({ seeds, shard }: LabCampaignOptions): SeedRange {
  const all = parseSeeds(seeds);
  if (shard === undefined) return all;
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(shard);
  const [part, parts] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || part < 1 || part > parts)
    throw new Failure(`“${shard}” is no shard.\n  Write 1/8 to 8/8 for eight of them.`);
  const range = splitSeeds(all, parts)[part - 1];
  if (range === undefined)
    throw new Failure(`${seeds} has fewer seeds than ${parts}.\n  Choose fewer shards.`);
  return range;
}

/** A time as a clock has it. */
function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`;
}

/** One line on a terminal that is written again and again; nothing in a pipe. */
function progressLine({ terminal: { stderr } }: CommandContext) {
  const start = Date.now();
  const put = (text: string): void => {
    if (stderr.isTTY) stderr.write(`\r\u001b[K${clock(Date.now() - start)}  ${text}`);
  };
  return {
    reporter(event: LabEvent): void {
      if (event.type === 'campaign-progress') {
        const { done, total, differing, deaths } = event;
        put(`${done} of ${total} scenarios, ${differing} differ, the kernel died in ${deaths}`);
      } else if (event.type === 'campaign-shrink') put(`shrinking ${event.open} that differ`);
    },
    end: (): void => void (stderr.isTTY && stderr.write('\r\u001b[K')),
  };
}

/** The result in a few lines, and where the report is. */
function summary(result: ShardResult, report: string): string[] {
  const { scenarios, steps, findings, deaths, target, versions } = result;
  const open = unexplained(result);
  const explained = findings.length + deaths.length - open.findings.length - open.deaths.length;
  return [
    `${target}, Linux ${versions.kernel}: ${scenarios.agree} of ${scenarios.total} scenarios agree, ` +
      `${steps.agree} of ${steps.total} steps`,
    ...open.findings.map(({ scenario, signature }) => `  ${scenario} differs: ${signature}`),
    ...open.deaths.map(({ scenario, step, words }) => `  ${scenario} dies: ${step}: ${words[0]}`),
    ...(explained > 0
      ? [`${explained} differences and deaths are known; the report explains them`]
      : []),
    `report: ${relative(process.cwd(), report)}`,
  ];
}

/** Writes the report and tells the result; differences that are not explained are a difference. */
function conclude(
  result: ShardResult,
  folder: string,
  options: LabOptions,
  context: CommandContext,
): ExitCode {
  const report = writeReport(folder, result);
  if (options.json === true) context.terminal.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else print(context, summary(result, report));
  const { findings, deaths } = unexplained(result);
  return findings.length + deaths.length === 0 ? EXIT.agree : EXIT.differ;
}

/** `pfnmap lab campaign`: generated scenarios on a real kernel and on the model. */
export async function labCampaignCommand(
  target: string,
  options: LabCampaignOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const line = progressLine(context);
  const folder = await withLab(async () => {
    const { first, last } = seedsOf(options);
    return options.out ?? join('campaigns', `${target}-${first}-${last}`);
  });
  const play = await context.loadPlayer();
  const result = await withLab(() =>
    interruptible(async (signal) => {
      const kernel = labKernel(target, { reporter: line.reporter, signal });
      return await runShard({
        kernel,
        model: campaignModel(play),
        seeds: [seedsOf(options)],
        ...(options.kinds === undefined ? {} : { kinds: options.kinds as readonly KindName[] }),
        jobs: options.jobs ?? availableParallelism(),
        folder,
        reporter: line.reporter,
      }).finally(line.end);
    }),
  );
  return conclude(result, folder, options, context);
}

/** `pfnmap lab merge`: one report of the results of many shards. */
export async function labMergeCommand(
  paths: readonly string[],
  options: LabMergeOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const result = await withLab(async () => mergeResults(paths.map(readResult)));
  const folder = options.out ?? join('campaigns', `${result.target}-merged`);
  return conclude(result, folder, options, context);
}
