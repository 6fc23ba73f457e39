import type { Assignment } from './assignment.ts';
import {
  ContradictionError,
  InvalidValueError,
  UnknownSymbolError,
  UnmetDependencyError,
} from './errors.ts';
import { explain, explainSteps } from './explain.ts';
import { formatGuard } from './expression.ts';
import type { KconfigModel, KconfigSymbol } from './model.ts';
import { didYouMean } from './nearest-name.ts';
import type { Reason } from './reason.ts';
import { numberOf } from './solve-text.ts';
import { Solver, type UnmetSelect } from './solver.ts';
import { letterOf } from './tristate.ts';

/** How strict {@link resolve} is. */
export interface ResolveOptions {
  /**
   * What becomes of a select that turns on a symbol with unmet dependencies: `warn` (as `conf`
   * does) lists it in {@link Resolution.warnings}, `error` throws it.
   */
  readonly unmetSelect?: 'warn' | 'error';
  /**
   * What becomes of preferences for symbols that nothing declares: `ignore` (as `conf` does, since a
   * real `.config` names thousands) or `error`. Unknown symbols in demands are always errors.
   */
  readonly unknownPreference?: 'ignore' | 'error';
}

/** A preference that the rules overruled. */
export interface Overruled {
  readonly assignment: Assignment;
  /** The value it has instead. */
  readonly value: string;
  /** One sentence that says why. */
  readonly why: string;
}

/** The value of every symbol and the reason for it. All parts are frozen. */
export interface Resolution {
  /** All declared symbols, in the order of the texts. */
  symbols(): readonly string[];
  /** The value as text: `y`, `m`, `n`, a number as written, or a text. */
  text(symbol: string): string;
  /** True for y and m. */
  enabled(symbol: string): boolean;
  /** What the value comes from. */
  reason(symbol: string): Reason;
  /** What the value comes from as one sentence, down to the choices that cause it. */
  why(symbol: string): string;
  /** True when a `.config` written from this result names the symbol. */
  isWritten(symbol: string): boolean;
  /** Selects that turned on symbols against their dependencies. */
  readonly warnings: readonly UnmetDependencyError[];
  /** Preferences that did not come out as asked. */
  readonly overruled: readonly Overruled[];
}

function checkShape(symbol: KconfigSymbol, { value }: Assignment): string | undefined {
  switch (symbol.type) {
    case 'bool':
      return value === 'y' || value === 'n' ? undefined : 'it is a bool: y or n';
    case 'tristate':
      return /^[ymn]$/.test(value) ? undefined : 'it is a tristate: y, m or n';
    case 'int':
      return /^-?(0|[1-9][0-9]*)$/.test(value) ? undefined : 'it is an int: decimal digits';
    case 'hex':
      return /^(0[xX])?[0-9a-fA-F]+$/.test(value)
        ? undefined
        : 'it is a hex number: 0x and hexadecimal digits';
    case 'string':
      return undefined;
  }
}

function refuseUnknown(model: KconfigModel, symbol: string, assignment?: Assignment): never {
  const advice = didYouMean(symbol, model.symbols.keys()) || 'no declared name is near it';
  throw new UnknownSymbolError(symbol, `there is no symbol ${symbol}; ${advice}`, {
    position: assignment?.origin.position,
  });
}

/** The assignments that count: of each symbol the last demand, else the last preference. */
function collect(
  model: KconfigModel,
  assignments: Iterable<Assignment>,
  options: ResolveOptions,
): { wanted: Map<string, Assignment>; misfits: { assignment: Assignment; why: string }[] } {
  const wanted = new Map<string, Assignment>();
  const misfits: { assignment: Assignment; why: string }[] = [];
  for (const assignment of assignments) {
    const { symbol: name, value, isDemand, origin } = assignment;
    const symbol = model.symbols.get(name);
    if (symbol === undefined) {
      if (isDemand || options.unknownPreference === 'error') refuseUnknown(model, name, assignment);
      continue;
    }
    const misfit = checkShape(symbol, assignment);
    if (misfit !== undefined) {
      const what = `${origin.from} asks for ${name}="${value}", but ${misfit}`;
      if (isDemand) throw new InvalidValueError(name, value, what, { position: origin.position });
      misfits.push({ assignment, why: what });
      continue;
    }
    if (wanted.get(name)?.isDemand === true && !isDemand) continue;
    wanted.delete(name);
    wanted.set(name, assignment);
  }
  return { wanted, misfits };
}

function isSame(symbol: KconfigSymbol, wanted: string, got: string): boolean {
  if (wanted === got) return true;
  if (symbol.type !== 'hex' && symbol.type !== 'int') return false;
  return numberOf(wanted, symbol.type) === numberOf(got, symbol.type);
}

function refuseContradiction(solver: Solver, symbol: KconfigSymbol, assignment: Assignment): never {
  const { name } = symbol;
  const [wanted, got] = [assignment.value, solver.text(name)];
  const position = assignment.origin.position ?? symbol.positions[0]!;
  throw new ContradictionError(
    name,
    { wanted, got },
    `${assignment.origin.from} asks for ${name}=${wanted}, but the rules make it ${got}`,
    { position, chain: explainSteps(solver, name) },
  );
}

function unmetError(solver: Solver, { symbol, by, dependency }: UnmetSelect): UnmetDependencyError {
  const guards = symbol.dependencies.map((guard) => formatGuard(guard)).join(', or ');
  const line = symbol.selectedBy.find((entry) => by.includes(entry.by))!;
  return new UnmetDependencyError(
    symbol.name,
    by,
    `${by.join(', ')} ${by.length === 1 ? 'selects' : 'select'} ${symbol.name}, which depends on ` +
      `${guards} [=${letterOf(dependency)}]; add the dependency to the select`,
    { position: line.position, chain: by.map((name) => explain(solver, name)) },
  );
}

/** Finds what came out otherwise than asked. */
function compare(solver: Solver): Overruled[] {
  const overruled: Overruled[] = [];
  for (const assignment of solver.wanted.values()) {
    const symbol = solver.model.symbols.get(assignment.symbol)!;
    const value = solver.text(symbol.name);
    if (isSame(symbol, assignment.value, value)) continue;
    if (assignment.isDemand) refuseContradiction(solver, symbol, assignment);
    const why = explain(solver, symbol.name);
    overruled.push(Object.freeze({ assignment, value, why }));
  }
  return overruled;
}

/**
 * Works out the value of every symbol from the rules and from what was asked for.
 *
 * The rules are those of `conf --olddefconfig`. Demands must come out as asked; preferences that do
 * not are listed in `overruled`.
 *
 * @throws UnknownSymbolError for a demand that names no symbol
 * @throws InvalidValueError for a demand that the type cannot hold
 * @throws ContradictionError for a demand that the rules overrule, with the chain of reasons
 * @throws UnmetDependencyError when `unmetSelect` is `error`
 */
export function resolve(
  model: KconfigModel,
  assignments: Iterable<Assignment> = [],
  options: ResolveOptions = {},
): Resolution {
  const { wanted, misfits } = collect(model, assignments, options);
  const solver = new Solver(model, wanted);
  const names = Object.freeze([...model.symbols.keys()]);
  for (const name of names) solver.state(name);
  const warnings = solver.unmetSelects.map((unmet) => unmetError(solver, unmet));
  if (options.unmetSelect === 'error' && warnings[0] !== undefined) throw warnings[0];
  const overruled = compare(solver);
  for (const { assignment, why } of misfits)
    overruled.push(Object.freeze({ assignment, value: solver.text(assignment.symbol), why }));
  const state = (name: string) => {
    if (!model.symbols.has(name)) refuseUnknown(model, name);
    return solver.state(name);
  };
  return Object.freeze({
    symbols: () => names,
    text: (name: string) => state(name).text,
    enabled: (name: string) => state(name).tristate > 0,
    reason: (name: string) => Object.freeze(state(name).reason),
    why: (name: string) => {
      state(name);
      return explain(solver, name);
    },
    isWritten: (name: string) => state(name).isWritten,
    warnings: Object.freeze(warnings),
    overruled: Object.freeze(overruled),
  });
}
