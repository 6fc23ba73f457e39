import {
  type ExperimentCover,
  experimentCovers,
  type FixCover,
  fixCovers,
  type PatchCover,
  patchCovers,
} from '@pfnmap/series';
import { columns } from './columns.ts';
import { type CommandContext, print } from './command-context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { placeOf } from './source-place.ts';
import type { Style } from './terminal.ts';
import { wrapped } from './wrapped.ts';

/** What `pfnmap series` and `series show` are told besides the patch. */
export interface SeriesOptions {
  readonly json?: boolean;
}

/** A patch, a fix or an experiment. */
export type Cover = PatchCover | FixCover | ExperimentCover;

/** `07/19`, `F4` or `E1`. */
export const coverId = (cover: Cover): string =>
  'number' in cover ? `${String(cover.number).padStart(2, '0')}/${patchCovers.length}` : cover.id;

/** The cover of a patch, fix or experiment by its name: `7`, `07`, `F4`, `E1`, or its symbol. */
export function coverNamed(name: string): Cover | undefined {
  const id = name.toUpperCase();
  const number = /^\d+$/.test(name) ? Number(name) : undefined;
  return (
    patchCovers.find((cover) => cover.number === number || cover.symbol === id) ??
    [...fixCovers, ...experimentCovers].find((cover) => cover.id === id || cover.symbol === id)
  );
}

/** A failure for a name that no patch has. */
export const noSuchPatch = (name: string): Failure =>
  new Failure(
    `there is no patch or fix "${name}".\n` +
      `  They are 1 to ${patchCovers.length} and F1 to F${fixCovers.length}, and experiments E1 to E${experimentCovers.length}; \`pfnmap series\` lists them.`,
  );

const EFFECTS: Readonly<Record<Cover['effect'], string>> = {
  answers: 'changes answers of the kernel',
  calls: 'changes what callers of kernel functions get, in no scenario',
  nothing: 'changes nothing by itself',
  'not modelled': 'lies outside of the model',
};

/** How a patch can be seen, in a word or two. */
function stateOf(cover: Cover): string {
  const { effect } = cover;
  const from = 'number' in cover ? cover.visibleFrom : undefined;
  const { length } = cover.scenarios;
  if (effect === 'answers') return `shows in ${length} scenario${length === 1 ? '' : 's'}`;
  if (from !== undefined) return `prepares; shows from ${from} on`;
  return effect === 'calls' ? 'callers only' : effect === 'nothing' ? 'no answer' : effect;
}

const OBSERVABLE_WIDTH = 93;

/** `pfnmap series`: all patches and fixes, with what becomes observable below each. */
export function seriesListCommand(
  options: SeriesOptions,
  context: CommandContext,
): Promise<ExitCode> {
  if (options.json === true) {
    const document = {
      format: 'pfnmap-series/1',
      patches: patchCovers,
      fixes: fixCovers,
      experiments: experimentCovers,
    };
    print(context, [JSON.stringify(document, undefined, 2)]);
    return Promise.resolve(EXIT.agree);
  }
  const all: readonly Cover[] = [...patchCovers, ...fixCovers, ...experimentCovers];
  const [heading, ...lines] = columns([
    ['patch', 'subject', 'package', 'state'],
    ...all.map((cover) => [
      coverId(cover),
      cover.subject,
      cover.packages.join(', ') || '-',
      stateOf(cover),
    ]),
  ]);
  const experimentsFrom = patchCovers.length + fixCovers.length;
  const { style } = context;
  const told = all.map(({ observable }, index) => [
    lines[index]!,
    ...wrapped(observable, OBSERVABLE_WIDTH).map((line) => style.aside(`       ${line}`)),
  ]);
  print(context, [
    style.heading('mm: Support huge pfnmaps, version 2 of 26 August 2024, and its later fixes'),
    '',
    style.aside(heading!),
    ...told.slice(0, patchCovers.length).flat(),
    '',
    ...told.slice(patchCovers.length, experimentsFrom).flat(),
    '',
    style.heading('experiments: in no kernel, turned on by --with SYMBOL'),
    ...told.slice(experimentsFrom).flat(),
    '',
    style.aside('pfnmap series show NN tells more, pfnmap series diff NN shows it'),
  ]);
  return Promise.resolve(EXIT.agree);
}

/** The rows of a cover that patches and fixes have in different words. */
function detailRows(cover: Cover): [string, string][] {
  if ('source' in cover)
    return [
      ['asked for', cover.source],
      ['kernels', 'none: turned on by --with'],
    ];
  if (!('number' in cover))
    return [
      [
        'repairs',
        cover.patch === undefined ? 'what is older than the series' : `patch ${cover.patch}`,
      ],
      ['kernels', cover.kernels],
      ...(cover.with.length > 0 ? [['needs', cover.with.join(', ')] as [string, string]] : []),
    ];
  const { visibleFrom, effect, number } = cover;
  const shows =
    visibleFrom === undefined || visibleFrom === number
      ? ''
      : `; shows from patch ${visibleFrom} on`;
  return [
    ['state', `${EFFECTS[effect]}${shows}`],
    ...cover.functions.map((kernelFunction, index): [string, string] => [
      index === 0 ? 'functions' : '',
      `${kernelFunction.name}  ${placeOf(kernelFunction) ?? '(not modelled)'}`,
    ]),
    ['gates', cover.gates.join('; ') || 'none'],
    ['fixes', cover.fixes.join(', ') || 'none'],
  ];
}

function coverLines(cover: Cover, style: Style): string[] {
  const rows: [string, string][] = [
    ['symbol', cover.symbol ?? 'none'],
    ['commit', ('commit' in cover ? cover.commit : undefined) ?? 'not known'],
    ['packages', cover.packages.join(', ') || 'none'],
    ['problem', cover.problem],
    ['change', cover.change],
    ['observable', cover.observable],
    ...detailRows(cover),
    ['scenarios', cover.scenarios.join(', ') || 'none'],
  ];
  return [
    style.heading(`${coverId(cover)} ${cover.subject}`),
    '',
    ...rows.flatMap(([key, value]) =>
      wrapped(value).map(
        (line, index) => `${style.aside((index === 0 ? key : '').padEnd(10))}  ${line}`,
      ),
    ),
  ];
}

/** The functions of a patch, each with its place, for programs. */
const placed = (cover: Cover): object =>
  'functions' in cover
    ? { functions: cover.functions.map((each) => ({ ...each, place: placeOf(each) })) }
    : {};

/** `pfnmap series show NN`: the cover of one patch or fix. */
export function seriesShowCommand(
  name: string,
  options: SeriesOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const cover = coverNamed(name);
  if (cover === undefined) throw noSuchPatch(name);
  const { style } = context;
  print(
    context,
    options.json === true
      ? [
          JSON.stringify(
            { format: 'pfnmap-series-show/1', ...cover, ...placed(cover) },
            undefined,
            2,
          ),
        ]
      : coverLines(cover, style),
  );
  return Promise.resolve(EXIT.agree);
}
