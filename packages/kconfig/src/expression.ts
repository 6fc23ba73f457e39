import type { Position } from './position.ts';

/** `=`, `!=`, and the four orders, as Kconfig spells them. */
export type CompareOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A symbol by name. */
export interface SymbolReference {
  readonly kind: 'symbol';
  readonly name: string;
  readonly position: Position;
}

/** `y`, `m`, `n`, a number, or a quoted text. */
export interface Constant {
  readonly kind: 'constant';
  readonly value: string;
  readonly quoted: boolean;
  readonly position: Position;
}

/** What may stand on either side of a comparison, in a range, or alone. */
export type Operand = SymbolReference | Constant;

/** An expression of `depends on`, `if`, `default`, `visible if`. */
export type Expression =
  | Operand
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'compare';
      readonly operator: CompareOperator;
      readonly left: Operand;
      readonly right: Operand;
    };

/** A condition as the list of parts that must all hold; an empty list always holds. */
export type Guard = readonly Expression[];

const binding = { or: 1, and: 2, not: 3, compare: 4, symbol: 5, constant: 5 } as const;

function wrapped(expression: Expression, atLeast: number): string {
  const text = formatExpression(expression);
  return binding[expression.kind] < atLeast ? `(${text})` : text;
}

/** The expression in Kconfig's spelling, with no more parentheses than it needs. */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'symbol':
      return expression.name;
    case 'constant':
      return expression.quoted
        ? `"${expression.value.replace(/["\\]/g, '\\$&')}"`
        : expression.value;
    case 'not':
      return expression.operand.kind === 'not'
        ? `!${formatExpression(expression.operand)}`
        : `!${wrapped(expression.operand, binding.symbol)}`;
    case 'and':
      return `${wrapped(expression.left, binding.and)} && ${wrapped(expression.right, binding.and)}`;
    case 'or':
      return `${wrapped(expression.left, binding.or)} || ${wrapped(expression.right, binding.or)}`;
    case 'compare':
      return `${formatExpression(expression.left)} ${expression.operator} ${formatExpression(expression.right)}`;
  }
}

/** The parts of a guard joined by `&&`; `y` when there are none. */
export function formatGuard(guard: Guard): string {
  if (guard.length === 0) return 'y';
  if (guard.length === 1) return formatExpression(guard[0]!);
  return guard.map((part) => wrapped(part, binding.and)).join(' && ');
}

/** The parts of an expression that `&&` joins at the top. */
export function conjuncts(expression: Expression): readonly Expression[] {
  if (expression.kind !== 'and') return [expression];
  return [...conjuncts(expression.left), ...conjuncts(expression.right)];
}

/** The parts of an expression that `||` joins at the top. */
export function disjuncts(expression: Expression): readonly Expression[] {
  if (expression.kind !== 'or') return [expression];
  return [...disjuncts(expression.left), ...disjuncts(expression.right)];
}

/** Calls `visit` for every symbol the expression names, left to right. */
export function visitSymbols(
  expression: Expression,
  visit: (reference: SymbolReference) => void,
): void {
  switch (expression.kind) {
    case 'symbol':
      visit(expression);
      return;
    case 'constant':
      return;
    case 'not':
      visitSymbols(expression.operand, visit);
      return;
    default:
      visitSymbols(expression.left, visit);
      visitSymbols(expression.right, visit);
  }
}
