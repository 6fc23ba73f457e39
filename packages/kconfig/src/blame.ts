import { evaluate, evaluateGuard, type Values } from './evaluate.ts';
import {
  disjuncts,
  type Expression,
  formatExpression,
  type Guard,
  type Operand,
} from './expression.ts';
import type { Tristate } from './tristate.ts';

/** The part of a condition that fails, and the symbols whose values make it fail. */
export interface Blame {
  /** The part as the text has it. */
  readonly part: string;
  /** Declared symbols, without doubles. */
  readonly symbols: readonly string[];
}

function operandSymbols(...operands: Operand[]): string[] {
  return operands.flatMap((operand) => (operand.kind === 'symbol' ? [operand.name] : []));
}

/** Symbols that would have to change for the expression to rise above n (or fall, if `falling`). */
function culprits(expression: Expression, values: Values, falling: boolean): string[] {
  const value = evaluate(expression, values, true);
  switch (expression.kind) {
    case 'symbol':
      return [expression.name];
    case 'constant':
      return [];
    case 'compare':
      return operandSymbols(expression.left, expression.right);
    case 'not':
      return culprits(expression.operand, values, !falling);
    default: {
      const sides = [expression.left, expression.right];
      const isEnough = falling === (expression.kind === 'or');
      const guilty = sides.filter((side) => evaluate(side, values, true) === value);
      const blamed = guilty.length === 0 ? sides : guilty;
      return isEnough
        ? culprits(blamed[0]!, values, falling)
        : blamed.flatMap((side) => culprits(side, values, falling));
    }
  }
}

/** The first part of a guard that is n, or that is m when m is not enough; undefined if none is. */
export function blame(guard: Guard, values: Values, needed: Tristate): Blame | undefined {
  const total = evaluateGuard(guard, values);
  if (total >= needed) return undefined;
  const part = guard.find((expression) => evaluate(expression, values, true) === total);
  if (part === undefined) return undefined;
  return {
    part: disjuncts(part).length > 1 ? `(${formatExpression(part)})` : formatExpression(part),
    symbols: [...new Set(culprits(part, values, false))],
  };
}
