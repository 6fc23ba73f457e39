import {
  type Played,
  parseScenario,
  playScenario,
  type Scenario,
  type TableRun,
} from '@pfnmap/scenario';
import { type Asked, seriesScenario } from '../src/index.ts';

/** A scenario of this package. */
export const scenarioOf = (name: string): Scenario => seriesScenario(name);

/** Plays a scenario of this package. */
export const play = (name: string, asked: Asked): Played => playScenario(scenarioOf(name), asked);

/** Plays a text; the BAR lies where the machine puts it, or at a given physical address. */
export const playText = (text: string, asked: Asked, bar2Start?: bigint): Played =>
  playScenario(parseScenario(text, 'test'), {
    ...asked,
    ...(bar2Start === undefined ? {} : { bar2Start }),
  });

/** The runs of the last table that a scenario shows. */
export function tableOf(name: string, asked: Asked): readonly TableRun[] {
  const answers = play(name, asked).capture.steps.flatMap((step) => step.answers);
  return answers.flatMap((answer) => ('table' in answer ? [answer.table] : [])).at(-1)!;
}
