import { type Blame, blame } from './blame.ts';
import { conjuncts, formatExpression } from './expression.ts';
import type { KconfigSymbol, Reverse } from './model.ts';
import type { Origin, Reason } from './reason.ts';
import type { Solver, SymbolState } from './solver.ts';
import { mod, no } from './tristate.ts';

/** A clause about one symbol, and the symbols whose values the clause rests on. */
interface Clause {
  readonly text: string;
  readonly restsOn: readonly string[];
}

const clausesMax = 30;

function place(origin: Origin): string {
  const { from, position } = origin;
  return position === undefined ? from : `${position.file}:${position.line}`;
}

function listOf(names: readonly string[], word: string): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${word} ${names[names.length - 1]}`;
}

/** How a symbol is set, for messages: `SYMBOL=value`. */
function setting(symbol: KconfigSymbol, state: SymbolState): string {
  const quoted = symbol.type === 'string' ? `"${state.text}"` : state.text;
  return `${symbol.name}=${quoted}`;
}

function blamed(found: Blame | undefined, whole: string): { part: string; symbols: string[] } {
  return { part: found?.part ?? whole, symbols: [...(found?.symbols ?? [])] };
}

function unmetClause(symbol: KconfigSymbol, solver: Solver): Clause {
  const faults = symbol.dependencies.map((guard) => blamed(blame(guard, solver, mod), 'y'));
  return {
    text: `because it depends on ${listOf([...new Set(faults.map(({ part }) => part))], 'or')}`,
    restsOn: faults.flatMap(({ symbols }) => symbols),
  };
}

/** Why none of the selects that could turn a symbol on does. */
function notSelectedClause(lines: readonly Reverse[], verb: string, solver: Solver): Clause {
  const near = lines.filter(({ by }) => solver.tristate(by) !== no);
  if (near.length === 0) {
    const names = [...new Set(lines.map(({ by }) => by))];
    return {
      text: `because only ${listOf(names, 'or')} ${verb} it, and ${
        names.length === 1 ? `${names[0]}=n` : 'all of these are n'
      }`,
      restsOn: names.length === 1 ? names : [],
    };
  }
  const faults = near.map(({ by, guard }) => ({
    by,
    ...blamed(blame(guard, solver, mod), 'y'),
  }));
  return {
    text: `because ${faults.map(({ by, part }) => `${by} ${verb} it only if ${part}`).join(' and ')}`,
    restsOn: faults.flatMap(({ symbols }) => symbols),
  };
}

function hiddenClause(symbol: KconfigSymbol, state: SymbolState, solver: Solver): Clause {
  if (state.visible !== no)
    return { text: 'because nobody sets it and no default applies', restsOn: [] };
  const fault = blamed(blame(symbol.prompts[0]!.guard, solver, mod), 'y');
  return {
    text: `because its prompt needs ${fault.part} and no default applies`,
    restsOn: fault.symbols,
  };
}

function offClause(symbol: KconfigSymbol, state: SymbolState, solver: Solver): Clause {
  if (state.dependency === no) return unmetClause(symbol, solver);
  if (symbol.prompts.length > 0) return hiddenClause(symbol, state, solver);
  if (symbol.selectedBy.length > 0) return notSelectedClause(symbol.selectedBy, 'selects', solver);
  if (symbol.impliedBy.length > 0) return notSelectedClause(symbol.impliedBy, 'implies', solver);
  return { text: 'because it has no prompt, and no default applies', restsOn: [] };
}

/** What a default rests on: the guard's symbols, which all hold, and those of its value. */
function defaultClause(
  symbol: KconfigSymbol,
  reason: Extract<Reason, { kind: 'default' }>,
  state: SymbolState,
  solver: Solver,
): Clause {
  const isTurnedOnOnly = symbol.prompts.length === 0 && symbol.selectedBy.length > 0;
  if (state.text === 'n' && isTurnedOnOnly)
    return notSelectedClause(symbol.selectedBy, 'selects', solver);
  const condition = reason.condition === 'y' ? '' : ` if ${reason.condition}`;
  const entry = symbol.defaults.find(({ position }) => position === reason.position)!;
  const isLow = state.text === 'n';
  const parts = isLow ? [entry.value] : [...entry.guard, entry.value];
  const direct = parts.flatMap((part) => (part.kind === 'symbol' ? [part.name] : []));
  const fault = isLow && direct.length === 0 ? blame([entry.value], solver, mod) : undefined;
  return {
    text: `by its default ${reason.value}${condition}`,
    restsOn: [...direct, ...(fault?.symbols ?? [])],
  };
}

/** Which lines turn a symbol on, and on what those lines rest. */
function turnedOnClause(lines: readonly Reverse[], verb: string, by: readonly string[]): Clause {
  const active = lines.filter((line) => by.includes(line.by));
  const parts = active.map(({ by: name, condition }) =>
    condition === undefined ? name : `${name} if ${formatExpression(condition)}`,
  );
  const conditions = active.flatMap(({ condition }) =>
    condition === undefined ? [] : conjuncts(condition),
  );
  const direct = conditions.flatMap((part) => (part.kind === 'symbol' ? [part.name] : []));
  return { text: `${verb} by ${listOf(parts, 'and')}`, restsOn: [...by, ...direct] };
}

function memberClause(reason: Extract<Reason, { kind: 'member-chosen' }>): Clause {
  if (reason.origin !== undefined) return { text: `set by ${place(reason.origin)}`, restsOn: [] };
  const how =
    reason.how === 'default' ? 'it is the default of its choice' : 'it is what its choice has left';
  return { text: `because ${how}`, restsOn: [] };
}

function clauseOf(symbol: KconfigSymbol, solver: Solver): Clause {
  const state = solver.state(symbol.name);
  const { reason } = state;
  switch (reason.kind) {
    case 'chosen':
      return { text: `set by ${place(reason.origin)}`, restsOn: [] };
    case 'limited': {
      const fault = blamed(blame(symbol.prompts[0]!.guard, solver, 2), 'y');
      return {
        text: `although ${place(reason.origin)} asks for ${reason.wanted}, since its prompt needs ${fault.part}`,
        restsOn: fault.symbols,
      };
    }
    case 'clamped':
      return { text: `the end of its range nearest to ${reason.wanted}`, restsOn: [] };
    case 'selected':
      return turnedOnClause(symbol.selectedBy, 'selected', reason.by);
    case 'implied':
      return turnedOnClause(symbol.impliedBy, 'implied', reason.by);
    case 'default':
      return defaultClause(symbol, reason, state, solver);
    case 'member-chosen':
      return memberClause(reason);
    case 'member-left':
      return reason.chosen === undefined
        ? offClause(symbol, state, solver)
        : { text: `because its choice is ${reason.chosen}`, restsOn: [reason.chosen] };
    default:
      return offClause(symbol, state, solver);
  }
}

/** A preference that had no effect, for the middle of a clause. */
function ignoredWish(symbol: KconfigSymbol, state: SymbolState, solver: Solver): string {
  const wanted = solver.wanted.get(symbol.name);
  if (wanted === undefined || wanted.value === state.text || wanted.isDemand) return '';
  if (state.reason.kind === 'limited' || state.reason.kind === 'clamped') return '';
  return symbol.prompts.length === 0
    ? ''
    : ` (where ${place(wanted.origin)} asks for ${wanted.value})`;
}

/**
 * Why a symbol has its value, one clause a step, each step following from the one after it.
 *
 * Steps go down to values that somebody set; a symbol is told once.
 */
export function explainSteps(solver: Solver, name: string): readonly string[] {
  const told = new Set<string>();
  const steps: string[] = [];
  const visit = (symbolName: string): void => {
    if (told.has(symbolName) || steps.length >= clausesMax) return;
    told.add(symbolName);
    const symbol = solver.model.symbols.get(symbolName)!;
    const state = solver.state(symbolName);
    const clause = clauseOf(symbol, solver);
    const link = clause.text.startsWith('because') ? ' ' : ', ';
    const wish = ignoredWish(symbol, state, solver);
    steps.push(`${setting(symbol, state)}${wish}${link}${clause.text}`);
    for (const next of clause.restsOn) visit(next);
  };
  visit(name);
  return steps;
}

/** The steps of {@link explainSteps} as one sentence without a full stop. */
export function explain(solver: Solver, name: string): string {
  return explainSteps(solver, name).join('; ');
}
