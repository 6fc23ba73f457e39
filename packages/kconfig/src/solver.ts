import type { Assignment } from './assignment.ts';
import { evaluate, evaluateGuard, type Values } from './evaluate.ts';
import { formatExpression, formatGuard } from './expression.ts';
import type { Default, KconfigChoice, KconfigModel, KconfigSymbol, Reverse } from './model.ts';
import type { Reason } from './reason.ts';
import { solveNumberOrText } from './solve-text.ts';
import type { SymbolType } from './syntax.ts';
import { greatest, least, letterOf, mod, no, type Tristate, tristateOf, yes } from './tristate.ts';

/** What the solver has found out about one symbol. */
export interface SymbolState {
  readonly tristate: Tristate;
  /** The value as text: a letter, a number as written, or a text. */
  readonly text: string;
  readonly reason: Reason;
  /** True when a `.config` written from this result would name the symbol. */
  readonly isWritten: boolean;
  /** What the symbol's own dependencies come to. */
  readonly dependency: Tristate;
  /** What its prompts come to: n when nobody can set it. */
  readonly visible: Tristate;
}

/** What the solver has found out about one choice. */
interface ChoiceState {
  readonly chosen: string | undefined;
  readonly how: 'asked' | 'default' | 'first';
}

interface Verdict {
  readonly tristate: Tristate;
  readonly reason: Reason;
  readonly isWritten: boolean;
}

/** The `select` or `imply` lines of a symbol that hold. */
interface ActiveLines {
  /** Whose lines they are. */
  readonly by: readonly string[];
  /** What they come to together. */
  readonly value: Tristate;
}

const inactive: ActiveLines = { by: [], value: no };

/** A select that turned on a symbol against its dependencies. */
export interface UnmetSelect {
  readonly symbol: KconfigSymbol;
  readonly by: readonly string[];
  readonly dependency: Tristate;
}

/** The reason of a value that comes from a `default` line. */
export function defaultReason({ value, guard, position }: Default): Reason {
  const [text, condition] = [formatExpression(value), formatGuard(guard)];
  return { kind: 'default', value: text, condition, position };
}

/** Works out every symbol at most once, in whatever order they are asked for. */
export class Solver implements Values {
  readonly model: KconfigModel;
  readonly wanted: ReadonlyMap<string, Assignment>;
  readonly unmetSelects: UnmetSelect[] = [];
  private readonly states = new Map<string, SymbolState>();
  private readonly choiceStates = new Map<KconfigChoice, ChoiceState>();

  constructor(model: KconfigModel, wanted: ReadonlyMap<string, Assignment>) {
    this.model = model;
    this.wanted = wanted;
  }

  tristate(name: string): Tristate {
    return this.state(name).tristate;
  }

  text(name: string): string {
    return this.state(name).text;
  }

  type(name: string): SymbolType {
    return this.model.symbols.get(name)!.type;
  }

  modules(): Tristate {
    return this.model.modules === undefined ? no : this.tristate(this.model.modules);
  }

  /** Everything about one declared symbol. */
  state(name: string): SymbolState {
    const known = this.states.get(name);
    if (known !== undefined) return known;
    const state = this.solve(this.model.symbols.get(name)!);
    this.states.set(name, state);
    return state;
  }

  /** The `select` or `imply` lines that hold, with what they come to. */
  active(lines: readonly Reverse[]): ActiveLines {
    if (lines.length === 0) return inactive;
    const found = lines
      .map((line) => ({ by: line.by, value: this.reverseValue(line) }))
      .filter(({ value }) => value !== no);
    return {
      by: [...new Set(found.map(({ by }) => by))],
      value: greatest(found.map(({ value }) => value)),
    };
  }

  /** Whether m is a value the symbol can have now. */
  private canBeModule(symbol: KconfigSymbol): boolean {
    return symbol.type === 'tristate' && this.modules() !== no;
  }

  /** For symbols that cannot be m, m counts as y. */
  private fit(symbol: KconfigSymbol, value: Tristate): Tristate {
    return value === mod && !this.canBeModule(symbol) ? yes : value;
  }

  private reverseValue({ by, guard }: Reverse): Tristate {
    const value = this.tristate(by);
    return value === no ? no : least([value, evaluateGuard(guard, this)]);
  }

  private solve(symbol: KconfigSymbol): SymbolState {
    const dependency = this.fit(symbol, this.dependency(symbol));
    const visible = this.fit(symbol, this.visibility(symbol));
    if (symbol.type !== 'bool' && symbol.type !== 'tristate')
      return { ...solveNumberOrText(symbol, visible, this), tristate: no, dependency, visible };
    const verdict =
      symbol.choice === undefined
        ? this.solveTristate(symbol, dependency, visible)
        : this.solveMember(symbol, symbol.choice);
    return { ...verdict, text: letterOf(verdict.tristate), dependency, visible };
  }

  private dependency({ dependencies }: KconfigSymbol): Tristate {
    if (dependencies.length === 0) return yes;
    if (dependencies.length === 1) return evaluateGuard(dependencies[0]!, this);
    return greatest(dependencies.map((guard) => evaluateGuard(guard, this)));
  }

  /** What the prompts come to. The prompt of a choice hides the choice, not its members. */
  private visibility({ prompts }: KconfigSymbol): Tristate {
    if (prompts.length === 0) return no;
    if (prompts.length === 1) return evaluateGuard(prompts[0]!.guard, this);
    return greatest(prompts.map(({ guard }) => evaluateGuard(guard, this)));
  }

  private solveTristate(symbol: KconfigSymbol, dependency: Tristate, visible: Tristate): Verdict {
    const selected = this.active(symbol.selectedBy);
    const selectedValue = this.fit(symbol, selected.value);
    if (dependency < selectedValue) this.unmetSelects.push({ symbol, by: selected.by, dependency });
    const own = this.ownTristate(symbol, dependency, visible);
    const isWritten = own.isWritten || selectedValue !== no;
    if (selectedValue <= own.tristate) return { ...own, isWritten };
    const position = symbol.selectedBy.find(({ by }) => selected.by.includes(by))!.position;
    const reason: Reason = { kind: 'selected', by: selected.by, position };
    return { tristate: selectedValue, reason, isWritten };
  }

  /** The value before `select` raises it. */
  private ownTristate(symbol: KconfigSymbol, dependency: Tristate, visible: Tristate): Verdict {
    const wanted = this.wanted.get(symbol.name);
    const asked = wanted === undefined ? undefined : tristateOf(wanted.value);
    if (wanted !== undefined && asked !== undefined && visible !== no) {
      const { origin } = wanted;
      const tristate = this.fit(symbol, least([asked, visible]));
      const reason: Reason =
        tristate === asked
          ? { kind: 'chosen', origin }
          : { kind: 'limited', origin, wanted: wanted.value };
      return { tristate, reason, isWritten: true };
    }
    const byDefault = this.defaultTristate(symbol, dependency, visible);
    const implied = this.active(symbol.impliedBy);
    const impliedValue = this.fit(symbol, implied.value);
    if (impliedValue === no) return byDefault;
    const raised = this.fit(
      symbol,
      least([greatest([byDefault.tristate, impliedValue]), dependency]),
    );
    const isWritten = true;
    if (raised <= byDefault.tristate) return { ...byDefault, tristate: raised, isWritten };
    const position = symbol.impliedBy.find(({ by }) => implied.by.includes(by))!.position;
    return { tristate: raised, reason: { kind: 'implied', by: implied.by, position }, isWritten };
  }

  private defaultTristate(symbol: KconfigSymbol, dependency: Tristate, visible: Tristate): Verdict {
    for (const { value, guard, position } of symbol.defaults) {
      const condition = evaluateGuard(guard, this);
      if (condition === no) continue;
      const tristate = this.fit(symbol, least([evaluate(value, this, false), condition]));
      const reason = defaultReason({ value, guard, position });
      return { tristate, reason, isWritten: tristate !== no || visible !== no };
    }
    const position = symbol.positions[0]!;
    const kind =
      dependency === no ? 'unmet' : symbol.prompts.length === 0 ? 'not-selected' : 'unanswered';
    return { tristate: no, reason: { kind, position }, isWritten: visible !== no };
  }

  private solveMember(symbol: KconfigSymbol, choice: KconfigChoice): Verdict {
    const { chosen, how } = this.choiceState(choice);
    const isWritten = this.visibility(symbol) !== no;
    const { position } = choice;
    if (chosen !== symbol.name)
      return { tristate: no, reason: { kind: 'member-left', chosen, position }, isWritten };
    const origin = how === 'asked' ? this.wanted.get(symbol.name)!.origin : undefined;
    return {
      tristate: yes,
      reason: { kind: 'member-chosen', how, origin, position },
      isWritten,
    };
  }

  private choiceState(choice: KconfigChoice): ChoiceState {
    const known = this.choiceStates.get(choice);
    if (known !== undefined) return known;
    const state = this.solveChoice(choice);
    this.choiceStates.set(choice, state);
    return state;
  }

  /**
   * The member asked for last; else the default; else the first that nobody spoke of; else, when
   * all are turned down, the one turned down first.
   */
  private solveChoice(choice: KconfigChoice): ChoiceState {
    const shown = choice.members.filter(
      (name) => this.visibility(this.model.symbols.get(name)!) !== no,
    );
    const spokenOf = [...this.wanted.values()].filter(({ symbol }) => shown.includes(symbol));
    const asked = spokenOf
      .filter(({ value }) => value === 'y')
      .sort((a, b) => Number(a.isDemand) - Number(b.isDemand))
      .at(-1);
    if (asked !== undefined) return { chosen: asked.symbol, how: 'asked' };
    const preferred =
      choice.defaults.find(
        ({ member, guard }) => shown.includes(member) && evaluateGuard(guard, this) !== no,
      )?.member ?? shown[0];
    if (preferred !== undefined && !this.wanted.has(preferred))
      return { chosen: preferred, how: 'default' };
    const open = shown.find((name) => !this.wanted.has(name));
    return { chosen: open ?? spokenOf[0]?.symbol, how: 'first' };
  }
}
