/** A place in a text file. */
export interface Position {
  /** The name the text was given when it was parsed. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units; a tab is one column. */
  readonly column: number;
}

/** `file:line:column`, as compilers write it. */
export function formatPosition(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}
