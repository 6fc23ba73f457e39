import type { ArchPgtable } from '@pfnmap/pgtable-core';
import type { Answer, Capture, Difference } from '@pfnmap/scenario';
import { entryLine } from './describe-entry.ts';
import type { Style } from './terminal.ts';

const LONGEST_VALUE = 160;

/** An entry with its level, as tables and walks have it. */
interface LevelledEntry {
  readonly level: string;
  readonly entry: string;
  readonly offset?: string;
  readonly count?: number;
}

const isLevelledEntry = (value: unknown): value is LevelledEntry =>
  typeof value === 'object' && value !== null && 'level' in value && 'entry' in value;

/** The run or entry of an answer that a path such as `table[3].entry` or `.level` points into. */
function entryAt(answer: Answer | undefined, path: string): LevelledEntry | undefined {
  const match = /^(table|walk)\[(\d+)\]\.(entry|level)$/.exec(path);
  if (answer === undefined || match === null) return undefined;
  const list = (answer as unknown as Record<string, readonly LevelledEntry[] | undefined>)[
    match[1]!
  ];
  return list?.[Number(match[2])];
}

/** A value in one line; entries are decoded. */
function valueText(value: unknown, arch: ArchPgtable): string {
  if (value === undefined) return 'nothing';
  if (isLevelledEntry(value)) {
    const place = value.offset === undefined ? '' : `${value.count} at ${value.offset}: `;
    return `${place}${entryLine(arch, value.level, BigInt(value.entry))}`;
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** The answer of a step that has the key a path begins with. */
function answerOf(capture: Capture, difference: Difference): Answer | undefined {
  const key = /^\w+/.exec(difference.path)?.[0] ?? '';
  return capture.steps[difference.index]?.answers.find((answer) => key in answer);
}

/** What the two sides of a comparison are called. */
export interface Sides {
  readonly expected: string;
  readonly got: string;
}

/** One difference in lines: the place, then both values below each other. */
export function differenceLines(
  difference: Difference,
  captures: { readonly expected: Capture; readonly got: Capture; readonly arch: ArchPgtable },
  style: Style,
  sides: Sides = { expected: 'expected', got: 'got' },
): string[] {
  const { index, step, answer, path, expected, got } = difference;
  const { arch } = captures;
  const side = (capture: Capture, value: unknown): string => {
    const entry = entryAt(answerOf(capture, difference), path);
    return valueText(
      entry === undefined || value === undefined
        ? value
        : { level: entry.level, entry: entry.entry },
      arch,
    );
  };
  const place = index < 0 ? 'log' : `step ${index + 1}`;
  const where = path === '' && answer !== undefined ? `answer ${answer + 1}` : path;
  return [
    `  ${place}  ${index < 0 ? '' : `${style.name(step)}  `}${where}`,
    `    ${sides.expected.padEnd(8)}  ${side(captures.expected, expected)}`,
    `    ${sides.got.padEnd(8)}  ${style.bad(side(captures.got, got))}`,
  ];
}
