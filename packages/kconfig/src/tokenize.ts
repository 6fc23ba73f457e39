import { KconfigSyntaxError } from './errors.ts';
import type { Position } from './position.ts';

/** One token of a Kconfig line. */
export interface Token {
  readonly kind: 'word' | 'string' | 'operator';
  /** The word or operator itself; for a string its contents without quotes and escapes. */
  readonly text: string;
  readonly position: Position;
}

const wordCharacter = /[A-Za-z0-9_-]/;
const operators = ['&&', '||', '!=', '<=', '>=', '=', '<', '>', '!', '(', ')'] as const;

/** Reads a quoted text that starts at `start`; returns its contents and where it ends. */
function readString(
  line: string,
  start: number,
  at: (column: number) => Position,
): { text: string; end: number } {
  const quote = line[start]!;
  let text = '';
  for (let index = start + 1; index < line.length; index += 1) {
    const character = line[index]!;
    if (character === quote) return { text, end: index + 1 };
    if (character === '\\' && index + 1 < line.length) {
      index += 1;
      text += line[index]!;
    } else text += character;
  }
  throw new KconfigSyntaxError(`the text that starts here has no closing ${quote}`, {
    position: at(start),
  });
}

/** Says what to do about a character that starts no token. */
function refuseCharacter(line: string, index: number, position: Position): never {
  if (line[index] === '$')
    throw new KconfigSyntaxError(
      'macros such as $(NAME) are not expanded here; write the value they stand for',
      { position },
    );
  throw new KconfigSyntaxError(`"${line[index]}" has no meaning here`, { position });
}

/**
 * Splits one physical line into tokens; a comment ends the line.
 *
 * @throws KconfigSyntaxError for an unclosed text, a macro, or a character without meaning.
 */
export function tokenizeLine(line: string, file: string, lineNumber: number): Token[] {
  const at = (column: number): Position => ({ file, line: lineNumber, column: column + 1 });
  const tokens: Token[] = [];
  let index = 0;
  while (index < line.length) {
    const character = line[index]!;
    if (character === '#') break;
    if (character === ' ' || character === '\t' || character === '\r') {
      index += 1;
    } else if (character === '"' || character === "'") {
      const { text, end } = readString(line, index, at);
      tokens.push({ kind: 'string', text, position: at(index) });
      index = end;
    } else if (wordCharacter.test(character)) {
      let end = index + 1;
      while (end < line.length && wordCharacter.test(line[end]!)) end += 1;
      tokens.push({ kind: 'word', text: line.slice(index, end), position: at(index) });
      index = end;
    } else {
      const start = index;
      const operator = operators.find((candidate) => line.startsWith(candidate, start));
      if (operator === undefined) refuseCharacter(line, index, at(index));
      tokens.push({ kind: 'operator', text: operator, position: at(index) });
      index += operator.length;
    }
  }
  return tokens;
}
