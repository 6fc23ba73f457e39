import type { Expression, Guard, Operand } from './expression.ts';
import type { Position } from './position.ts';
import type { SymbolType } from './syntax.ts';

/** A prompt of a symbol or choice and everything that must hold for it to be shown. */
export interface Prompt {
  readonly text: string;
  readonly guard: Guard;
  readonly position: Position;
}

/** A default value and everything that must hold for it to count. */
export interface Default {
  readonly value: Expression;
  readonly guard: Guard;
  readonly position: Position;
}

/** A range of an int or hex symbol and everything that must hold for it to count. */
export interface Range {
  readonly low: Operand;
  readonly high: Operand;
  readonly guard: Guard;
  readonly position: Position;
}

/** One `select` or `imply`, seen from the symbol it turns on. */
export interface Reverse {
  /** The symbol whose block holds the line. */
  readonly by: string;
  /** What must hold besides `by` itself. */
  readonly guard: Guard;
  /** The condition as it stands after `if`, for messages; undefined when there is none. */
  readonly condition: Expression | undefined;
  readonly position: Position;
}

/** Everything that all blocks of one symbol say together. */
export interface KconfigSymbol {
  readonly name: string;
  readonly type: SymbolType;
  /** Where its blocks start, in the order of the texts. */
  readonly positions: readonly Position[];
  /**
   * What its blocks depend on; the symbol may be on when one of them holds. Blocks without any
   * condition are left out, so an empty list means that it depends on nothing.
   */
  readonly dependencies: readonly Guard[];
  readonly prompts: readonly Prompt[];
  readonly defaults: readonly Default[];
  readonly ranges: readonly Range[];
  readonly selectedBy: readonly Reverse[];
  readonly impliedBy: readonly Reverse[];
  /** The choice it belongs to, if any. */
  readonly choice: KconfigChoice | undefined;
  readonly help: string | undefined;
}

/** A choice: one of its members is y while its prompt is visible. */
export interface KconfigChoice {
  readonly position: Position;
  readonly prompts: readonly Prompt[];
  /** Each default names the member to prefer. */
  readonly defaults: readonly { readonly member: string; readonly guard: Guard }[];
  /** In the order of the text. */
  readonly members: readonly string[];
}

/** Rules that belong together: the result of buildModel. */
export interface KconfigModel {
  /** All declared symbols, in the order of the texts. */
  readonly symbols: ReadonlyMap<string, KconfigSymbol>;
  readonly choices: readonly KconfigChoice[];
  /** The symbol that says `modules`; without one, no symbol can be m. */
  readonly modules: string | undefined;
}
