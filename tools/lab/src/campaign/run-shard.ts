import type { KindName } from '../generate/kinds.ts';
import { type Reporter, silentReporter } from '../reporter.ts';
import { type AskerOptions, askAll } from './asker.ts';
import { coverageOfAll } from './coverage.ts';
import { findingsOf, type Suspect } from './findings.ts';
import type { CampaignKernel } from './kernel.ts';
import { byScenario } from './merge-results.ts';
import type { CampaignModel } from './model.ts';
import {
  campaignKinds,
  generatorFingerprint,
  type PlannedScenario,
  planScenarios,
} from './plan.ts';
import { joinSeeds } from './seeds.ts';
import type { Death, SeedRange, ShardResult } from './shard.ts';
import { folderStore, noStore } from './store.ts';

/** What a shard is made of, and how it is run. */
export interface ShardOptions {
  readonly kernel: CampaignKernel;
  readonly model: CampaignModel;
  readonly seeds: readonly SeedRange[];
  /** Kinds of scenario; all that the target can have if left out. */
  readonly kinds?: readonly KindName[];
  /** Boots at once; 1 if left out. Has no influence on the result. */
  readonly jobs?: number;
  /** Where answers are kept, so that a shard that was interrupted goes on; nowhere if left out. */
  readonly folder?: string;
  readonly reporter?: Reporter;
}

/** Counts what has been compared. */
class Tally {
  readonly suspects: Suspect[] = [];
  readonly deaths: Death[] = [];
  readonly steps = { total: 0, agree: 0 };
  readonly scenarios = { total: 0, agree: 0 };
}

/** Asks for all scenarios of a plan, and counts. */
async function askPlan(
  options: AskerOptions,
  plan: readonly PlannedScenario[],
  reporter: Reporter,
): Promise<Tally> {
  const tally = new Tally();
  const byName = new Map(plan.map((scenario) => [scenario.name, scenario]));
  await askAll(options, plan, (outcome) => {
    const { verdict, death } = outcome;
    const differs = verdict.differences.length > 0;
    tally.scenarios.total++;
    tally.scenarios.agree += differs ? 0 : 1;
    tally.steps.total += verdict.total;
    tally.steps.agree += verdict.agree;
    if (death) tally.deaths.push(death);
    const scenario = byName.get(outcome.capture.name)!;
    if (differs) tally.suspects.push({ scenario, outcome });
    reporter({
      type: 'campaign-progress',
      done: tally.scenarios.total,
      total: plan.length,
      differing: tally.suspects.length,
      deaths: tally.deaths.length,
    });
  });
  tally.suspects.sort((a, b) => (a.scenario.name < b.scenario.name ? -1 : 1));
  return tally;
}

/**
 * Runs a shard of a campaign: generates the scenarios of its seeds, lets the kernel play them, compares
 * with the model, shrinks every difference. A kernel that dies or hangs is a part of the result.
 *
 * Throws {@link LabError}: `interrupted` (what was answered is kept in `folder`), `guest-silent`,
 * `other-versions` (the folder holds answers of another kernel), `bad-scenario` (a kind the target
 * cannot have), `bad-seeds`.
 */
export async function runShard(options: ShardOptions): Promise<ShardResult> {
  const { kernel, model, folder, jobs = 1, reporter = silentReporter } = options;
  const seeds = joinSeeds(options.seeds);
  const kinds = campaignKinds(kernel.target, options.kinds);
  const store = folder === undefined ? noStore : folderStore(folder, kernel);
  const plan = planScenarios({ target: kernel.target, kinds, seeds, steps: model.steps });
  const asker: AskerOptions = { kernel, model, store, jobs };
  const tally = await askPlan(asker, plan, reporter);
  const findings = await findingsOf(asker, tally.suspects, (open) => {
    if (open > 0) reporter({ type: 'campaign-shrink', open });
  });
  return {
    format: 'pfnmap-campaign/1',
    target: kernel.target.name,
    versions: {
      kernel: kernel.release,
      guest: kernel.guest,
      generator: generatorFingerprint(),
      model: model.version,
    },
    kinds,
    seeds,
    coverage: coverageOfAll(plan),
    scenarios: tally.scenarios,
    steps: tally.steps,
    findings: byScenario(findings),
    deaths: byScenario(tally.deaths),
  };
}
