import { parseMachineLine } from '../run/machine-line.ts';
import { addCoverage } from './merge-results.ts';
import type { PlannedScenario } from './plan.ts';
import type { Coverage } from './shard.ts';

/** Options whose values are counted, and what a person calls them; the sizes are those of the text. */
const COUNTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lab: { mode: 'pfnlab mode', maxorder: 'pfnlab order' },
  mmap: { length: 'mapping length', prot: 'mapping protection' },
  madvise: { advice: 'advice' },
  mbind: { policy: 'policy' },
  uffd: { mode: 'userfaultfd mode' },
};

const MACHINE: Readonly<Record<string, string>> = {
  bar: 'BAR size',
  thp: 'THP',
  levels: 'levels of page tables',
  va: 'bits of addresses',
};

class Counter {
  readonly counts: Record<string, Record<string, number>> = {};

  add(subject: string, value: string): void {
    this.counts[subject] ??= {};
    const values = this.counts[subject];
    values[value] = (values[value] ?? 0) + 1;
  }
}

function countStep(counter: Counter, line: string): void {
  const words = line.split(' ');
  if (words[0] === 'in') counter.add('step', words.shift()!);
  const [operation, ...rest] = words as [string, ...string[]];
  counter.add('step', operation);
  if (operation === 'mmap') counter.add('mapping of', rest[1]!);
  for (const word of rest) {
    const [key, value] = word.split('=') as [string, string?];
    const subject = value === undefined ? undefined : COUNTED[operation]?.[key];
    if (subject !== undefined) counter.add(subject, value!);
  }
}

/** What one scenario asks: its kind, its machine, its steps and what they are told. */
function coverageOf({ kind, text }: PlannedScenario): Coverage {
  const counter = new Counter();
  counter.add('kind', kind);
  const machine = parseMachineLine(text);
  for (const [key, subject] of Object.entries(MACHINE)) {
    if (machine[key] !== undefined) counter.add(subject, machine[key]);
  }
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('machine'));
  for (const line of lines) countStep(counter, line);
  return counter.counts;
}

/** What scenarios ask, counted. */
export function coverageOfAll(scenarios: readonly PlannedScenario[]): Coverage {
  return addCoverage(scenarios.map(coverageOf));
}
