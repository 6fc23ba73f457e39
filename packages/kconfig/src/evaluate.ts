import type { CompareOperator, Expression, Guard, Operand } from './expression.ts';
import type { SymbolType } from './syntax.ts';
import { greatest, invert, least, mod, no, type Tristate, tristateOf, yes } from './tristate.ts';

/** What an expression needs to know of the symbols it names. */
export interface Values {
  /** The value of a symbol as n, m or y; n for int, hex and string. */
  tristate(name: string): Tristate;
  /** The value of a symbol as text. */
  text(name: string): string;
  /** The type of a symbol. */
  type(name: string): SymbolType;
  /** The value of the modules symbol, which a bare `m` in a condition is and-ed with. */
  modules(): Tristate;
}

/** A side of a comparison after reading: a number when its text is one. */
interface Side {
  readonly text: string;
  readonly number: bigint | undefined;
}

const decimal = /^[+-]?[0-9]+$/;
const hexadecimal = /^(0[xX])?[0-9a-fA-F]+$/;

function readNumber(text: string, type: SymbolType | undefined): bigint | undefined {
  switch (type) {
    case 'bool':
    case 'tristate': {
      const value = tristateOf(text);
      return BigInt(value ?? -1);
    }
    case 'int':
      return decimal.test(text) ? BigInt(text.replace('+', '')) : undefined;
    case 'hex':
      return hexadecimal.test(text) ? BigInt(`0x${text.replace(/^0[xX]/, '')}`) : undefined;
    default:
      if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
      if (/^[+-]?(0|[1-9][0-9]*)$/.test(text)) return BigInt(text.replace('+', ''));
      return /^0[xX][0-9a-fA-F]+$/.test(text) ? BigInt(text) : undefined;
  }
}

function typeOf(operand: Operand, values: Values): SymbolType | undefined {
  if (operand.kind === 'symbol') return values.type(operand.name);
  return tristateOf(operand.value) === undefined ? undefined : 'tristate';
}

function readSide(operand: Operand, values: Values): Side {
  const text = operand.kind === 'symbol' ? values.text(operand.name) : operand.value;
  return { text, number: readNumber(text, typeOf(operand, values)) };
}

/** Kconfig compares as numbers when both sides read as numbers, else as texts. */
function order(left: Operand, right: Operand, values: Values): number {
  const a = readSide(left, values);
  const b = readSide(right, values);
  const bothTexts = typeOf(left, values) === 'string' && typeOf(right, values) === 'string';
  if (!bothTexts && a.number !== undefined && b.number !== undefined)
    return a.number < b.number ? -1 : Number(a.number > b.number);
  return a.text < b.text ? -1 : Number(a.text > b.text);
}

function holds(operator: CompareOperator, result: number): boolean {
  switch (operator) {
    case '=':
      return result === 0;
    case '!=':
      return result !== 0;
    case '<':
      return result < 0;
    case '<=':
      return result <= 0;
    case '>':
      return result > 0;
    case '>=':
      return result >= 0;
  }
}

/**
 * The value of an expression.
 *
 * @param inCondition true in `depends on`, `if` and `visible if`, where a bare `m` also needs modules.
 */
export function evaluate(expression: Expression, values: Values, inCondition: boolean): Tristate {
  switch (expression.kind) {
    case 'symbol':
      return values.tristate(expression.name);
    case 'constant': {
      const value = tristateOf(expression.value) ?? no;
      return inCondition && value === mod ? least([mod, values.modules()]) : value;
    }
    case 'not':
      return invert(evaluate(expression.operand, values, inCondition));
    case 'and': {
      const left = evaluate(expression.left, values, inCondition);
      if (left === no) return no;
      return least([left, evaluate(expression.right, values, inCondition)]);
    }
    case 'or': {
      const left = evaluate(expression.left, values, inCondition);
      if (left === yes) return yes;
      const right = evaluate(expression.right, values, inCondition);
      return greatest([left, right]);
    }
    case 'compare': {
      const result = order(expression.left, expression.right, values);
      return holds(expression.operator, result) ? yes : no;
    }
  }
}

/** The value of a condition: the least of its parts, y when there are none. */
export function evaluateGuard(guard: Guard, values: Values): Tristate {
  let result: Tristate = yes;
  for (const part of guard) {
    const value = evaluate(part, values, true);
    if (value === no) return no;
    if (value < result) result = value;
  }
  return result;
}
