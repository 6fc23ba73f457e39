import { KconfigSyntaxError, UnknownSymbolError } from './errors.ts';
import {
  type Constant,
  type Expression,
  type Guard,
  type SymbolReference,
  visitSymbols,
} from './expression.ts';
import type { KconfigModel, KconfigSymbol, Range } from './model.ts';
import { didYouMean } from './nearest-name.ts';
import type { Position } from './position.ts';
import type { SymbolType } from './syntax.ts';

type Target = { readonly name: string; readonly position: Position };

function refuseUnknown(model: KconfigModel, { name, position }: Target): void {
  if (model.symbols.has(name)) return;
  const advice = didYouMean(name, model.symbols.keys()) || 'declare it, or leave it out';
  throw new UnknownSymbolError(name, `no block declares ${name}; ${advice}`, { position });
}

/** All expressions that a symbol is told, in the order of the texts. */
function* expressionsOf(symbol: KconfigSymbol): Generator<Expression> {
  const guards: Guard[] = [
    ...symbol.dependencies,
    ...symbol.prompts.map((prompt) => prompt.guard),
    ...symbol.defaults.map((entry) => entry.guard),
    ...symbol.ranges.map((range) => range.guard),
    ...symbol.selectedBy.map((line) => line.guard),
    ...symbol.impliedBy.map((line) => line.guard),
  ];
  for (const guard of guards) yield* guard;
  for (const { value } of symbol.defaults) yield value;
  for (const { low, high } of symbol.ranges) yield* [low, high];
}

function checkReferences(model: KconfigModel): void {
  const check = (reference: SymbolReference) => refuseUnknown(model, reference);
  for (const symbol of model.symbols.values())
    for (const expression of expressionsOf(symbol)) visitSymbols(expression, check);
  for (const choice of model.choices) {
    for (const { guard } of [...choice.prompts, ...choice.defaults])
      for (const expression of guard) visitSymbols(expression, check);
  }
}

function refuse(what: string, position: Position): never {
  throw new KconfigSyntaxError(what, { position });
}

function checkNumber(type: SymbolType, { value, position }: Constant): void {
  const shape = type === 'int' ? /^-?[0-9]+$/ : /^(0[xX])?[0-9a-fA-F]+$/;
  if (!shape.test(value)) refuse(`"${value}" is no ${type} number`, position);
}

function checkRange(symbol: KconfigSymbol, { low, high, position }: Range): void {
  if (symbol.type !== 'int' && symbol.type !== 'hex')
    refuse(`${symbol.name} is ${symbol.type}; only int and hex have ranges`, position);
  for (const end of [low, high]) if (end.kind === 'constant') checkNumber(symbol.type, end);
}

function checkDefault(symbol: KconfigSymbol, value: Expression, position: Position): void {
  const isLogical = symbol.type === 'bool' || symbol.type === 'tristate';
  if (isLogical || value.kind === 'symbol') return;
  if (value.kind === 'constant') {
    if (symbol.type !== 'string') checkNumber(symbol.type, value);
    return;
  }
  refuse(`the default of a ${symbol.type} is a symbol, a number or a text`, position);
}

function checkMember(symbol: KconfigSymbol): void {
  const position = symbol.positions[0]!;
  if (symbol.type !== 'bool')
    refuse(`${symbol.name} is ${symbol.type}; members of a choice are bool`, position);
  if (symbol.prompts.length === 0)
    refuse(`${symbol.name} has no prompt; nobody could choose it`, position);
  if (symbol.defaults.length > 0)
    refuse(
      `${symbol.name} is a member of a choice; the choice has the default, not the member`,
      symbol.defaults[0]!.position,
    );
  const line = symbol.selectedBy[0] ?? symbol.impliedBy[0];
  if (line !== undefined)
    refuse(`${symbol.name} is a member of a choice; it is chosen, not turned on`, line.position);
}

function checkSymbol(symbol: KconfigSymbol): void {
  const line = symbol.selectedBy[0] ?? symbol.impliedBy[0];
  if (line !== undefined && symbol.type !== 'bool' && symbol.type !== 'tristate')
    refuse(`${symbol.name} is ${symbol.type}; only bool and tristate turn on`, line.position);
  for (const range of symbol.ranges) checkRange(symbol, range);
  for (const { value, position } of symbol.defaults) checkDefault(symbol, value, position);
  if (symbol.choice !== undefined) checkMember(symbol);
}

/**
 * Refuses rules that have no meaning: unknown names, ranges of texts, selects of numbers.
 *
 * @throws KconfigSyntaxError or UnknownSymbolError with the place of the first of them.
 */
export function checkModel(model: KconfigModel, targets: Iterable<Target>): void {
  for (const target of targets) refuseUnknown(model, target);
  checkReferences(model);
  for (const symbol of model.symbols.values()) checkSymbol(symbol);
}
