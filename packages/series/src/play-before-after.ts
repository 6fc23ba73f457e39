import {
  type Comparison,
  compareCaptures,
  type Played,
  type PlayOptions,
  type PlayScenario,
  type Scenario,
} from '@pfnmap/scenario';
import type { KernelState, SeriesPoint } from './timeline.ts';

/** Where and how a change is played. */
export interface PairOptions {
  readonly arch: PlayOptions['arch'];
  /** Options of the kernel on both sides, such as `DEBUG_VM`. */
  readonly with?: readonly string[];
  /**
   * `applied`, the default: the kernel up to the change without and with it. `reverted`: the whole series as merged
   * without the patch, and whole.
   */
  readonly how?: 'applied' | 'reverted';
}

/** A scenario played on both sides of a change. */
export interface PlayedPair {
  readonly arch: PlayOptions['arch'];
  readonly before: Played;
  readonly after: Played;
  /** What changes: `expected` is before, `got` is after. */
  readonly comparison: Comparison;
}

/** Options of a player for a state of the kernel. */
export function optionsOfState(state: KernelState, { arch, with: more = [] }: PairOptions) {
  return { arch, kernel: state.kernel, with: [...state.with, ...more] };
}

/** The whole series as it was merged: what patches are taken out of. */
const WHOLE: KernelState = { kernel: '6.12-rc1', with: [] };

/**
 * Plays a scenario on the kernel before a change and on the kernel with it, and compares every answer.
 *
 * @param play the player: `playScenario` of @pfnmap/scenario
 * @throws KconfigError when the change cannot be taken out as asked
 */
export function playBeforeAfter(
  play: PlayScenario,
  point: SeriesPoint,
  scenario: Scenario,
  options: PairOptions,
): PlayedPair {
  const reverted = options.how === 'reverted';
  const [first, last] = reverted ? [WHOLE, WHOLE] : [point.before, point.after];
  const before = play(scenario, {
    ...optionsOfState(first, options),
    ...(reverted ? { reverted: [point.symbol] } : {}),
  });
  const after = play(scenario, optionsOfState(last, options));
  const comparison = compareCaptures(before.capture, after.capture);
  return { arch: options.arch, before, after, comparison };
}
