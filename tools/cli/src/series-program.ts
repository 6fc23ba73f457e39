import type { Command } from 'commander';
import type { Architecture } from './architecture.ts';
import type { CommandContext } from './command-context.ts';
import type { ExitCode } from './exit-code.ts';
import type { SeriesBisectOptions } from './series-bisect-command.ts';
import type { SeriesOptions } from './series-command.ts';
import type { SeriesDiffOptions } from './series-diff-command.ts';

/** What the command line gives to each of its commands. */
export interface Wiring {
  withCommon(command: Command): Command;
  readArchitecture(name: string): Architecture;
  /** Examples and exit codes, below the help. */
  help(...examples: readonly string[]): string;
  run<T>(
    command: Command,
    work: (options: T, context: CommandContext) => Promise<ExitCode>,
  ): Promise<void>;
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

function addList(series: Command, wiring: Wiring): void {
  const command = series.command('list', { isDefault: true });
  wiring
    .withCommon(command)
    .description('the patches and the fixes after them, and what becomes observable with each')
    .addHelpText('after', wiring.help('pfnmap series', 'pfnmap series --json'))
    .action(async () => {
      const { seriesListCommand } = await import('./series-command.ts');
      await wiring.run<SeriesOptions>(command, seriesListCommand);
    });
}

function addShow(series: Command, wiring: Wiring): void {
  const command = series.command('show').argument('<patch>', '1 to 19, or F1 to F18');
  wiring
    .withCommon(command)
    .description('the cover of one patch or fix: problem, change, functions, scenarios')
    .addHelpText('after', wiring.help('pfnmap series show 7', 'pfnmap series show F4'))
    .action(async (patch: string) => {
      const { seriesShowCommand } = await import('./series-command.ts');
      await wiring.run<SeriesOptions>(command, (options, context) =>
        seriesShowCommand(patch, options, context),
      );
    });
}

function addDiff(series: Command, wiring: Wiring): void {
  const command = series
    .command('diff')
    .argument('<patch>', '1 to 19, F1 to F17, or a symbol such as FOLLOW_ADDR_MASK')
    .argument('[file]', 'a scenario; - for stdin (default: those that show the patch)');
  wiring
    .withCommon(command)
    .description('play a scenario before and after a patch and show the answers that change')
    .option('--arch <name>', 'one architecture only (default: every one)', wiring.readArchitecture)
    .option('--revert', 'take the patch out of the whole series, in place of stopping before it')
    .option('--all', 'show every difference, not only the first ones')
    .addHelpText(
      'after',
      wiring.help(
        'pfnmap series diff 7',
        'pfnmap series diff 5 --revert',
        'pfnmap series diff F4 my.scn --arch arm64',
      ),
    )
    .action(async (patch: string, file?: string) => {
      const { seriesDiffCommand } = await import('./series-diff-command.ts');
      await wiring.run<SeriesDiffOptions>(command, (options, context) =>
        seriesDiffCommand(patch, file, options, context),
      );
    });
}

function addBisect(series: Command, wiring: Wiring): void {
  const command = series.command('bisect').argument('<file>', 'a scenario; - for stdin');
  wiring
    .withCommon(command)
    .description('find the first patch or fix with which a scenario answers as expected')
    .option(
      '--expect <line=answer>',
      'the answer that a line of the scenario shall give, as JSON or as words of `run`; may be repeated (default: tell every change)',
      collect,
    )
    .option('--arch <name>', 'architecture (default: x86_64)', wiring.readArchitecture)
    .addHelpText(
      'after',
      wiring.help(
        'pfnmap series bisect 05-fork',
        'pfnmap series bisect my.scn --expect \'4={"signal":0}\' --expect "5=leaf at"',
      ),
    )
    .action(async (file: string) => {
      const { seriesBisectCommand } = await import('./series-bisect-command.ts');
      await wiring.run<SeriesBisectOptions>(command, (options, context) =>
        seriesBisectCommand(file, options, context),
      );
    });
}

/** Adds `series` and its commands. */
export function addSeriesCommands(program: Command, wiring: Wiring): void {
  const series = program
    .command('series')
    .description('the 19 patches, one by one: what each changes, and which one changed an answer')
    .addHelpText(
      'after',
      wiring.help('pfnmap series', 'pfnmap series show 7', 'pfnmap series diff 7'),
    );
  for (const add of [addList, addShow, addDiff, addBisect]) add(series, wiring);
}
