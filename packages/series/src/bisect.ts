import {
  type Comparison,
  compareCaptures,
  type Played,
  type PlayOptions,
  type PlayScenario,
  type Scenario,
} from '@pfnmap/scenario';
import { optionsOfState } from './play-before-after.ts';
import { type SeriesPoint, seriesLine } from './timeline.ts';

/** Where a scenario first answers as asked for. */
export interface Bisected {
  /** The change that brings the answer; undefined when the kernel before the series gives it already. */
  readonly point: SeriesPoint | undefined;
  /** The scenario just before; undefined as well then. */
  readonly before: Played | undefined;
  readonly after: Played;
  /** Kernels that were played. */
  readonly played: number;
}

/** A change that a scenario can tell. */
export interface Turn {
  readonly point: SeriesPoint;
  readonly before: Played;
  readonly after: Played;
  readonly comparison: Comparison;
}

function* playLine(
  play: PlayScenario,
  scenario: Scenario,
  arch: PlayOptions['arch'],
): Generator<{ point: SeriesPoint | undefined; played: Played }> {
  const line = seriesLine();
  yield { point: undefined, played: play(scenario, optionsOfState(line[0]!.before, { arch })) };
  for (const point of line)
    yield { point, played: play(scenario, optionsOfState(point.after, { arch })) };
}

/**
 * The first patch or fix with which a scenario answers as asked for. The kernels are played one after another from the
 * one before the series on, so an answer that comes, goes and comes again is found where it first came.
 *
 * @param holds tells whether what was played is as asked for
 * @returns undefined when no kernel of the line answers so
 */
export function bisect(
  play: PlayScenario,
  scenario: Scenario,
  arch: PlayOptions['arch'],
  holds: (played: Played) => boolean,
): Bisected | undefined {
  let before: Played | undefined;
  let count = 0;
  for (const { point, played } of playLine(play, scenario, arch)) {
    count++;
    if (holds(played)) return { point, before, after: played, played: count };
    before = played;
  }
  return undefined;
}

/** Every patch and fix that changes an answer of a scenario, in order, each against the kernel just before it. */
export function turnsOf(play: PlayScenario, scenario: Scenario, arch: PlayOptions['arch']): Turn[] {
  const turns: Turn[] = [];
  let before: Played | undefined;
  for (const { point, played } of playLine(play, scenario, arch)) {
    if (before !== undefined && point !== undefined) {
      const comparison = compareCaptures(before.capture, played.capture);
      if (comparison.agree < comparison.total)
        turns.push({ point, before, after: played, comparison });
    }
    before = played;
  }
  return turns;
}
