import fc from 'fast-check';
import { programs } from './arbitrary-steps.ts';
import { machineOf, ProgramRunner, TARGETS } from './run-program.ts';

/** What a simulation found. */
export interface Simulated {
  readonly target: string;
  readonly seed: number;
  /** Steps that were played and checked. */
  readonly steps: number;
  readonly milliseconds: number;
  /** The smallest program that breaks a rule, as a scenario, and the rule; undefined when none did. */
  readonly failure?: { readonly scenario: string; readonly message: string };
}

/** A machine line and steps: what `pfnmap run` replays. */
const scenarioOf = (lines: readonly string[]): string => `machine bar=8G\n${lines.join('\n')}\n`;

/**
 * Plays random programs until enough steps were checked, or one breaks a rule; that one is shrunk.
 *
 * @throws RangeError for an unknown target.
 */
export function simulate(target: string, steps: number, seed: number): Simulated {
  const on = TARGETS[target];
  if (on === undefined) {
    throw new RangeError(`unknown target ${target}; there are ${Object.keys(TARGETS).join(', ')}`);
  }
  const { pageSize, levels } = machineOf(on).kernel.arch.geometry;
  const shape = {
    steps: 60,
    pageSize,
    pmdSize: levels[1].size,
    pudSize: levels[2].size,
    splitsAnywhere: on.with?.includes('EXPERIMENT_SPLIT_LEAVES') === true,
  };
  const runner = new ProgramRunner(on);
  const started = performance.now();
  let played = 0;
  const property = fc.property(programs(shape), (lines) => {
    played += runner.run(lines);
  });
  let failure: Simulated['failure'];
  for (let batch = 0; played < steps && failure === undefined; batch++) {
    const details = fc.check(property, { seed: seed + batch, numRuns: 200 });
    if (details.failed && details.counterexample !== null) {
      const [lines] = details.counterexample;
      const { errorInstance } = details;
      const message =
        errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
      failure = { scenario: scenarioOf(lines), message };
    }
  }
  const milliseconds = performance.now() - started;
  return {
    target,
    seed,
    steps: played,
    milliseconds,
    ...(failure === undefined ? {} : { failure }),
  };
}
