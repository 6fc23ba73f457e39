import { evaluateGuard } from './evaluate.ts';
import type { Operand } from './expression.ts';
import type { KconfigSymbol } from './model.ts';
import type { Reason } from './reason.ts';
import { defaultReason, type Solver } from './solver.ts';
import { no, type Tristate } from './tristate.ts';

/** The value of an int, hex or string symbol. */
interface TextVerdict {
  readonly text: string;
  readonly reason: Reason;
  readonly isWritten: boolean;
}

const empty = { int: '0', hex: '0x0', string: '' } as const;

type TextType = keyof typeof empty;

/** The number that an int or hex text starts with, 0 when it starts with none. */
export function numberOf(text: string, type: 'int' | 'hex'): bigint {
  if (type === 'int') return BigInt(/^-?[0-9]+/.exec(text)?.[0] ?? 0);
  return BigInt(`0x${/^[0-9a-fA-F]+/.exec(text.replace(/^0[xX]/, ''))?.[0] ?? 0}`);
}

function textOf(operand: Operand, solver: Solver): string {
  return operand.kind === 'symbol' ? solver.text(operand.name) : operand.value;
}

/** Where a number lies against the range that applies: itself, or the nearer end. */
export function clamp(
  symbol: KconfigSymbol,
  text: string,
  solver: Solver,
): { readonly text: string; readonly range: KconfigSymbol['ranges'][number] } | undefined {
  if (symbol.type !== 'int' && symbol.type !== 'hex') return undefined;
  const range = symbol.ranges.find(({ guard }) => evaluateGuard(guard, solver) !== no);
  if (range === undefined) return undefined;
  const type = symbol.type;
  const value = numberOf(text, type);
  const low = numberOf(textOf(range.low, solver), type);
  const high = numberOf(textOf(range.high, solver), type);
  if (value >= low && value <= high) return { text, range };
  const end = value < low ? low : high;
  return { text: type === 'int' ? `${end}` : `0x${end.toString(16)}`, range };
}

function ownValue(symbol: KconfigSymbol, visible: Tristate, solver: Solver): TextVerdict {
  const isShown = visible !== no;
  const wanted = solver.wanted.get(symbol.name);
  if (isShown && wanted !== undefined)
    return {
      text: wanted.value,
      reason: { kind: 'chosen', origin: wanted.origin },
      isWritten: true,
    };
  for (const entry of symbol.defaults) {
    if (evaluateGuard(entry.guard, solver) === no) continue;
    const text = textOf(entry.value as Operand, solver);
    return { text, reason: defaultReason(entry), isWritten: true };
  }
  const position = symbol.positions[0]!;
  const kind = isShown ? 'unanswered' : 'not-selected';
  return { text: empty[symbol.type as TextType], reason: { kind, position }, isWritten: isShown };
}

/** Works out an int, hex or string symbol: what was asked for, else the default, within the range. */
export function solveNumberOrText(
  symbol: KconfigSymbol,
  visible: Tristate,
  solver: Solver,
): TextVerdict {
  const own = ownValue(symbol, visible, solver);
  const clamped = clamp(symbol, own.text, solver);
  if (clamped === undefined || clamped.text === own.text) return own;
  const reason: Reason = { kind: 'clamped', wanted: own.text, position: clamped.range.position };
  return { ...own, text: clamped.text, reason };
}
