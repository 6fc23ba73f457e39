import { formatPosition, type Position } from './position.ts';

/** Everything an error of this package can tell besides its sentence. */
export interface KconfigErrorDetails {
  /** Where in which text, when there is one place to look at. */
  readonly position?: Position | undefined;
  /** The steps that lead to the failure, outermost first, one sentence fragment each. */
  readonly chain?: readonly string[] | undefined;
}

/**
 * Base of all errors of this package.
 *
 * `message` starts with `file:line:column: ` when there is a position, says what is wrong and what
 * to do, and lists `chain` on lines of its own.
 */
export class KconfigError extends Error {
  /** Where in which text, if the failure has a place. */
  readonly position: Position | undefined;
  /** The steps that lead to the failure, outermost first. */
  readonly chain: readonly string[];

  constructor(what: string, details: KconfigErrorDetails = {}) {
    const place = details.position === undefined ? '' : `${formatPosition(details.position)}: `;
    const chain = details.chain ?? [];
    super(`${place}${what}${chain.map((step) => `\n  ${step}`).join('')}`);
    this.name = new.target.name;
    this.position = details.position;
    this.chain = Object.freeze([...chain]);
  }
}

/** A line of a Kconfig text that cannot be read, or that says something the language has no room for. */
export class KconfigSyntaxError extends KconfigError {}

/** A line of a `.config` that is no assignment, no "is not set" and no comment. */
export class DotConfigSyntaxError extends KconfigError {}

/** A symbol that nothing declares. */
export class UnknownSymbolError extends KconfigError {
  /** The name as it was asked for, without `CONFIG_`. */
  readonly symbol: string;

  constructor(symbol: string, what: string, details: KconfigErrorDetails = {}) {
    super(what, details);
    this.symbol = symbol;
  }
}

/** A value that the type of the symbol cannot hold (`m` for a bool, text for an int). */
export class InvalidValueError extends KconfigError {
  /** The symbol that was to be set. */
  readonly symbol: string;
  /** The value that was refused. */
  readonly value: string;

  constructor(symbol: string, value: string, what: string, details: KconfigErrorDetails = {}) {
    super(what, details);
    this.symbol = symbol;
    this.value = value;
  }
}

/** A demanded value that the rules do not allow; `chain` says why. */
export class ContradictionError extends KconfigError {
  /** The symbol that was demanded. */
  readonly symbol: string;
  /** The value that was demanded. */
  readonly wanted: string;
  /** The value that the rules give instead. */
  readonly got: string;

  constructor(
    symbol: string,
    values: { readonly wanted: string; readonly got: string },
    what: string,
    details: KconfigErrorDetails = {},
  ) {
    super(what, details);
    this.symbol = symbol;
    this.wanted = values.wanted;
    this.got = values.got;
  }
}

/** A `select` that turns on a symbol whose own dependencies do not hold; `conf` only warns of it. */
export class UnmetDependencyError extends KconfigError {
  /** The symbol that was turned on. */
  readonly symbol: string;
  /** The symbols whose `select` turned it on. */
  readonly selectedBy: readonly string[];

  constructor(
    symbol: string,
    selectedBy: readonly string[],
    what: string,
    details: KconfigErrorDetails = {},
  ) {
    super(what, details);
    this.symbol = symbol;
    this.selectedBy = Object.freeze([...selectedBy]);
  }
}

/** Symbols whose values would each have to be known before the other; `chain` goes round once. */
export class DependencyLoopError extends KconfigError {
  /** The symbols of the loop, in order; the first is not repeated at the end. */
  readonly symbols: readonly string[];

  constructor(symbols: readonly string[], what: string, details: KconfigErrorDetails = {}) {
    super(what, details);
    this.symbols = Object.freeze([...symbols]);
  }
}

/** A profile, architecture or kernel release that is not among the known ones. */
export class UnknownKernelError extends KconfigError {
  /** The name as it was given. */
  readonly wanted: string;
  /** All names that would have been accepted. */
  readonly known: readonly string[];

  constructor(wanted: string, known: readonly string[], what: string) {
    super(what);
    this.wanted = wanted;
    this.known = Object.freeze([...known]);
  }
}
