import { KconfigSyntaxError } from './errors.ts';
import { type Token, tokenizeLine } from './tokenize.ts';

function indentation(line: string): number {
  let width = 0;
  for (const character of line) {
    if (character === ' ') width += 1;
    else if (character === '\t') width = (width & ~7) + 8;
    else break;
  }
  return width;
}

/** Hands out the logical lines of a Kconfig text: comments and empty lines dropped, `\` joined. */
export class LineReader {
  readonly file: string;
  private readonly lines: readonly string[];
  private index = 0;
  private ahead: Token[] | undefined;

  constructor(text: string, file: string) {
    this.file = file;
    this.lines = text.split(/\r?\n/);
  }

  /** The tokens of the next logical line without taking it; undefined at the end of the text. */
  peek(): readonly Token[] | undefined {
    if (this.ahead !== undefined) return this.ahead;
    while (this.index < this.lines.length) {
      const tokens = this.takeLogicalLine();
      if (tokens.length > 0) {
        this.ahead = tokens;
        return tokens;
      }
    }
    return undefined;
  }

  /** Takes the line that {@link peek} showed. */
  take(): void {
    this.ahead = undefined;
  }

  /**
   * Takes a help text: the lines indented at least as far as its first one, and empty lines between.
   *
   * @throws KconfigSyntaxError when no indented line follows.
   */
  takeHelp(help: Token): string {
    const taken: string[] = [];
    let margin: number | undefined;
    while (this.index < this.lines.length) {
      const line = this.lines[this.index]!;
      const isEmpty = line.trim() === '';
      const width = indentation(line);
      if (margin === undefined && !isEmpty) {
        if (width === 0) break;
        margin = width;
      } else if (margin !== undefined && !isEmpty && width < margin) break;
      taken.push(isEmpty ? '' : ' '.repeat(width - margin!) + line.trimStart());
      this.index += 1;
    }
    const text = taken.join('\n').trim();
    if (text === '')
      throw new KconfigSyntaxError('help is empty; indent its text or leave the line out', {
        position: help.position,
      });
    return text;
  }

  private takeLogicalLine(): Token[] {
    const tokens: Token[] = [];
    while (this.index < this.lines.length) {
      const line = this.lines[this.index]!;
      this.index += 1;
      const continues = /\\[ \t]*$/.exec(line);
      const body = continues === null ? line : line.slice(0, continues.index);
      tokens.push(...tokenizeLine(body, this.file, this.index));
      if (continues === null) break;
    }
    return tokens;
  }
}
