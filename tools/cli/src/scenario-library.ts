import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseScenario, type Scenario, ScenarioError } from '@pfnmap/scenario';
import { seriesScenario, seriesScenarioNames } from '@pfnmap/series';
import { filesOf, notInRepository } from './input-file.ts';
import { labScenarios } from './lab-files.ts';

/** Every scenario of the repository, and those that the model cannot play, each with the reason. */
export interface ScenarioLibrary {
  readonly scenarios: readonly Scenario[];
  readonly leftOut: readonly { readonly file: string; readonly why: string }[];
}

/** The scenarios of the series and those of the lab, which may have steps that only real kernels can do. */
export function scenarioLibrary(): ScenarioLibrary {
  const folder = labScenarios();
  if (folder === undefined) throw notInRepository('the scenarios that prove it are');
  const scenarios = seriesScenarioNames.map(seriesScenario);
  const leftOut: { file: string; why: string }[] = [];
  for (const file of filesOf(folder, '.scn'))
    try {
      scenarios.push(parseScenario(readFileSync(file, 'utf8'), file));
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      leftOut.push({ file: basename(file), why: error.what });
    }
  return { scenarios, leftOut };
}
