import { formatCapture, type PlayedStep, type PlayOptions } from '@pfnmap/scenario';
import { type CommandContext, print, type SymbolChoice } from './command-context.ts';
import { stepLines } from './describe-step.ts';
import { summaryLines } from './describe-summary.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { playOn } from './player.ts';
import { readPlan, type WhereToPlay } from './scenario-plan.ts';

/** What `pfnmap run` is told besides the file. */
export interface RunOptions extends SymbolChoice, WhereToPlay {
  readonly json?: boolean;
  readonly events?: boolean;
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
  const { path, input, plan } = await readPlan(file, options, context.terminal);
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
