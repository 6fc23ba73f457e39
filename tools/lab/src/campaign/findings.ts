import { formatCapture } from '../console/capture.ts';
import type { AskerOptions } from './asker.ts';
import { type Focus, focusOf } from './explain.ts';
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
/** Of all findings, so many are: a model that is wrong in many ways would keep the kernel busy for hours. */
const SHRUNK_IN_ALL = 24;
/** Differences told of one finding. */
const TOLD = 20;

/** A suspect, cut without asking the kernel again. */
interface CutSuspect extends Suspect {
  readonly focus: Focus;
  readonly text: string;
  readonly cut: Outcome;
}

/** What a difference looks like, and what explains it: one that is open must not turn into one that is explained. */
const lookOf = ({ difference, explanation }: Focus): string =>
  `${explanation?.id ?? ''} ${signatureOf(difference)}`.trim();

/** Whether an outcome is about what looks the same. */
const showsLike =
  (focus: Focus) =>
  (outcome: Outcome): boolean => {
    const other = focusOf(outcome.verdict);
    return other !== undefined && lookOf(other) === lookOf(focus);
  };

/** Leaves out what can be left out without asking the kernel. */
function cutSuspect(suspect: Suspect, { model }: AskerOptions): CutSuspect {
  const { outcome, scenario } = suspect;
  const focus = focusOf(outcome.verdict)!;
  const less = cutCaptures(outcome.capture, focus.difference.index)
    .map((capture) => judge(capture, model))
    .find(showsLike(focus));
  if (less === undefined) return { ...suspect, focus, text: scenario.text, cut: outcome };
  return { ...suspect, focus, text: scenarioText(less.capture), cut: less };
}

function finding(
  { scenario, outcome, focus }: CutSuspect,
  least: { readonly text: string; readonly outcome: Outcome },
  shrunk: Finding['shrunk'],
): Finding {
  const { explanation } = focus;
  return {
    scenario: scenarioName(scenario.name),
    signature: signatureOf(focus.difference),
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
const stopsAsKnown = ({ cut, focus }: CutSuspect): boolean =>
  cut.verdict.bug !== undefined && focus.explanation !== undefined;

/**
 * The suspects that are shrunk with the kernel's help: the shortest of those that look alike, first one of each look, then a
 * second; what is explained already comes last.
 */
function chosen(suspects: readonly CutSuspect[]): CutSuspect[] {
  const alike = new Map<string, CutSuspect[]>();
  for (const suspect of suspects.filter((one) => !stopsAsKnown(one))) {
    const look = lookOf(suspect.focus);
    alike.set(look, [...(alike.get(look) ?? []), suspect]);
  }
  const ranked = [...alike.values()].flatMap((group) => {
    group.sort((a, b) => a.cut.capture.steps.length - b.cut.capture.steps.length);
    const isExplained = group[0]!.focus.explanation !== undefined;
    const shortest = group.slice(0, isExplained ? 1 : SHRUNK_ALIKE);
    return shortest.map((suspect, turn) => ({ suspect, rank: isExplained ? SHRUNK_ALIKE : turn }));
  });
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, SHRUNK_IN_ALL).map(({ suspect }) => suspect);
}

/** Shrinks suspects, and says what each finding is. */
export async function findingsOf(
  options: AskerOptions,
  suspects: readonly Suspect[],
  progress: (open: number) => void,
): Promise<Finding[]> {
  const all = suspects.map((suspect) => cutSuspect(suspect, options));
  const further = chosen(all);
  const tasks = further.map(
    ({ scenario, text, focus }): ShrinkTask => ({
      name: scenario.name,
      text,
      isAlone: scenario.isAlone,
      shows: showsLike(focus),
    }),
  );
  const shrunk = await shrinkAll(options, tasks, progress);
  return all.map((suspect) => {
    const at = further.indexOf(suspect);
    if (at < 0) return finding(suspect, { text: suspect.text, outcome: suspect.cut }, 'cut');
    const least = shrunk[at];
    if (least) return finding(suspect, least, 'minimal');
    return finding(suspect, { text: suspect.scenario.text, outcome: suspect.outcome }, 'vanished');
  });
}
