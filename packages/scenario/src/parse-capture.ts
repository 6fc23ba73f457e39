import { ANSWER_SHAPES, isAnswerKind } from './answer-shapes.ts';
import type { Capture, CapturedMachine, CapturedStep } from './capture.ts';
import { closestWord } from './closest-word.ts';
import { nestingDepth, scanJson } from './json-position.ts';
import { quote } from './quote.ts';
import {
  absentOr,
  dictionary,
  hex,
  isRecord,
  list,
  type Mismatch,
  nullable,
  object,
  type Shape,
  string,
} from './shape.ts';
import { CaptureError } from './source-error.ts';

/** Characters of the longest line that is read. */
export const LONGEST_LINE = 2 ** 24;

const DEEPEST_NESTING = 16;

const answer: Shape = (value) => {
  if (!isRecord(value)) return { path: [], wanted: 'an object' };
  const [kind] = Object.keys(value);
  if (kind === undefined) return { path: [], wanted: 'an object with a key' };
  if (isAnswerKind(kind)) return ANSWER_SHAPES[kind](value);
  const near = closestWord(kind, Object.keys(ANSWER_SHAPES));
  return {
    path: [kind],
    wanted: `an answer that is known${near === undefined ? '' : `, such as "${near}"`}`,
  };
};

/** A step is one line of a scenario, trimmed; a comment never gets into a capture. */
const stepText: Shape = (value) =>
  typeof value === 'string' && value !== '' && value === value.trim() && !/[\n#]/.test(value)
    ? undefined
    : { path: [], wanted: 'the text of a step: one line, trimmed, without comment' };

const machineRecord = object<{ machine: CapturedMachine; log?: readonly string[] }>({
  machine: object<CapturedMachine>({
    kernel: string,
    arch: string,
    bdf: string,
    options: dictionary(string),
    bar2: nullable(object<{ start: string; end: string }>({ start: hex, end: hex })),
  }),
  log: absentOr(list(string)),
});

const stepRecord = object<CapturedStep>({
  step: stepText,
  answers: list(answer),
  garbled: absentOr(list(string)),
  crash: absentOr(list(string)),
});

/** What a message calls a value of a wrong shape. */
function named(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return `the string ${quote(value)}`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `${value}`;
}

const pathText = (path: readonly (string | number)[]): string =>
  path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${quote(key).slice(1, -1)}`,
    )
    .join('');

/** One line of a capture and what to say about it. */
class RecordLine {
  readonly #text: string;
  readonly #file: string;
  readonly #line: number;

  constructor(text: string, file: string, line: number) {
    this.#text = text;
    this.#file = file;
    this.#line = line;
  }

  error(offset: number, what: string, why: string, next: string): CaptureError {
    return new CaptureError({
      file: this.#file,
      line: this.#line,
      column: offset + 1,
      what,
      why,
      next,
    });
  }

  /** The record, checked for nothing but being JSON. */
  parse(isLast: boolean): unknown {
    if (this.#text.length > LONGEST_LINE)
      throw this.error(
        LONGEST_LINE,
        'the line is too long',
        `A record has at most ${LONGEST_LINE} characters; this one has ${this.#text.length}.`,
        'Split the scenario, or touch and list less in one step.',
      );
    if (nestingDepth(this.#text) > DEEPEST_NESTING)
      throw this.error(
        0,
        'the record nests too deep',
        `No record of a capture has more than ${DEEPEST_NESTING} levels of brackets.`,
        'This is not a capture that the lab wrote.',
      );
    try {
      return JSON.parse(this.#text) as unknown;
    } catch {
      const { offset } = scanJson(this.#text);
      throw this.error(
        offset,
        isLast && offset >= this.#text.length ? 'the capture ends inside a record' : 'not JSON',
        'Every line of a capture is one JSON object.',
        'Capture the scenario again, or remove the line.',
      );
    }
  }

  /** Checks the shape of the record. */
  check(record: unknown, shape: Shape): void {
    const mismatch = shape(record);
    if (mismatch !== undefined) throw this.mismatch(record, mismatch);
  }

  mismatch(record: unknown, { path, wanted }: Mismatch): CaptureError {
    let value = record;
    for (const key of path) value = (value as Record<string | number, unknown>)[key];
    const scan = scanJson(this.#text, path);
    return this.error(
      scan.found === 'value' ? scan.offset : 0,
      `${pathText(path) || 'the record'} is ${named(value)}, expected ${wanted}`,
      '',
      'Capture the scenario again, or read it with the version of pfnmap that wrote it.',
    );
  }
}

function readMachine(record: unknown, line: RecordLine): Pick<Capture, 'machine' | 'log'> {
  if (!isRecord(record) || !Object.hasOwn(record, 'machine'))
    throw line.error(
      0,
      'the machine record is missing',
      'The first line of a capture says on which machine it was made: {"machine":{…}}.',
      isRecord(record) && Object.hasOwn(record, 'step')
        ? 'The beginning of the file is lost; capture the scenario again.'
        : 'Give a file that the lab wrote.',
    );
  line.check(record, machineRecord);
  const { machine, log } = record as { machine: CapturedMachine; log?: string[] };
  return { machine, log: log ?? [] };
}

/**
 * Reads a capture. Every value is checked; nothing is changed, so that {@link formatCapture} gives back the bytes.
 *
 * @param text the file's contents
 * @param file its name, for messages
 * @throws CaptureError for the first record that is damaged; never anything else.
 */
export function parseCapture(text: string, file: string): Capture {
  const steps: CapturedStep[] = [];
  let head: Pick<Capture, 'machine' | 'log'> | undefined;
  let number = 0;
  for (let start = 0; start < text.length || number === 0; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = new RecordLine(text.slice(start, end), file, ++number);
    start = end + 1;
    if (text.length === 0)
      throw line.error(0, 'the file is empty', '', 'Give a file that the lab wrote.');
    const record = line.parse(newline < 0);
    if (head === undefined) {
      head = readMachine(record, line);
      continue;
    }
    line.check(record, stepRecord);
    if (steps.at(-1)?.crash !== undefined)
      throw line.error(
        0,
        'a step after a crash',
        'The kernel died in the step before, so it cannot have answered.',
        'Remove what follows the crash.',
      );
    steps.push(record as CapturedStep);
  }
  return { ...head!, steps };
}
