import { KconfigError } from '@pfnmap/kconfig';
import type { Played, PlayOptions, PlayScenario, Scenario } from '@pfnmap/scenario';
import { EXIT } from './exit-code.ts';
import { Failure } from './failure.ts';

/** The kernel of the captures that the model was built after. */
export const DEFAULT_KERNEL = '6.12.117';

/**
 * Runs something that plays.
 *
 * @throws Failure when the model refuses what it was asked for; other errors are defects of the model and pass through.
 */
export function playing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof KconfigError) throw new Failure(error.message, EXIT.badInput);
    throw error;
  }
}

/** Plays a scenario; @throws as {@link playing}. */
export function playOn(play: PlayScenario, scenario: Scenario, options: PlayOptions): Played {
  return playing(() => play(scenario, options));
}
