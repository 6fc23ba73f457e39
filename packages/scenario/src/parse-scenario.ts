import { MACHINE_FIELDS, type MachineOptions, type Step } from './grammar.ts';
import { parseStep } from './parse-step.ts';
import { ScenarioError } from './source-error.ts';

/** A scenario: what a process does with mappings of a device, and on which machine. */
export interface Scenario {
  /** As it was given to {@link parseScenario}; messages name it. */
  readonly file: string;
  readonly machine: MachineOptions;
  /** Every step in order, the machine line among them if there is one. */
  readonly steps: readonly Step[];
}

/** The machine of a scenario without a machine line. */
export const DEFAULT_MACHINE: MachineOptions = Object.freeze(
  Object.fromEntries(
    Object.entries(MACHINE_FIELDS).map(([name, field]) => [name, field.missing]),
  ) as unknown as MachineOptions,
);

/** The machine that the steps ask for. */
export function machineOf(steps: readonly Step[]): MachineOptions {
  const [first] = steps;
  if (first?.op !== 'machine') return DEFAULT_MACHINE;
  const { bar, thp, levels, cpu, el2, va, cpus, pat, dyndbg } = first;
  return { bar, thp, levels, cpu, el2, va, cpus, pat, dyndbg };
}

/**
 * Checks what no line can say alone: the machine line comes first, and fork and endfork pair up.
 *
 * @param file for messages
 * @param cutShort true when the end may be missing, as in the capture of a kernel that died
 */
export function checkOrder(steps: readonly Step[], file: string, cutShort = false): void {
  const forks: Step[] = [];
  for (const [index, step] of steps.entries()) {
    const { line, column } = step;
    if (step.op === 'machine' && index > 0)
      throw new ScenarioError({
        file,
        line,
        column,
        what: steps[0]!.op === 'machine' ? 'a second machine line' : 'a late machine line',
        why: 'The machine is the same for the whole scenario, so its line is the first step.',
        next: steps[0]!.op === 'machine' ? 'Keep one of them.' : 'Move it to the top.',
      });
    if (step.op === 'fork') forks.push(step);
    if (step.op === 'endfork' && forks.pop() === undefined)
      throw new ScenarioError({
        file,
        line,
        column,
        what: 'endfork without fork',
        why: 'It ends the steps of a child, and no child is running here.',
        next: 'Remove it, or write fork before the steps of the child.',
      });
  }
  const open = forks.at(-1);
  if (open !== undefined && !cutShort)
    throw new ScenarioError({
      file,
      line: open.line,
      column: open.column,
      what: 'fork without endfork',
      why: 'The steps between the two run in the child.',
      next: 'Write endfork after the last step of the child.',
    });
}

/**
 * Reads a scenario.
 *
 * @param text the file's contents
 * @param file its name, for messages
 * @throws ScenarioError for the first line that breaks a rule; never anything else.
 */
export function parseScenario(text: string, file: string): Scenario {
  if (text.startsWith('\ufeff'))
    throw new ScenarioError({
      file,
      line: 1,
      column: 1,
      what: 'a byte order mark',
      why: 'It would be a part of the first word.',
      next: 'Save the file as UTF-8 without byte order mark.',
    });
  const steps: Step[] = [];
  let line = 0;
  for (const whole of text.split('\n')) {
    line++;
    const comment = whole.indexOf('#');
    const written = comment < 0 ? whole : whole.slice(0, comment);
    const step = written.trim();
    if (step === '') continue;
    const column = written.indexOf(step) + 1;
    steps.push(parseStep(step, { file, line, column }));
  }
  checkOrder(steps, file);
  return { file, machine: machineOf(steps), steps };
}
