import { seriesPatches } from '@pfnmap/kconfig';
import type { MachineArch } from '@pfnmap/machine';
import { postedState } from '../timeline.ts';
import { kernelQuestions } from './kernel-questions.ts';
import { leafQuestions } from './leaf-questions.ts';
import type { ReplayQuestion } from './question.ts';
import { scenarioQuestions } from './scenario-questions.ts';

/** What tells the prefixes of the series apart: the questions of the replay table, by number. */
export const replayQuestions: readonly ReplayQuestion[] = /* @__PURE__ */ Object.freeze(
  [...leafQuestions, ...scenarioQuestions, ...kernelQuestions].toSorted(
    (a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)),
  ),
);

/** An answer, and the patches from which on it was given; 0 stands for the kernel before the series. */
export interface ReplayAnswer {
  readonly from: number;
  readonly answer: string;
}

/** Asks a question of every prefix of the series as posted: each answer that differs from the one before it. */
export function replay(question: ReplayQuestion, arch: MachineArch): ReplayAnswer[] {
  const answers: ReplayAnswer[] = [];
  for (let from = 0; from <= seriesPatches.length; from++) {
    const answer = question.ask({ arch, ...postedState(from) });
    if (answers.at(-1)?.answer !== answer) answers.push({ from, answer });
  }
  return answers;
}
