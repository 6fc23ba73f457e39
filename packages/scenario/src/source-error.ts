/** What a {@link SourceError} tells. Lines and columns count from 1, columns in UTF-16 code units. */
export interface SourceErrorDetails {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What is wrong: a clause without a full stop. */
  readonly what: string;
  /** Why that is wrong: a sentence, or empty when `what` says it all. */
  readonly why?: string;
  /** What to do about it: a sentence, or empty. */
  readonly next?: string;
}

/**
 * A file that cannot be used. The message is `file:line:column: what`, then why and what to do next, a line each, with
 * nothing in it that a terminal would obey.
 */
export class SourceError extends Error {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly what: string;
  readonly why: string;
  readonly next: string;

  constructor(details: SourceErrorDetails) {
    const { file, line, column, what, why = '', next = '' } = details;
    const lines = [`${file}:${line}:${column}: ${what}`];
    for (const part of [why, next]) if (part !== '') lines.push(`  ${part}`);
    super(lines.join('\n'));
    this.name = new.target.name;
    this.file = file;
    this.line = line;
    this.column = column;
    this.what = what;
    this.why = why;
    this.next = next;
  }
}

/** A scenario that breaks a rule of the language. */
export class ScenarioError extends SourceError {}

/** A capture that is damaged, cut short, or none at all. */
export class CaptureError extends SourceError {}
