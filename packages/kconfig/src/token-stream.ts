import { KconfigSyntaxError } from './errors.ts';
import type { CompareOperator, Expression, Operand } from './expression.ts';
import type { Position } from './position.ts';
import type { Token } from './tokenize.ts';

const compareOperators: readonly string[] = ['=', '!=', '<', '<=', '>', '>='];
const numeric = /^(-?[0-9]+|0[xX][0-9a-fA-F]+)$/;

/** True for words that stand for themselves: `y`, `m`, `n` and numbers. */
export function isConstantWord(word: string): boolean {
  return word === 'y' || word === 'm' || word === 'n' || numeric.test(word);
}

/** Reads the tokens of one logical line from left to right. */
export class TokenStream {
  private readonly tokens: readonly Token[];
  private next = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** The next token, without taking it. */
  peek(): Token | undefined {
    return this.tokens[this.next];
  }

  /** Where the next token stands, or the column after the last one. */
  position(): Position {
    const token = this.peek();
    if (token !== undefined) return token.position;
    const last = this.tokens[this.tokens.length - 1]!;
    return { ...last.position, column: last.position.column + last.text.length };
  }

  /** Takes the next token if it is this word. */
  acceptWord(word: string): boolean {
    const token = this.peek();
    if (token?.kind !== 'word' || token.text !== word) return false;
    this.next += 1;
    return true;
  }

  /** Takes a quoted text, or says that `what` is missing. */
  takeString(what: string): Token {
    const token = this.peek();
    if (token?.kind !== 'string') this.fail(`expected ${what} in quotes`);
    this.next += 1;
    return token;
  }

  /** Takes the name of a symbol, or says that `what` is missing. */
  takeSymbol(what: string): Token {
    const token = this.peek();
    if (token?.kind !== 'word' || isConstantWord(token.text)) this.fail(`expected ${what}`);
    this.next += 1;
    return token;
  }

  /** Refuses anything that is left on the line. */
  finish(after: string): void {
    if (this.peek() !== undefined) this.fail(`nothing may follow ${after}`);
  }

  /** `if EXPRESSION` when it is there. */
  takeCondition(): Expression | undefined {
    return this.acceptWord('if') ? this.takeExpression() : undefined;
  }

  /** Expression of symbols, comparisons, `!`, `&&`, `||`, in rising order of looseness. */
  takeExpression(): Expression {
    let left = this.takeAnd();
    while (this.acceptOperator('||')) left = { kind: 'or', left, right: this.takeAnd() };
    return left;
  }

  /** A symbol, a constant word, or a quoted text. */
  takeOperand(): Operand {
    const token = this.peek();
    if (token === undefined || token.kind === 'operator')
      this.fail('expected a symbol, a number, y, m, n, or a text in quotes');
    this.next += 1;
    const { text, position } = token;
    if (token.kind === 'string') return { kind: 'constant', value: text, quoted: true, position };
    if (isConstantWord(text)) return { kind: 'constant', value: text, quoted: false, position };
    if (text === 'if') this.failAt(position, 'expected an expression before "if"');
    return { kind: 'symbol', name: text, position };
  }

  private takeAnd(): Expression {
    let left = this.takeFactor();
    while (this.acceptOperator('&&')) left = { kind: 'and', left, right: this.takeFactor() };
    return left;
  }

  private takeFactor(): Expression {
    if (this.acceptOperator('!')) return { kind: 'not', operand: this.takeFactor() };
    if (this.acceptOperator('(')) {
      const inner = this.takeExpression();
      if (!this.acceptOperator(')')) this.fail('expected ")"');
      return inner;
    }
    const left = this.takeOperand();
    const token = this.peek();
    if (token?.kind !== 'operator' || !compareOperators.includes(token.text)) return left;
    this.next += 1;
    const operator = token.text as CompareOperator;
    return { kind: 'compare', operator, left, right: this.takeOperand() };
  }

  private acceptOperator(operator: string): boolean {
    const token = this.peek();
    if (token?.kind !== 'operator' || token.text !== operator) return false;
    this.next += 1;
    return true;
  }

  private fail(what: string): never {
    const token = this.peek();
    const found = token === undefined ? 'the end of the line' : `"${token.text}"`;
    this.failAt(this.position(), `${what}, found ${found}`);
  }

  private failAt(position: Position, what: string): never {
    throw new KconfigSyntaxError(what, { position });
  }
}
