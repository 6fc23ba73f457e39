import { type Answer, type Played, parseScenario, type Scenario } from '@pfnmap/scenario';
import { type Bisected, bisect, type SeriesPoint, type Turn, turnsOf } from '@pfnmap/series';
import type { Architecture } from './architecture.ts';
import { type CommandContext, print } from './command-context.ts';
import { answerLines } from './describe-answer.ts';
import { differenceLines } from './describe-difference.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { reading } from './failure.ts';
import { readInput } from './input-file.ts';
import { labScenario } from './lab-files.ts';
import { playing } from './player.ts';
import { answersAtLine, type Expectation, meets, readExpectation } from './series-expectation.ts';
import type { Style } from './terminal.ts';

/** What `pfnmap series bisect` is told besides the file. */
export interface SeriesBisectOptions {
  readonly arch?: Architecture;
  readonly expect?: readonly string[];
  readonly json?: boolean;
}

const SHOWN = 3;
const SIDES = { expected: 'before', got: 'after' } as const;

/** A patch or fix in one line. */
const named = ({ id, subject }: SeriesPoint): string =>
  /^\d\d$/.test(id) ? `${id}/19 ${subject}` : `${id} ${subject}`;

const pointJson = ({ id, symbol, subject }: SeriesPoint): object => ({ id, symbol, subject });

function turnLines({ point, before, after, comparison }: Turn, style: Style): string[] {
  const { agree, total, differences } = comparison;
  const captures = { expected: before.capture, got: after.capture, arch: after.arch };
  const shown = differences.slice(0, SHOWN);
  const rest = differences.length - shown.length;
  return [
    `${style.heading(named(point))}: answers change in ${total - agree} of ${total} steps`,
    ...shown.flatMap((difference) => differenceLines(difference, captures, style, SIDES)),
    ...(rest > 0 ? [`  and ${rest} more differences`] : []),
  ];
}

/** Without expectations: every change that the scenario can tell. */
function tellTurns(
  turns: readonly Turn[],
  options: SeriesBisectOptions,
  context: CommandContext,
): ExitCode {
  if (options.json === true) {
    const told = turns.map(({ point, comparison }) => ({
      ...pointJson(point),
      agree: comparison.agree,
      total: comparison.total,
    }));
    const document = { format: 'pfnmap-series-turns/1', turns: told };
    print(context, [JSON.stringify(document, undefined, 2)]);
    return EXIT.agree;
  }
  print(
    context,
    turns.length === 0
      ? ['no patch or fix changes an answer of this scenario']
      : turns.flatMap((turn) => turnLines(turn, context.style)),
  );
  return EXIT.agree;
}

const told = (answers: readonly Answer[], { arch }: Played): string[] =>
  answers.flatMap((answer) => ('calls' in answer ? [] : answerLines(answer, arch)));

function foundLines(
  found: Bisected,
  scenario: Scenario,
  expectations: readonly Expectation[],
  style: Style,
): string[] {
  const { point, before, after, played } = found;
  if (point === undefined || before === undefined)
    return ['the kernel before the series answers so already'];
  const sides = (side: string, of: Played): string[] =>
    expectations.flatMap(({ line }) => {
      const { answers, crash } = answersAtLine(scenario, of, line);
      const lines = crash ?? told(answers, of);
      return [`  ${side}, line ${line}`, ...lines.map((text) => `    ${text}`)];
    });
  return [
    `first with ${style.heading(named(point))}`,
    ...sides('before', before),
    ...sides('after', after),
    style.aside(`${played} kernels played`),
  ];
}

/** `pfnmap series bisect FILE`: which patch or fix brought an answer. */
export async function seriesBisectCommand(
  file: string,
  options: SeriesBisectOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const path = /[/\\]|\.scn$|^-$/.test(file) ? file : (labScenario(file) ?? file);
  const input = await readInput(path, context.terminal);
  const scenario = reading(input.text, () => parseScenario(input.text, input.name));
  const arch = options.arch ?? 'x86_64';
  const play = await context.loadPlayer();
  const expectations = (options.expect ?? []).map((text) => readExpectation(text, scenario));
  if (expectations.length === 0)
    return tellTurns(
      playing(() => turnsOf(play, scenario, arch)),
      options,
      context,
    );
  const found = playing(() =>
    bisect(play, scenario, arch, (played) =>
      expectations.every((expectation) => meets(expectation, scenario, played)),
    ),
  );
  if (options.json === true) {
    const point = found?.point === undefined ? null : pointJson(found.point);
    const document = {
      format: 'pfnmap-series-bisect/1',
      found: found !== undefined,
      point,
      played: found?.played ?? null,
    };
    print(context, [JSON.stringify(document, undefined, 2)]);
  } else
    print(
      context,
      found === undefined
        ? ['no kernel from before the series to the last known one answers so']
        : foundLines(found, scenario, expectations, context.style),
    );
  return found === undefined ? EXIT.differ : EXIT.agree;
}
