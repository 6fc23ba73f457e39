import type { Repository } from './repository.ts';

/** One rule of the house. `check` names every place that breaks it: `path:line: what is wrong and what to do`. */
export interface Rule {
  /** The fact that holds when nothing is found; used as the title of its test. */
  readonly title: string;
  check(repository: Repository): string[];
}
