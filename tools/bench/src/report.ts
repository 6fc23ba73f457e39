import type { Beside, Case } from './cases.ts';
import type { Timings } from './timings.ts';

/** A case with its figures. */
export interface Judged extends Case {
  readonly figure: number;
  /** The figure of what it is compared with; left out where that did not run. */
  readonly besideFigure?: number;
  readonly ratio?: number;
  /** Whether the target is met; left out where there is none, or nothing to compare with. */
  readonly met?: boolean;
}

/** Nanoseconds of one call of a kernel's helper, by its name. */
export type HelperTimings = Readonly<Record<string, number>>;

/** Puts the figures to a case. Without a C compiler, what is compared with C has neither ratio nor verdict. */
export function judge(one: Case, model: Timings, c: Timings | undefined): Judged {
  const figure = model[one.name] ?? Number.NaN;
  const besideFigure = one.beside && (one.beside.program === 'C' ? c : model)?.[one.beside.name];
  const ratio = besideFigure === undefined ? undefined : figure / besideFigure;
  const judged = one.target?.of === 'figure' ? figure : ratio;
  return {
    ...one,
    figure,
    ...(besideFigure === undefined ? {} : { besideFigure }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(one.target === undefined || judged === undefined
      ? {}
      : { met: judged <= one.target.atMost }),
  };
}

const DIGITS = { ns: 1, ms: 3, ratio: 2 } as const;

const withUnit = (figure: number | undefined, unit: Case['unit']): string => {
  if (figure === undefined) return '';
  return unit === 'ratio'
    ? figure.toFixed(DIGITS.ratio)
    : `${figure.toFixed(DIGITS[unit])} ${unit}`;
};
const sourceOf = ({ program, name }: Beside): string =>
  program === 'C' ? `C: ${name}` : `model: ${name}`;
const targetOf = ({ target, unit }: Case): string => {
  if (target === undefined) return '';
  return target.of === 'ratio' ? target.atMost.toFixed(1) : `${target.atMost} ${unit}`;
};
const verdictOf = ({ met }: Judged): string => (met === undefined ? '' : met ? 'met' : 'not met');

/** The widths that hold every row; numbers stand to the right. */
function align(rows: readonly (readonly string[])[], toTheRight: ReadonlySet<number>): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    widths
      .map((width, at) => {
        const cell = row[at] ?? '';
        return toTheRight.has(at) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** The table that people read. */
export function formatReport(cases: readonly Judged[]): string {
  const rows = cases.map((one) => [
    one.name,
    withUnit(one.figure, one.unit),
    withUnit(one.besideFigure, one.unit),
    one.besideFigure === undefined || one.beside === undefined ? '' : sourceOf(one.beside),
    withUnit(one.ratio, 'ratio'),
    targetOf(one),
    verdictOf(one),
  ]);
  const head = ['case', 'model', 'beside', '', 'ratio', 'target', ''];
  return align([head, ...rows], new Set([1, 2, 4, 5]));
}

/** The table of single helpers. */
export function formatHelpers(helpers: HelperTimings): string {
  const rows = Object.entries(helpers).map(([name, ns]) => [name, `${ns.toFixed(2)} ns`]);
  return align([['helper', 'a call'], ...rows], new Set([1]));
}
