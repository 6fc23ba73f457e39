import type { PlayScenario } from '@pfnmap/scenario';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type Architecture, architectureOf } from './architecture.ts';
import type { CheckOptions } from './check-command.ts';
import type { CommandContext } from './command-context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { ExplainOptions } from './explain-command.ts';
import { addLabCommands } from './lab-program.ts';
import type { RunOptions } from './run-command.ts';
import { addSeriesCommands, type Wiring } from './series-program.ts';
import { type ColorChoice, createStyle, harmless, isColored, type Terminal } from './terminal.ts';
import type { TranslateOptions } from './translate-command.ts';

/** What the process lends to {@link main}. */
export interface Services {
  readonly terminal: Terminal;
  readonly version: string;
  loadPlayer(): Promise<PlayScenario>;
}

/** Options that every command has. */
interface CommonOptions {
  readonly color: ColorChoice;
  readonly debug?: boolean;
}

/** What one call of {@link main} has found out. */
interface Outcome {
  exitCode: ExitCode;
  debug: boolean;
}

type Work<T> = (options: T, context: CommandContext) => Promise<ExitCode>;

const collect = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  ...value.split(',').filter((symbol) => symbol !== ''),
];

const EXIT_CODES = `

Exit codes: 0 done, and everything agrees; 1 something differs; 2 wrong arguments or a wrong file;
3 something is missing outside; 130 interrupted.`;

const examples = (...lines: string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

/** Adds what every command has, and runs its work. */
function finish<T>(
  command: Command,
  services: Services,
  outcome: Outcome,
): (work: Work<T>) => Promise<void> {
  return async (work) => {
    const options = command.opts<T & CommonOptions>();
    outcome.debug = options.debug === true;
    const { terminal, loadPlayer } = services;
    const style = createStyle(isColored(terminal.stdout, options.color, terminal.env));
    outcome.exitCode = await work(options, { terminal, style, loadPlayer });
  };
}

function withCommon(command: Command): Command {
  return command
    .option('--json', 'print JSON for programs instead of text for people')
    .addOption(
      new Option('--color <when>', 'colour the output; NO_COLOR and FORCE_COLOR are obeyed')
        .choices(['always', 'never', 'auto'])
        .default('auto'),
    )
    .option('--debug', 'show stack traces of unexpected errors');
}

function withSymbols(command: Command): Command {
  return command
    .option(
      '--with <symbols>',
      'switch symbols on: SERIES_PATCH_07, THP …; may be repeated',
      collect,
    )
    .option('--without <symbols>', 'switch symbols off', collect);
}

function readArchitecture(name: string): Architecture {
  const arch = architectureOf(name);
  if (arch === undefined) throw new InvalidArgumentError('It is x86_64 or arm64.');
  return arch;
}

function withArchitecture(command: Command): Command {
  return command
    .option('--arch <name>', 'architecture: x86_64 or arm64 (default: x86_64)', readArchitecture)
    .option('--kernel <version>', 'kernel: 6.11, 6.12, 6.12.117, 7.3 … (default: 6.12.117)');
}

function addRun(program: Command, services: Services, outcome: Outcome): void {
  const command = program
    .command('run')
    .argument('<file>', 'a scenario, or a capture; - for stdin');
  withSymbols(withArchitecture(withCommon(command)))
    .description('play a scenario on the model and show what the kernel does')
    .addOption(
      new Option('--events', 'show locks, TLB flushes and MMU notifiers as well').conflicts('json'),
    )
    .addHelpText(
      'after',
      examples(
        'pfnmap run tools/lab/scenarios/01-bar-8g.scn',
        'pfnmap run my.scn --arch arm64 --kernel 7.3 --without SERIES_PATCH_19 --json',
      ) + EXIT_CODES,
    )
    .action(async (file: string) => {
      const { runCommand } = await import('./run-command.ts');
      await finish<RunOptions>(
        command,
        services,
        outcome,
      )((options, context) => runCommand(file, options, context));
    });
}

function addTranslate(program: Command, services: Services, outcome: Outcome): void {
  const command = program
    .command('translate')
    .argument('<file>', 'a scenario, or a capture; - for stdin');
  withSymbols(withArchitecture(withCommon(command)))
    .description('play a scenario and follow an address through every table to the memory')
    .option('--gpa <address>', 'a guest-physical address')
    .option('--gva <address>', "an address of the guest's own")
    .option('--hva <address>', 'an address of the program: a number, or MAPPING+OFFSET')
    .option('--iova <address>', 'an address that a device uses for DMA')
    .option('--at <step>', 'when: a line of the file, or how one step begins (default: the end)')
    .addHelpText(
      'after',
      examples(
        'pfnmap translate tools/lab/scenarios/29-stage2.scn --gpa 0x80201000 --at 10',
        'pfnmap translate my.scn --hva a+1G+2M --arch arm64 --kernel 7.3 --json',
      ) + EXIT_CODES,
    )
    .action(async (file: string) => {
      const { translateCommand } = await import('./translate-command.ts');
      await finish<TranslateOptions>(
        command,
        services,
        outcome,
      )((options, context) => translateCommand(file, options, context));
    });
}

function addCheck(program: Command, services: Services, outcome: Outcome): void {
  const command = program
    .command('check')
    .argument('[captures...]', 'files, folders, or names of the lab; - for stdin (default: all)');
  withSymbols(withCommon(command))
    .description('play the scenarios of captures and compare with what the real kernel answered')
    .option('--all', 'show every difference, not only the first five of a capture')
    .option('--quiet', 'show only captures that differ')
    .addHelpText(
      'after',
      examples(
        'pfnmap check tools/lab/captures/6.12-x86_64/05-fork.jsonl',
        'pfnmap check 6.12-arm64 7.3-arm64 --quiet',
      ) + EXIT_CODES,
    )
    .action(async (paths: string[]) => {
      const { checkCommand } = await import('./check-command.ts');
      await finish<CheckOptions>(
        command,
        services,
        outcome,
      )((options, context) => checkCommand(paths, options, context));
    });
}

function addExplain(program: Command, services: Services, outcome: Outcome): void {
  const command = program.command('explain').argument('<entry>', '64-bit entry, hex or decimal');
  withArchitecture(withCommon(command))
    .description('take a page-table entry apart and say what its bits mean')
    .option('--level <name>', 'level it stands at: pgd, p4d, pud, pmd or pte (default: every)')
    .addHelpText(
      'after',
      examples(
        'pfnmap explain 0x80000002000002b7 --level pud',
        'pfnmap explain 0x168008000000ccd --arch arm64 --level pmd',
      ) + EXIT_CODES,
    )
    .action(async (entry: string) => {
      const { explainCommand } = await import('./explain-command.ts');
      await finish<ExplainOptions>(
        command,
        services,
        outcome,
      )((options, context) => explainCommand(entry, options, context));
    });
}

function addDemo(program: Command, services: Services, outcome: Outcome): void {
  const command = program.command('demo');
  command
    .addOption(
      new Option('--color <when>', 'colour the output')
        .choices(['always', 'never', 'auto'])
        .default('auto'),
    )
    .option('--debug', 'show stack traces of unexpected errors')
    .description('play the scenario of the cover letter on both architectures and check it')
    .addHelpText('after', examples('pfnmap demo', 'pfnmap demo --color never') + EXIT_CODES)
    .action(async () => {
      const { demoCommand } = await import('./demo-command.ts');
      await finish<object>(command, services, outcome)((_options, context) => demoCommand(context));
    });
}

function addSeries(program: Command, services: Services, outcome: Outcome): void {
  const wiring: Wiring = {
    withCommon,
    readArchitecture,
    help: (...lines) => examples(...lines) + EXIT_CODES,
    run: (command, work) => finish<never>(command, services, outcome)(work as Work<never>),
  };
  addSeriesCommands(program, wiring);
  addLabCommands(program, wiring);
}

function createProgram(services: Services, outcome: Outcome): Command {
  const { stdout, stderr } = services.terminal;
  const program = new Command('pfnmap')
    .description("An executable model of Linux's huge PFN mappings.")
    .version(services.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'pfnmap: ')),
    })
    .addHelpText('after', examples('pfnmap demo', 'pfnmap help run') + EXIT_CODES);
  for (const add of [addRun, addTranslate, addCheck, addExplain, addSeries, addDemo])
    add(program, services, outcome);
  return program;
}

/** Tells a failure to a person. */
async function tell(error: unknown, outcome: Outcome, terminal: Terminal): Promise<ExitCode> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.agree : EXIT.badInput;
  const { Failure } = await import('./failure.ts');
  if (error instanceof Failure) {
    terminal.stderr.write(harmless(`pfnmap: ${error.message}\n`));
    return error.exitCode;
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `${error}`;
  const advice =
    '  This is a defect of pfnmap. Please report it with the command line and the input:\n' +
    '  https://github.com/pfnmap/pfnmap/issues (--debug shows where it happened)';
  const stack = outcome.debug && error instanceof Error ? `\n${error.stack}` : '';
  terminal.stderr.write(`pfnmap: ${text}\n${advice}${stack}\n`);
  return EXIT.differ;
}

/** Runs a command line, without the name of the program; returns the exit code. */
export async function main(args: readonly string[], services: Services): Promise<ExitCode> {
  const outcome: Outcome = { exitCode: EXIT.agree, debug: false };
  try {
    await createProgram(services, outcome).parseAsync([...args], { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    return await tell(error, outcome, services.terminal);
  }
}
