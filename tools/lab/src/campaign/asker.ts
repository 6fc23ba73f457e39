import { batches, inParallel } from './batches.ts';
import type { CampaignKernel } from './kernel.ts';
import type { CampaignModel } from './model.ts';
import { judge, type Outcome } from './outcome.ts';
import type { CampaignStore } from './store.ts';

/** A scenario to ask for. */
export interface Question {
  /** The file's name. */
  readonly name: string;
  readonly text: string;
  /** Nothing else may be asked in the same boot. */
  readonly isAlone: boolean;
}

/** What asks a campaign's kernel and holds its answers against the model. */
export interface AskerOptions {
  readonly kernel: CampaignKernel;
  readonly model: CampaignModel;
  readonly store: CampaignStore;
  /** Boots at once. */
  readonly jobs: number;
}

/**
 * Asks for every scenario once, those with kept answers not at all; tells of each as soon as it is
 * known. Throws what the kernel's boots throw; what was answered by then is kept.
 */
export async function askAll(
  options: AskerOptions,
  questions: readonly Question[],
  take: (outcome: Outcome) => void,
): Promise<void> {
  const { kernel, model, store, jobs } = options;
  const open: (Question & { path: string })[] = [];
  for (const question of questions) {
    const kept = store.load(question.name, question.text);
    if (kept) take(judge(kept, model));
    else open.push({ ...question, path: question.name });
  }
  await inParallel(batches(open, kernel.target.arch), jobs, (batch) =>
    kernel.ask(batch, (capture) => {
      store.save(capture);
      take(judge(capture, model));
    }),
  );
}
