import { type AskerOptions, askAll, type Question } from '../asker.ts';
import type { Outcome } from '../outcome.ts';
import { lessName } from './less-name.ts';
import { type Asking, shrink } from './shrink.ts';

/** A scenario to shrink. */
export interface ShrinkTask {
  /** The file's name. */
  readonly name: string;
  readonly text: string;
  readonly isAlone: boolean;
  /** Whether an outcome still shows what it is about. */
  readonly shows: (outcome: Outcome) => boolean;
}

/** A shrunk scenario and what became of it; undefined where it did not show again. */
export type Shrunk = { readonly text: string; readonly outcome: Outcome } | undefined;

/** One shrinking under way. */
interface Run {
  readonly task: ShrinkTask;
  readonly asking: Asking;
  readonly known: Map<string, Outcome>;
  state: IteratorResult<readonly string[], string | undefined>;
}

/** Asks for all that the runs wait for, in one go. */
async function askRound(options: AskerOptions, runs: readonly Run[]): Promise<void> {
  const owners = new Map<string, { readonly run: Run; readonly text: string }>();
  const questions: Question[] = [];
  for (const run of runs) {
    if (run.state.done === true) continue;
    for (const text of run.state.value) {
      const name = lessName(run.task.name, text);
      if (run.known.has(text) || owners.has(name)) continue;
      owners.set(name, { run, text });
      questions.push({ name, text, isAlone: run.task.isAlone });
    }
  }
  await askAll(options, questions, (outcome) => {
    const owner = owners.get(outcome.capture.name);
    owner?.run.known.set(owner.text, outcome);
  });
}

/** Shrinks scenarios side by side, so that their candidates share boots. Results are in the tasks' order. */
export async function shrinkAll(
  options: AskerOptions,
  tasks: readonly ShrinkTask[],
  progress: (open: number) => void,
): Promise<Shrunk[]> {
  const runs = tasks.map((task): Run => {
    const asking = shrink(task.text, task.shows);
    return { task, asking, known: new Map(), state: asking.next() };
  });
  for (;;) {
    const open = runs.filter(({ state }) => state.done !== true);
    progress(open.length);
    if (open.length === 0) break;
    await askRound(options, open);
    for (const run of open) {
      const texts = run.state.value as readonly string[];
      run.state = run.asking.next(texts.map((text) => run.known.get(text)!));
    }
  }
  return runs.map(({ state, known }) => {
    if (state.done !== true || state.value === undefined) return undefined;
    return { text: state.value, outcome: known.get(state.value)! };
  });
}
