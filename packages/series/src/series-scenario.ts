import { parseScenario, type Scenario } from '@pfnmap/scenario';
import { scenarioTexts } from './scenario-texts.data.ts';

/** The names of the scenarios that show patches and fixes: `07-fork`, `F4-unaligned-touch`. */
export const seriesScenarioNames: readonly string[] = /* @__PURE__ */ Object.freeze(
  Object.keys(scenarioTexts),
);

/**
 * A scenario that shows a patch or a fix; its text is `scenarios/NAME.scn` of this package.
 *
 * @throws RangeError for a name that none has
 */
export function seriesScenario(name: string): Scenario {
  const text = Object.hasOwn(scenarioTexts, name) ? scenarioTexts[name] : undefined;
  if (text === undefined)
    throw new RangeError(
      `there is no scenario "${name}"; they are ${seriesScenarioNames.join(', ')}`,
    );
  return parseScenario(text, `${name}.scn`);
}
