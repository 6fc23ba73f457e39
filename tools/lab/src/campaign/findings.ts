import { formatCapture } from '../console/capture.ts';
import type { AskerOptions } from './asker.ts';
import { explainDifferences } from './explain.ts';
import { judge, type Outcome, scenarioName, signatureOf } from './outcome.ts';
import type { PlannedScenario } from './plan.ts';
import type { Finding } from './shard.ts';
import { cutCaptures, scenarioText } from './shrink/cut.ts';
import { type ShrinkTask, shrinkAll } from './shrink/shrink-all.ts';

/** A scenario in which kernel and model differ. */
export interface Suspect {
  readonly scenario: PlannedScenario;
  readonly outcome: Outcome;
}

/** Of findings that look alike, so many are shrunk with the kernel's help; one where they are explained already. */
const SHRUNK_ALIKE = 3;
/** Differences told of one finding. */
const TOLD = 20;

/** A suspect, cut without asking the kernel again. */
interface CutSuspect extends Suspect {
  readonly signature: string;
  readonly text: string;
  readonly cut: Outcome;
}

const firstSignature = ({ verdict }: Outcome): string | undefined =>
  verdict.differences[0] && signatureOf(verdict.differences[0]);

/** Leaves out what can be left out without asking the kernel. */
function cutSuspect(suspect: Suspect, { model }: AskerOptions): CutSuspect {
  const { outcome, scenario } = suspect;
  const [first] = outcome.verdict.differences;
  const signature = signatureOf(first!);
  const less = cutCaptures(outcome.capture, first!.index)
    .map((capture) => judge(capture, model))
    .find((candidate) => firstSignature(candidate) === signature);
  if (less === undefined) return { ...suspect, signature, text: scenario.text, cut: outcome };
  return { ...suspect, signature, text: scenarioText(less.capture), cut: less };
}

function finding(
  { scenario, outcome, signature }: CutSuspect,
  least: { readonly text: string; readonly outcome: Outcome },
  shrunk: Finding['shrunk'],
): Finding {
  const explanation = explainDifferences(least.text, least.outcome.verdict);
  return {
    scenario: scenarioName(scenario.name),
    signature,
    steps: outcome.capture.steps.length,
    differing: new Set(outcome.verdict.differences.map(({ index }) => index)).size,
    minimal: least.text,
    capture: formatCapture(least.outcome.capture),
    differences: least.outcome.verdict.differences.slice(0, TOLD),
    shrunk,
    ...(explanation === undefined ? {} : { explanation }),
  };
}

/** Where the model stops in a known way, the kernel may answer anything: there is nothing to shrink. */
const stopsAsKnown = ({ text, cut }: CutSuspect): boolean =>
  cut.verdict.bug !== undefined && explainDifferences(text, cut.verdict) !== undefined;

/** The suspects that are shrunk with the kernel's help: the shortest few of those that look alike. */
function chosen(suspects: readonly CutSuspect[]): Set<CutSuspect> {
  const alike = new Map<string, CutSuspect[]>();
  for (const suspect of suspects.filter((one) => !stopsAsKnown(one))) {
    const known = explainDifferences(suspect.text, suspect.cut.verdict);
    const look = known === undefined ? suspect.signature : `${known.id}: ${suspect.signature}`;
    alike.set(look, [...(alike.get(look) ?? []), suspect]);
  }
  return new Set(
    [...alike].flatMap(([look, group]) => {
      group.sort((a, b) => a.cut.capture.steps.length - b.cut.capture.steps.length);
      return group.slice(0, look === group[0]!.signature ? SHRUNK_ALIKE : 1);
    }),
  );
}

/** Shrinks suspects, and says what each finding is. */
export async function findingsOf(
  options: AskerOptions,
  suspects: readonly Suspect[],
  progress: (open: number) => void,
): Promise<Finding[]> {
  const cut = suspects.map((suspect) => cutSuspect(suspect, options));
  const further = [...chosen(cut)];
  const tasks = further.map(
    ({ scenario, text, signature }): ShrinkTask => ({
      name: scenario.name,
      text,
      isAlone: scenario.isAlone,
      shows: (outcome) => firstSignature(outcome) === signature,
    }),
  );
  const shrunk = await shrinkAll(options, tasks, progress);
  return cut.map((suspect) => {
    const at = further.indexOf(suspect);
    if (at < 0) return finding(suspect, { text: suspect.text, outcome: suspect.cut }, 'cut');
    const least = shrunk[at];
    if (least) return finding(suspect, least, 'minimal');
    return finding(suspect, { text: suspect.scenario.text, outcome: suspect.outcome }, 'vanished');
  });
}
