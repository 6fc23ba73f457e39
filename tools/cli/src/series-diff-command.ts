import { type Difference, type PlayScenario, parseScenario, type Scenario } from '@pfnmap/scenario';
import {
  type PlayedPair,
  playBeforeAfter,
  type SeriesPoint,
  type SeriesTarget,
  seriesPoint,
  seriesScenario,
  seriesTargets,
} from '@pfnmap/series';
import type { Architecture } from './architecture.ts';
import { type CommandContext, print, showProgress } from './command-context.ts';
import { differenceLines } from './describe-difference.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { reading } from './failure.ts';
import { readInput } from './input-file.ts';
import { labScenario } from './lab-files.ts';
import { playing } from './player.ts';
import { type ScenarioLibrary, scenarioLibrary } from './scenario-library.ts';
import { type Cover, coverId, coverNamed, noSuchPatch } from './series-command.ts';
import type { Style } from './terminal.ts';

/** What `pfnmap series diff` is told besides patch and file. */
export interface SeriesDiffOptions {
  readonly arch?: Architecture;
  readonly revert?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

const SHOWN = 12;
const SHOWN_OF_STEP = 4;
const SIDES = { expected: 'before', got: 'after' } as const;

/** What is played, and what shall come of it. */
interface Plan {
  readonly point: SeriesPoint;
  readonly cover: Cover | undefined;
  readonly scenarios: readonly Scenario[];
  /** Scenarios of the library that the model cannot play. */
  readonly leftOut: ScenarioLibrary['leftOut'];
  readonly targets: readonly SeriesTarget[];
  /** `change`: some answer; `none`: not one; undefined: the person wants to know. */
  readonly wanted: 'change' | 'none' | undefined;
}

/** One scenario on one architecture. */
interface Result {
  readonly scenario: string;
  readonly target: SeriesTarget;
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

/** True when the scenarios of a patch show it with the way it is played. */
function shows(cover: Cover, revert: boolean): boolean {
  if (cover.scenarios.length === 0) return false;
  return cover.effect === 'answers' || (revert && cover.effect === 'nothing');
}

/** Where to play: everywhere, or on one architecture; kernels on which only this patch shows come last. */
function targetsOf(cover: Cover | undefined, arch: Architecture | undefined): SeriesTarget[] {
  const more = cover !== undefined && 'targets' in cover ? cover.targets : [];
  const known = cover !== undefined && 'archs' in cover ? cover.archs : undefined;
  const archs = arch === undefined ? known : [arch];
  return [...seriesTargets, ...more].filter((target) => archs?.includes(target.arch) ?? true);
}

async function planOf(
  name: string,
  file: string | undefined,
  options: SeriesDiffOptions,
  context: CommandContext,
): Promise<Plan> {
  const point = pointNamed(name);
  const cover = coverNamed(name);
  const plan = { point, cover, leftOut: [], targets: targetsOf(cover, options.arch) };
  if (file !== undefined) {
    const named = /[/\\]|\.scn$|^-$/.test(file) ? undefined : labScenario(file);
    const input = await readInput(named ?? file, context.terminal);
    const scenario = reading(input.text, () => parseScenario(input.text, input.name));
    return { ...plan, scenarios: [scenario], wanted: undefined };
  }
  if (cover !== undefined && shows(cover, options.revert === true))
    return { ...plan, scenarios: cover.scenarios.map(seriesScenario), wanted: 'change' };
  const silent = cover !== undefined && cover.effect !== 'answers' && options.revert !== true;
  return { ...plan, ...scenarioLibrary(), wanted: silent ? 'none' : undefined };
}

function playAll(
  plan: Plan,
  options: SeriesDiffOptions,
  play: PlayScenario,
  progress: (line: string) => void,
): Result[] {
  const { point, cover, scenarios, targets } = plan;
  const more = cover !== undefined && 'with' in cover ? cover.with : [];
  const how = options.revert === true ? 'reverted' : 'applied';
  return scenarios.flatMap((scenario, index) =>
    targets.map((target) => {
      progress(`${index + 1} of ${scenarios.length}: ${scenario.file} on ${target.name}`);
      const { arch } = target;
      const symbols = [...target.with, ...more];
      return {
        scenario: scenario.file,
        target,
        pair: playing(() => playBeforeAfter(play, point, scenario, { arch, with: symbols, how })),
      };
    }),
  );
}

const changed = ({ pair }: Result): boolean => pair.comparison.agree < pair.comparison.total;

/** The first differences, and no more than a few of one step. */
function firstOf(differences: readonly Difference[]): Difference[] {
  const ofStep = new Map<number, number>();
  const few = differences.filter(({ index }) => {
    const count = (ofStep.get(index) ?? 0) + 1;
    ofStep.set(index, count);
    return count <= SHOWN_OF_STEP;
  });
  return few.slice(0, SHOWN);
}

function resultLines(result: Result, options: SeriesDiffOptions, style: Style): string[] {
  const { pair, scenario, target } = result;
  const { agree, total, differences } = pair.comparison;
  const where = `${style.name(scenario)} on ${target.name}`;
  if (!changed(result)) return [`${where}: no answer changes in ${total} steps`];
  const captures = {
    expected: pair.before.capture,
    got: pair.after.capture,
    arch: pair.after.arch,
  };
  const shown = options.all === true ? differences : firstOf(differences);
  const rest = differences.length - shown.length;
  return [
    `${where}: answers change in ${total - agree} of ${total} steps`,
    ...shown.flatMap((difference) => differenceLines(difference, captures, style, SIDES)),
    ...(rest > 0 ? [`  and ${rest} more differences; --all shows them`] : []),
  ];
}

/** What was played, and what could not be. */
function playedLines({ scenarios, leftOut, targets }: Plan, results: readonly Result[]): string[] {
  const steps = results.reduce((sum, { pair }) => sum + pair.comparison.total, 0);
  const archs = targets.map((target) => target.name).join('; ');
  const count = scenarios.length === 1 ? '1 scenario' : `${scenarios.length} scenarios`;
  return [
    `played ${count} on ${archs}, ${steps} steps`,
    ...leftOut.map(({ file, why }) => `left out ${file}, which the model cannot play: ${why}`),
  ];
}

/** The last lines: what it all says about the patch. */
function verdict(plan: Plan, results: readonly Result[], style: Style): string[] {
  const changing = results.filter(changed).length;
  const { cover } = plan;
  const told = playedLines(plan, results).map(style.aside);
  if (plan.wanted !== 'none') return changing > 0 ? told : ['no answer changes', ...told];
  if (changing > 0)
    return [style.bad(`it shall change no answer, and does in ${changing} of them`), ...told];
  const from = cover !== undefined && 'visibleFrom' in cover ? cover.visibleFrom : undefined;
  const seen =
    from === undefined || cover === undefined
      ? []
      : [
          `what it is for shows from patch ${from} on: pfnmap series diff ${plan.point.id} --revert`,
        ];
  return [style.good('no answer changes'), ...seen, ...told];
}

function exitCodeOf(plan: Plan, results: readonly Result[]): ExitCode {
  const changes = results.some(changed);
  if (plan.wanted === undefined) return changes ? EXIT.differ : EXIT.agree;
  return changes === (plan.wanted === 'change') ? EXIT.agree : EXIT.differ;
}

function resultJson({ scenario, target, pair }: Result): object {
  const { comparison } = pair;
  const { arch } = target;
  const { agree, total, differences } = comparison;
  const changes = differences.map(({ expected, got, ...place }) => ({
    ...place,
    before: expected,
    after: got,
  }));
  return { scenario, arch, with: target.with, agree, total, changes };
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
  const results = playAll(plan, options, play, (line) => showProgress(context, line));
  showProgress(context, '');
  const { point, cover } = plan;
  const id = cover === undefined ? point.id : coverId(cover);
  if (options.json === true) {
    const how = options.revert === true ? 'reverted' : 'applied';
    const { leftOut } = plan;
    const document = {
      format: 'pfnmap-series-diff/1',
      id,
      how,
      results: results.map(resultJson),
      leftOut,
    };
    print(context, [JSON.stringify(document, undefined, 2)]);
    return exitCodeOf(plan, results);
  }
  const { style } = context;
  const ofLibrary = plan.scenarios.length > (cover?.scenarios.length ?? 1);
  const told = ofLibrary ? results.filter(changed) : results;
  print(context, [
    style.heading(`${id} ${point.subject}`),
    style.aside(
      options.revert === true
        ? 'before: the whole series without it; after: with it'
        : `before: ${point.before.with.at(-1) ?? point.before.kernel}; after: ${point.after.with.at(-1) ?? point.after.kernel}`,
    ),
    '',
    ...told.flatMap((result) => [...resultLines(result, options, style), '']),
    ...verdict(plan, results, style),
  ]);
  return exitCodeOf(plan, results);
}
