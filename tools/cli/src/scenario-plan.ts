import {
  type PlayOptions,
  parseCapture,
  parseScenario,
  type Scenario,
  scenarioOfCapture,
} from '@pfnmap/scenario';
import { type Architecture, architectureOf } from './architecture.ts';
import { reading } from './failure.ts';
import { type InputFile, readInput } from './input-file.ts';
import { labScenario } from './lab-files.ts';
import { DEFAULT_KERNEL } from './player.ts';
import type { Terminal } from './terminal.ts';

/** Which machine and kernel a person asked for. */
export interface WhereToPlay {
  readonly arch?: Architecture;
  readonly kernel?: string;
}

/** A scenario to play, and where. */
export interface Plan {
  readonly scenario: Scenario;
  readonly options: PlayOptions;
}

/** The scenario of a file; a capture is played on the kind of machine it was made on, unless options say otherwise. */
function planOf(input: InputFile, options: WhereToPlay): Plan {
  const { arch = 'x86_64', kernel = DEFAULT_KERNEL } = options;
  if (!input.name.endsWith('.jsonl') && !input.text.startsWith('{'))
    return { scenario: parseScenario(input.text, input.name), options: { arch, kernel } };
  const capture = parseCapture(input.text, input.name);
  const { machine } = capture;
  const captured = architectureOf(machine.arch);
  const isThere = options.arch === undefined || options.arch === captured;
  return {
    scenario: scenarioOfCapture(capture, input.name),
    options: {
      arch: options.arch ?? captured ?? arch,
      kernel: options.kernel ?? (isThere ? machine.kernel : kernel),
      ...(machine.bar2 !== null && isThere ? { bar2Start: BigInt(machine.bar2.start) } : {}),
    },
  };
}

/** A scenario of the repository by its name, unless a file of that name is here. */
function existing(file: string): string | undefined {
  return file === '' || /[/\\]|\.(scn|jsonl)$/.test(file) ? undefined : labScenario(file);
}

/** A scenario or a capture that a person named, read. */
export interface ReadPlan {
  /** As another command line would name it. */
  readonly path: string;
  readonly input: InputFile;
  readonly plan: Plan;
}

/**
 * Reads a scenario: a file, a name of the lab's, or `-` for standard input.
 *
 * @throws Failure when it cannot be read, or breaks a rule of the language.
 */
export async function readPlan(
  file: string,
  options: WhereToPlay,
  terminal: Terminal,
): Promise<ReadPlan> {
  const path = file === '-' ? file : (existing(file) ?? file);
  const input = await readInput(path, terminal);
  return { path, input, plan: reading(input.text, () => planOf(input, options)) };
}
