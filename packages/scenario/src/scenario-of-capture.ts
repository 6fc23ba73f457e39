import type { Capture } from './capture.ts';
import { MACHINE_FIELDS, type MachineOptions, type Step } from './grammar.ts';
import { checkOrder, machineOf, type Scenario } from './parse-scenario.ts';
import { parseStep } from './parse-step.ts';
import { listed, quote } from './quote.ts';
import { Refusal } from './refusal.ts';
import { CaptureError } from './source-error.ts';

/** Before the text of a step in a line of a capture. */
const BEFORE_STEP = '{"step":"'.length;

/** The options of the machine record; they win over the machine line, since the boot had them. */
function bootOptions(capture: Capture, file: string): Partial<MachineOptions> {
  const options: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(capture.machine.options)) {
    const known = Object.keys(MACHINE_FIELDS);
    const field = known.includes(key)
      ? MACHINE_FIELDS[key as keyof typeof MACHINE_FIELDS]
      : undefined;
    try {
      if (field?.kind !== 'option')
        throw new Refusal(`unknown machine option ${quote(key)}`, `There are ${listed(known)}.`);
      options[key] = field.value.read(text);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const { what, why, next } = refusal;
      throw new CaptureError({ file, line: 1, column: 1, what, why, next });
    }
  }
  return options as Partial<MachineOptions>;
}

/**
 * The scenario that a capture answers: its step texts, on the machine it was made on. Lines and columns of the steps
 * are those in the file of the capture.
 *
 * @param file name of the capture, for messages
 * @throws ScenarioError for a step text that is no step, CaptureError for an unknown machine option
 */
export function scenarioOfCapture(capture: Capture, file: string): Scenario {
  const column = BEFORE_STEP + 1;
  const steps: Step[] = capture.steps.map(({ step }, index) =>
    parseStep(step, { file, line: index + 2, column }),
  );
  checkOrder(steps, file, capture.steps.at(-1)?.crash !== undefined);
  return { file, machine: { ...machineOf(steps), ...bootOptions(capture, file) }, steps };
}
