import {
  formatCapture,
  type PlayedStep,
  type PlayOptions,
  parseCapture,
  parseScenario,
  type Scenario,
  scenarioOfCapture,
} from '@pfnmap/scenario';
import { type Architecture, architectureOf } from './architecture.ts';
import { type CommandContext, print, type SymbolChoice } from './command-context.ts';
import { stepLines } from './describe-step.ts';
import { summaryLines } from './describe-summary.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { reading } from './failure.ts';
import { type InputFile, readInput } from './input-file.ts';
import { labScenario } from './lab-files.ts';
import { DEFAULT_KERNEL, playOn } from './player.ts';

/** What `pfnmap run` is told besides the file. */
export interface RunOptions extends SymbolChoice {
  readonly arch?: Architecture;
  readonly kernel?: string;
  readonly json?: boolean;
  readonly events?: boolean;
}

/** A scenario to play, and where. */
interface Plan {
  readonly scenario: Scenario;
  readonly options: PlayOptions;
}

/** The scenario of a file; a capture is played on the kind of machine it was made on, unless options say otherwise. */
function planOf(input: InputFile, options: RunOptions): Plan {
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

/** The command line that does the same again. */
function replay(file: string, { arch, kernel }: PlayOptions, choice: SymbolChoice): string {
  const symbols = [
    ...(choice.with ?? []).map((symbol) => `--with ${symbol}`),
    ...(choice.without ?? []).map((symbol) => `--without ${symbol}`),
  ];
  return ['pfnmap run', file, `--arch ${arch}`, `--kernel ${kernel}`, ...symbols].join(' ');
}

/** Plays a scenario on the model and tells what came of it. */
export async function runCommand(
  file: string,
  options: RunOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const path = file === '-' ? file : (existing(file) ?? file);
  const input = await readInput(path, context.terminal);
  const plan = reading(input.text, () => planOf(input, options));
  const play = await context.loadPlayer();
  const steps: PlayedStep[] = [];
  const played = playOn(play, plan.scenario, {
    ...plan.options,
    ...(options.with === undefined ? {} : { with: options.with }),
    ...(options.without === undefined ? {} : { without: options.without }),
    events: options.events === true,
    onStep: (step) => steps.push(step),
  });
  if (options.json === true) {
    context.terminal.stdout.write(formatCapture(played.capture));
    return EXIT.agree;
  }
  const { style } = context;
  const { kernel, arch } = played.capture.machine;
  print(context, [
    style.heading(`${input.name} on Linux ${kernel}, ${arch}`),
    '',
    ...steps.flatMap((step) => stepLines(step, played.arch, style, options.events === true)),
    '',
    ...summaryLines(played, style),
    style.aside(`again: ${replay(path, plan.options, options)}`),
  ]);
  return EXIT.agree;
}

/** A scenario of the repository by its name, unless a file of that name is here. */
function existing(file: string): string | undefined {
  return file === '' || /[/\\]|\.(scn|jsonl)$/.test(file) ? undefined : labScenario(file);
}
