import { SourceError } from '@pfnmap/scenario';
import { EXIT, type ExitCode } from './exit-code.ts';

/** A failure that is told to a person without a stack trace, and the code it ends with. */
export class Failure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.badInput) {
    super(message);
    this.name = 'Failure';
    this.exitCode = exitCode;
  }
}

const BEFORE_COLUMN = 60;
const AFTER_COLUMN = 40;

/** The line of a file that an error points to, cut around the column, with a mark below it. */
function excerpt(error: SourceError, text: string): string[] {
  const line = text.split('\n', error.line)[error.line - 1];
  if (line === undefined || line.trim() === '') return [];
  const start = Math.max(0, error.column - 1 - BEFORE_COLUMN);
  const shown = line.slice(start, error.column - 1 + AFTER_COLUMN).replace(/[^\x20-\x7e]/g, ' ');
  const number = `${error.line}`.padStart(5);
  return [`${number} | ${shown}`, `${' '.repeat(5)} | ${' '.repeat(error.column - 1 - start)}^`];
}

/** An error in an input file as a person reads it: place, what, the line itself, why, what next. */
export function sourceFailure(error: SourceError, text: string): Failure {
  const { file, line, column, what, why, next } = error;
  const advice = [why, next].filter((part) => part !== '').map((part) => `  ${part}`);
  return new Failure(
    [`${file}:${line}:${column}: ${what}`, ...excerpt(error, text), ...advice].join('\n'),
  );
}

/** Runs `read` on a text; errors of the text become failures that show it. */
export function reading<T>(text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SourceError ? sourceFailure(error, text) : error;
  }
}
