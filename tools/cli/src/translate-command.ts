import {
  closestWord,
  quote,
  Refusal,
  readNumber,
  type Scenario,
  type Step,
  type TranslationQuery,
  type TranslationRefusal,
  translateScenario,
} from '@pfnmap/scenario';
import { type CommandContext, print, type SymbolChoice } from './command-context.ts';
import { translationJson, translationLines } from './describe-translation.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { playing } from './player.ts';
import { readPlan, type WhereToPlay } from './scenario-plan.ts';

/** What `pfnmap translate` is told besides the file. */
export interface TranslateOptions extends SymbolChoice, WhereToPlay {
  readonly gva?: string;
  readonly gpa?: string;
  readonly hva?: string;
  readonly iova?: string;
  readonly at?: string;
  readonly json?: boolean;
}

const KINDS = ['gva', 'gpa', 'hva', 'iova'] as const;

/** Reads a number of the language. */
function addressOf(text: string, option: string): number {
  try {
    return readNumber(text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const advice = [error.why, error.next].filter((line) => line !== '');
    throw new Failure(
      [`${option}: ${error.what}`, ...advice.map((line) => `  ${line}`)].join('\n'),
    );
  }
}

/** The address to follow; `NAME` or `NAME+OFFSET` is one of a mapping, for --hva. */
function queryOf(options: TranslateOptions): TranslationQuery {
  const given = KINDS.filter((kind) => options[kind] !== undefined);
  const [from] = given;
  if (from === undefined || given.length > 1)
    throw new Failure(
      `${from === undefined ? 'no address is given' : `${given.map((kind) => `--${kind}`).join(' and ')} exclude each other`}\n` +
        "  Say one: --gpa (guest-physical), --gva (the guest's own), --hva (the program's) or --iova (the device's).",
    );
  const text = options[from]!;
  const named = from === 'hva' ? /^([A-Za-z_][^+]*)(?:\+(.*))?$/s.exec(text) : null;
  if (named === null) return { from, address: addressOf(text, `--${from}`) };
  const [, map, offset] = named;
  return { from, map: map!, address: offset === undefined ? 0 : addressOf(offset, '--hva') };
}

/** More steps than these are not listed in a message. */
const MOST_STEPS = 40;

function stepList(steps: readonly Step[]): string {
  const listed = steps
    .slice(0, MOST_STEPS)
    .map(({ line, text }) => `  ${`${line}`.padStart(4)}  ${text}`);
  const more = steps.length - listed.length;
  return [...listed, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
}

/** The step that --at means: a line of the file, or the beginning of exactly one step. */
function stepAt({ steps }: Scenario, at: string): number {
  const isLine = /^\d+$/.test(at);
  const found = steps.filter(({ line, text }) =>
    isLine ? line === Number(at) : at !== '' && text.startsWith(at),
  );
  if (found.length === 1) return steps.indexOf(found[0]!);
  const [what, choice] =
    found.length === 0 ? ['no step is there', steps] : [`${found.length} steps begin so`, found];
  throw new Failure(
    `--at ${quote(at)}: ${what}\n  Say the number of a line, or the beginning of one step:\n${stepList(choice)}`,
  );
}

/** What to tell a person about an address that cannot be followed. */
function refused(refusal: TranslationRefusal, { map, from }: TranslationQuery): Failure {
  switch (refusal.kind) {
    case 'no map': {
      const near = closestWord(map!, refusal.maps);
      const there = refusal.maps.length === 0 ? 'none' : refusal.maps.join(', ');
      return new Failure(
        `--hva: no mapping is named ${quote(map!)} at that step\n  There are: ${there}.` +
          (near === undefined ? '' : ` Did you mean ${near}?`),
      );
    }
    case 'no vm':
      return new Failure(
        `--${from}: there is no virtual machine at that step\n` +
          '  Guests have addresses after the step kvm. Put one into the scenario, say a later --at, or use --hva.',
      );
    case 'no child':
      return new Failure(
        '--at: the step was left out, since fork failed\n  Say a step before fork, or behind endfork.',
      );
    case 'bug':
      return new Failure(
        `the kernel dies in line ${refusal.step.line}, ${quote(refusal.step.text)}: ${refusal.bug.what}\n` +
          '  A dead kernel has no tables to look into. Say an earlier step with --at.',
        EXIT.differ,
      );
  }
}

/** Plays a scenario up to a step and shows an address's way through every table to the memory. */
export async function translateCommand(
  file: string,
  options: TranslateOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const query = queryOf(options);
  const { input, plan } = await readPlan(file, options, context.terminal);
  const { scenario } = plan;
  const after = options.at === undefined ? undefined : stepAt(scenario, options.at);
  const translated = playing(() =>
    translateScenario(
      scenario,
      {
        ...plan.options,
        ...(options.with === undefined ? {} : { with: options.with }),
        ...(options.without === undefined ? {} : { without: options.without }),
      },
      { ...query, ...(after === undefined ? {} : { after }) },
    ),
  );
  const { translation } = translated;
  if ('kind' in translation) throw refused(translation, query);
  const told = { ...translated, translation, from: query.from };
  if (options.json === true) {
    print(context, [JSON.stringify(translationJson(told), undefined, 2)]);
    return EXIT.agree;
  }
  const { release, after: step } = translated;
  const when = step === undefined ? '' : `, after line ${step.line}: ${step.text}`;
  print(context, [
    context.style.heading(`${input.name} on Linux ${release}${when}`),
    '',
    ...translationLines(told, context.style),
  ]);
  return EXIT.agree;
}
