import type { Expression, Operand } from './expression.ts';
import type { Position } from './position.ts';

/** The types a symbol can have. */
export type SymbolType = 'bool' | 'tristate' | 'string' | 'hex' | 'int';

/** A line the user sees, and the condition under which it is shown. */
export interface PromptLine {
  readonly text: string;
  readonly condition: Expression | undefined;
  readonly position: Position;
}

/** `default VALUE if CONDITION`, and the value of `def_bool` and `def_tristate`. */
export interface DefaultLine {
  readonly value: Expression;
  readonly condition: Expression | undefined;
  readonly position: Position;
}

/** `select SYMBOL if CONDITION` and `imply SYMBOL if CONDITION`. */
export interface ReverseLine {
  readonly kind: 'select' | 'imply';
  readonly target: string;
  readonly condition: Expression | undefined;
  readonly position: Position;
}

/** `range LOW HIGH if CONDITION`; both ends belong to the range. */
export interface RangeLine {
  readonly low: Operand;
  readonly high: Operand;
  readonly condition: Expression | undefined;
  readonly position: Position;
}

/** One `config` or `menuconfig` block as it stands in the text. */
export interface ConfigEntry {
  readonly kind: 'config';
  readonly symbol: string;
  /** True for `menuconfig`. */
  readonly isMenu: boolean;
  readonly position: Position;
  readonly type: SymbolType | undefined;
  readonly prompts: readonly PromptLine[];
  readonly defaults: readonly DefaultLine[];
  readonly depends: readonly Expression[];
  readonly reverse: readonly ReverseLine[];
  readonly ranges: readonly RangeLine[];
  /** The help text without its indentation, if there is one. */
  readonly help: string | undefined;
  /** True when the block says `modules`: this symbol allows the value m. */
  readonly modules: boolean;
}

/** `choice` … `endchoice`: one of the symbols inside is y. */
export interface ChoiceEntry {
  readonly kind: 'choice';
  readonly position: Position;
  readonly prompts: readonly PromptLine[];
  readonly defaults: readonly DefaultLine[];
  readonly depends: readonly Expression[];
  readonly help: string | undefined;
  readonly entries: readonly KconfigEntry[];
}

/** `menu` … `endmenu`. */
export interface MenuEntry {
  readonly kind: 'menu';
  readonly title: string;
  readonly position: Position;
  readonly depends: readonly Expression[];
  /** `visible if`: hides prompts inside without touching values. */
  readonly visible: readonly Expression[];
  readonly entries: readonly KconfigEntry[];
}

/** `if` … `endif`: everything inside depends on the condition as well. */
export interface IfEntry {
  readonly kind: 'if';
  readonly condition: Expression;
  readonly position: Position;
  readonly entries: readonly KconfigEntry[];
}

/** `comment "TEXT"`: shown to the user, without any effect on values. */
export interface CommentEntry {
  readonly kind: 'comment';
  readonly text: string;
  readonly position: Position;
  readonly depends: readonly Expression[];
}

/** Anything that can stand in a Kconfig text. */
export type KconfigEntry = ConfigEntry | ChoiceEntry | MenuEntry | IfEntry | CommentEntry;

/** A Kconfig text after parsing. */
export interface KconfigFile {
  /** The name it was parsed under. */
  readonly file: string;
  /** What `mainmenu` says, if it is there. */
  readonly title: string | undefined;
  readonly entries: readonly KconfigEntry[];
}
