import { type KernelChange, kernelChanges, kernelProfiles, seriesPatches } from '@pfnmap/kconfig';

/** The state of a kernel between two changes, in the terms of a player's options. */
export interface KernelState {
  /** A profile. */
  readonly kernel: string;
  /** Later changes that are in as well, in order. */
  readonly with: readonly string[];
}

/** One change on the way from the kernel before the series to a late one. */
export interface SeriesPoint {
  /** `07` for a patch, `F4` for a listed fix, the symbol for any other change. */
  readonly id: string;
  /** The symbol that switches it. */
  readonly symbol: string;
  readonly subject: string;
  /** The kernel just before the change. */
  readonly before: KernelState;
  /** The kernel with it. */
  readonly after: KernelState;
}

/** The number of a patch with two digits, as in `posted-07`. */
export const twoDigits = (number: number): string => String(number).padStart(2, '0');

/** The kernel with the first `number` patches as they were posted; 0 for none. */
export const postedState = (number: number): KernelState => ({
  kernel: number === 0 ? 'base' : `posted-${twoDigits(number)}`,
  with: [],
});

/** The last profile, whose changes are the ones that came to be. */
const merged: ReadonlySet<string> = /* @__PURE__ */ new Set(kernelProfiles.at(-1)!.selects);

/** The kernel that experiments are made on: the last one. */
const lastKernel: string = /* @__PURE__ */ kernelProfiles.at(-1)!.name;

/** What is proposed or older than the series stands on no line. */
const OLDER: readonly string[] = ['MPROTECT_HUGE_PUD', 'THP_UNMAPPED_AREA_FILES'];

const fixNumber = ({ entry, symbol }: KernelChange): number => {
  if (symbol === 'FIX_FOLIO_WALK_PRESENT_PMD') return 0;
  return entry?.startsWith('F') ? Number(entry.slice(1)) : Number.POSITIVE_INFINITY;
};

/** The changes that a change rests on, patches aside. */
const neededChanges = (change: KernelChange): KernelChange[] =>
  (change.dependsOn ?? '')
    .split(' && ')
    .flatMap((symbol) => kernelChanges.find((each) => each.symbol === symbol) ?? []);

/** The merged changes: listed fixes by number, then the others, each after what it rests on. */
function laterChanges(): KernelChange[] {
  const ordered: KernelChange[] = [];
  const add = (change: KernelChange): void => {
    if (ordered.includes(change)) return;
    for (const needed of neededChanges(change)) add(needed);
    ordered.push(change);
  };
  const wanted = kernelChanges.filter(
    ({ symbol }) => merged.has(symbol) && !OLDER.includes(symbol),
  );
  for (const change of wanted.toSorted((a, b) => fixNumber(a) - fixNumber(b) || 0)) add(change);
  return ordered;
}

function buildLine(): SeriesPoint[] {
  const points = seriesPatches.map(({ number, symbol, title }): SeriesPoint => {
    const [before, after] = [postedState(number - 1), postedState(number)];
    return { id: twoDigits(number), symbol, subject: title, before, after };
  });
  let before = postedState(seriesPatches.length);
  for (const change of laterChanges()) {
    const after = { kernel: before.kernel, with: [...before.with, change.symbol] };
    const listed = change.entry?.startsWith('F');
    const id = listed ? change.entry! : change.symbol;
    points.push({ id, symbol: change.symbol, subject: change.title, before, after });
    before = after;
  }
  return points;
}

let line: readonly SeriesPoint[] | undefined;

/**
 * Every change in a row: the 19 patches as posted, then the later fixes and changes that came to be, one on top of the
 * other. The fixes stand in the order of their list, not of their dates.
 */
export function seriesLine(): readonly SeriesPoint[] {
  line ??= Object.freeze(buildLine());
  return line;
}

/**
 * A point of the line by its name: `7`, `07`, `F4`, or a symbol. Changes that were only proposed have one as well, on
 * top of the whole series, and experiments (`E1`) on top of the last kernel.
 *
 * @throws RangeError for a name that no change has
 */
export function seriesPoint(name: string): SeriesPoint {
  const id = /^\d+$/.test(name) ? twoDigits(Number(name)) : name.toUpperCase();
  const found = seriesLine().find((point) => point.id === id || point.symbol === id);
  if (found !== undefined) return found;
  const proposed = kernelChanges.find(({ symbol, entry }) => symbol === id || entry === id);
  if (proposed === undefined)
    throw new RangeError(
      `there is no patch or fix "${name}"; they are 01 to ${seriesPatches.length}, F1 to F17, and symbols such as FOLLOW_ADDR_MASK`,
    );
  const isExperiment = proposed.symbol.startsWith('EXPERIMENT_');
  const kernel = isExperiment ? lastKernel : postedState(seriesPatches.length).kernel;
  const needs = neededChanges(proposed).map(({ symbol }) => symbol);
  return {
    id: proposed.entry ?? proposed.symbol,
    symbol: proposed.symbol,
    subject: proposed.title,
    before: { kernel, with: needs },
    after: { kernel, with: [...needs, proposed.symbol] },
  };
}
