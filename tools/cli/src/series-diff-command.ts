import { readFileSync } from 'node:fs';
import { type PlayScenario, parseScenario, type Scenario, ScenarioError } from '@pfnmap/scenario';
import {
  type PlayedPair,
  playBeforeAfter,
  type SeriesPoint,
  seriesPoint,
  seriesScenario,
} from '@pfnmap/series';
import type { Architecture } from './architecture.ts';
import { type CommandContext, print } from './command-context.ts';
import { differenceLines } from './describe-difference.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { reading } from './failure.ts';
import { filesOf, notInRepository, readInput } from './input-file.ts';
import { labScenario, labScenarios } from './lab-files.ts';
import { playing } from './player.ts';
import { type Cover, coverId, coverNamed, noSuchPatch } from './series-command.ts';
import type { Style } from './terminal.ts';

/** What `pfnmap series diff` is told besides patch and file. */
export interface SeriesDiffOptions {
  readonly arch?: Architecture;
  readonly revert?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

const ARCHITECTURES: readonly Architecture[] = ['x86_64', 'arm64'];
const SHOWN = 12;
const SIDES = { expected: 'before', got: 'after' } as const;

/** What is played, and what shall come of it. */
interface Plan {
  readonly point: SeriesPoint;
  readonly cover: Cover | undefined;
  readonly scenarios: readonly Scenario[];
  /** `change`: some answer; `none`: not one; undefined: the person wants to know. */
  readonly wanted: 'change' | 'none' | undefined;
}

/** One scenario on one architecture. */
interface Result {
  readonly scenario: string;
  readonly pair: PlayedPair;
}

function pointNamed(name: string): SeriesPoint {
  try {
    return seriesPoint(name);
  } catch (error) {
    if (error instanceof RangeError) throw noSuchPatch(name);
    throw error;
  }
}

/** Every scenario of the repository that the model can play; the lab may know steps that it does not. */
function library(): Scenario[] {
  const folder = labScenarios();
  if (folder === undefined) throw notInRepository('the scenarios that prove it are');
  return filesOf(folder, '.scn').flatMap((file) => {
    try {
      return [parseScenario(readFileSync(file, 'utf8'), file)];
    } catch (error) {
      if (error instanceof ScenarioError) return [];
      throw error;
    }
  });
}

/** True when the scenarios of a patch show it with the way it is played. */
function shows(cover: Cover, revert: boolean): boolean {
  if (cover.scenarios.length === 0) return false;
  return cover.effect === 'answers' || (revert && cover.effect === 'nothing');
}

async function planOf(
  name: string,
  file: string | undefined,
  options: SeriesDiffOptions,
  context: CommandContext,
): Promise<Plan> {
  const point = pointNamed(name);
  const cover = coverNamed(name);
  if (file !== undefined) {
    const named = /[/\\]|\.scn$|^-$/.test(file) ? undefined : labScenario(file);
    const input = await readInput(named ?? file, context.terminal);
    const scenario = reading(input.text, () => parseScenario(input.text, input.name));
    return { point, cover, scenarios: [scenario], wanted: undefined };
  }
  if (cover !== undefined && shows(cover, options.revert === true))
    return { point, cover, scenarios: cover.scenarios.map(seriesScenario), wanted: 'change' };
  const silent = cover !== undefined && cover.effect !== 'answers' && options.revert !== true;
  return { point, cover, scenarios: library(), wanted: silent ? 'none' : undefined };
}

function playAll(plan: Plan, options: SeriesDiffOptions, play: PlayScenario): Result[] {
  const { point, cover } = plan;
  const more = cover !== undefined && 'with' in cover ? cover.with : [];
  const archs = options.arch === undefined ? ARCHITECTURES : [options.arch];
  return plan.scenarios.flatMap((scenario) =>
    archs.map((arch) => ({
      scenario: scenario.file,
      pair: playing(() =>
        playBeforeAfter(play, point, scenario, {
          arch,
          with: more,
          how: options.revert === true ? 'reverted' : 'applied',
        }),
      ),
    })),
  );
}

const changed = ({ pair }: Result): boolean => pair.comparison.agree < pair.comparison.total;

function resultLines(result: Result, options: SeriesDiffOptions, style: Style): string[] {
  const { pair, scenario } = result;
  const { agree, total, differences } = pair.comparison;
  const where = `${style.name(scenario)} on ${pair.arch}`;
  if (!changed(result)) return [`${where}: no answer changes in ${total} steps`];
  const captures = {
    expected: pair.before.capture,
    got: pair.after.capture,
    arch: pair.after.arch,
  };
  const shown = options.all === true ? differences : differences.slice(0, SHOWN);
  const rest = differences.length - shown.length;
  return [
    `${where}: answers change in ${total - agree} of ${total} steps`,
    ...shown.flatMap((difference) => differenceLines(difference, captures, style, SIDES)),
    ...(rest > 0 ? [`  and ${rest} more differences; --all shows them`] : []),
  ];
}

/** The last line: what it all says about the patch. */
function verdict(plan: Plan, results: readonly Result[], style: Style): string[] {
  const changing = results.filter(changed);
  const steps = results.reduce((sum, { pair }) => sum + pair.comparison.total, 0);
  const archs = [...new Set(results.map(({ pair }) => pair.arch))].join(' and ');
  const of = `${plan.scenarios.length} scenarios on ${archs}`;
  if (plan.wanted === 'none') {
    if (changing.length > 0)
      return [style.bad(`it shall change no answer, and does in ${changing.length} of ${of}`)];
    const { cover } = plan;
    const from = cover !== undefined && 'visibleFrom' in cover ? cover.visibleFrom : undefined;
    const seen = from === undefined ? '' : `; what it is for shows from patch ${from} on`;
    return [style.good(`no answer changes: ${steps} steps of ${of} agree${seen}`)];
  }
  if (changing.length > 0) return [];
  return [`no answer changes: ${steps} steps of ${of} agree`];
}

function exitCodeOf(plan: Plan, results: readonly Result[]): ExitCode {
  const changes = results.some(changed);
  if (plan.wanted === undefined) return changes ? EXIT.differ : EXIT.agree;
  return changes === (plan.wanted === 'change') ? EXIT.agree : EXIT.differ;
}

function resultJson({ scenario, pair }: Result): object {
  const { arch, comparison } = pair;
  const { agree, total, differences } = comparison;
  const changes = differences.map(({ expected, got, ...place }) => ({
    ...place,
    before: expected,
    after: got,
  }));
  return { scenario, arch, agree, total, changes };
}

/** `pfnmap series diff NN [FILE]`: what a patch changes, played. */
export async function seriesDiffCommand(
  name: string,
  file: string | undefined,
  options: SeriesDiffOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const plan = await planOf(name, file, options, context);
  const play = await context.loadPlayer();
  const results = playAll(plan, options, play);
  const { point, cover } = plan;
  const id = cover === undefined ? point.id : coverId(cover);
  if (options.json === true) {
    const how = options.revert === true ? 'reverted' : 'applied';
    const document = { format: 'pfnmap-series-diff/1', id, how, results: results.map(resultJson) };
    print(context, [JSON.stringify(document, undefined, 2)]);
    return exitCodeOf(plan, results);
  }
  const { style } = context;
  const told = plan.scenarios.length > 3 ? results.filter(changed) : results;
  print(context, [
    style.heading(`${id} ${point.subject}`),
    style.aside(
      options.revert === true
        ? 'before: the whole series without it; after: with it'
        : `before: ${point.before.with.at(-1) ?? point.before.kernel}; after: ${point.after.with.at(-1) ?? point.after.kernel}`,
    ),
    '',
    ...told.flatMap((result) => resultLines(result, options, style)),
    ...verdict(plan, results, style),
  ]);
  return exitCodeOf(plan, results);
}
