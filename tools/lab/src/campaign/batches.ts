import { groupScenarios, type ScenarioFile } from '../run/group.ts';

/** So many scenarios share a boot at most: what an end without warning can cost. */
const LARGEST = 100;

/** A scenario of a batch; what may damage the kernel gets a boot of its own. */
export interface BatchedScenario extends ScenarioFile {
  readonly isAlone: boolean;
}

/** Cuts a list into nearly equal parts of at most so many. */
function chunks<T>(list: readonly T[], largest: number): T[][] {
  const count = Math.ceil(list.length / largest);
  return Array.from({ length: count }, (_, index) =>
    list.slice(
      Math.floor((list.length * index) / count),
      Math.floor((list.length * (index + 1)) / count),
    ),
  );
}

/** Puts scenarios into boots, the largest first, so that several boots at once end together. */
export function batches<T extends BatchedScenario>(scenarios: readonly T[], arch: string): T[][] {
  const alone = scenarios.filter(({ isAlone }) => isAlone).map((scenario) => [scenario]);
  const together = groupScenarios(
    scenarios.filter(({ isAlone }) => !isAlone),
    arch,
  ).flatMap((group) => chunks(group.scenarios, LARGEST));
  return [...together.sort((a, b) => b.length - a.length), ...alone];
}

/** Does the work on every element, so many at once; after an error no more are begun. */
export async function inParallel<T>(
  list: readonly T[],
  jobs: number,
  work: (element: T) => Promise<void>,
): Promise<void> {
  const todo = [...list];
  let failed = false;
  const worker = async () => {
    for (let next = todo.shift(); next !== undefined && !failed; next = todo.shift()) {
      try {
        await work(next);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.max(1, jobs) }, worker);
  const ended = await Promise.allSettled(workers);
  const error = ended.find((result) => result.status === 'rejected');
  if (error) throw error.reason;
}
