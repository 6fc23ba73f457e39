import { checkModel } from './check-model.ts';
import { refuseLoops } from './dependency-loops.ts';
import { KconfigSyntaxError } from './errors.ts';
import type { Expression, Guard } from './expression.ts';
import { conjuncts } from './expression.ts';
import type {
  Default,
  KconfigChoice,
  KconfigModel,
  KconfigSymbol,
  Prompt,
  Range,
  Reverse,
} from './model.ts';
import { formatPosition, type Position } from './position.ts';
import type { ChoiceEntry, ConfigEntry, KconfigEntry, KconfigFile, SymbolType } from './syntax.ts';

/** A symbol while its blocks are being collected. */
interface Draft {
  name: string;
  type: SymbolType | undefined;
  positions: Position[];
  dependencies: Guard[];
  prompts: Prompt[];
  defaults: Default[];
  ranges: Range[];
  selectedBy: Reverse[];
  impliedBy: Reverse[];
  choice: ChoiceDraft | undefined;
  help: string | undefined;
}

interface ChoiceDraft {
  readonly position: Position;
  readonly prompts: Prompt[];
  readonly defaults: { member: string; guard: Guard }[];
  readonly members: string[];
}

/** What surrounds an entry. */
interface Scope {
  /** What everything inside depends on. */
  readonly dependency: Guard;
  /** What prompts inside need besides. */
  readonly visible: Guard;
  readonly choice: ChoiceDraft | undefined;
}

function also(guard: Guard, ...expressions: (Expression | undefined)[]): Guard {
  const added = expressions.filter((expression) => expression !== undefined).flatMap(conjuncts);
  return added.length === 0 ? guard : [...guard, ...added];
}

/** Walks the entries of all texts and collects what each symbol is told. */
class Builder {
  readonly drafts = new Map<string, Draft>();
  readonly choices: ChoiceDraft[] = [];
  modules: string | undefined;
  private readonly reverse: { target: string; kind: 'select' | 'imply'; line: Reverse }[] = [];

  addEntries(entries: readonly KconfigEntry[], scope: Scope): void {
    for (const entry of entries) this.addEntry(entry, scope);
  }

  /** Hands every `select` and `imply` to the symbol it names. */
  connect(): void {
    for (const { target, kind, line } of this.reverse) {
      const draft = this.drafts.get(target);
      if (draft !== undefined) (kind === 'select' ? draft.selectedBy : draft.impliedBy).push(line);
    }
  }

  /** All targets of `select` and `imply`, for the check that they exist. */
  targets(): readonly { readonly name: string; readonly position: Position }[] {
    return this.reverse.map(({ target, line }) => ({ name: target, position: line.position }));
  }

  private addEntry(entry: KconfigEntry, scope: Scope): void {
    switch (entry.kind) {
      case 'config':
        this.addConfig(entry, scope);
        return;
      case 'choice':
        this.addChoice(entry, scope);
        return;
      case 'if':
        this.addEntries(entry.entries, {
          ...scope,
          dependency: also(scope.dependency, entry.condition),
        });
        return;
      case 'menu':
        if (scope.choice !== undefined) refuseInChoice('a menu', entry.position);
        this.addEntries(entry.entries, {
          ...scope,
          dependency: also(scope.dependency, ...entry.depends),
          visible: also(scope.visible, ...entry.visible),
        });
        return;
      case 'comment':
    }
  }

  private addConfig(entry: ConfigEntry, scope: Scope): void {
    const draft = this.draftOf(entry.symbol);
    const dependency = also(scope.dependency, ...entry.depends);
    const by = entry.symbol;
    this.setType(draft, entry);
    draft.positions.push(entry.position);
    // A block without conditions does not lift those of another block; conf has it so.
    if (dependency.length > 0) draft.dependencies.push(dependency);
    draft.help ??= entry.help;
    for (const prompt of entry.prompts)
      draft.prompts.push({
        text: prompt.text,
        guard: also([...scope.visible, ...dependency], prompt.condition),
        position: prompt.position,
      });
    for (const { value, condition, position: at } of entry.defaults)
      draft.defaults.push({ value, guard: also(dependency, condition), position: at });
    for (const { low, high, condition, position: at } of entry.ranges)
      draft.ranges.push({ low, high, guard: also(dependency, condition), position: at });
    for (const { kind, target, condition, position: at } of entry.reverse) {
      const line = { by, guard: also(dependency, condition), condition, position: at };
      this.reverse.push({ target, kind, line });
    }
    if (entry.modules) this.setModules(entry);
    if (scope.choice !== undefined) {
      draft.choice = scope.choice;
      scope.choice.members.push(entry.symbol);
    }
  }

  private addChoice(entry: ChoiceEntry, scope: Scope): void {
    if (scope.choice !== undefined) refuseInChoice('a choice', entry.position);
    const dependency = also(scope.dependency, ...entry.depends);
    const choice: ChoiceDraft = {
      position: entry.position,
      prompts: [],
      defaults: [],
      members: [],
    };
    for (const { text, condition, position } of entry.prompts)
      choice.prompts.push({
        text,
        guard: also([...scope.visible, ...dependency], condition),
        position,
      });
    for (const { value, condition, position } of entry.defaults) {
      if (value.kind !== 'symbol')
        throw new KconfigSyntaxError('the default of a choice is the name of a member', {
          position,
        });
      choice.defaults.push({ member: value.name, guard: also(dependency, condition) });
    }
    if (choice.prompts.length === 0)
      throw new KconfigSyntaxError('the choice that starts here has no prompt', {
        position: entry.position,
      });
    this.choices.push(choice);
    this.addEntries(entry.entries, { ...scope, dependency, choice });
    const stranger = choice.defaults.find(({ member }) => !choice.members.includes(member));
    if (stranger !== undefined)
      throw new KconfigSyntaxError(`the choice that starts here has no member ${stranger.member}`, {
        position: entry.position,
      });
  }

  private draftOf(name: string): Draft {
    let draft = this.drafts.get(name);
    if (draft === undefined) {
      draft = {
        name,
        type: undefined,
        positions: [],
        dependencies: [],
        prompts: [],
        defaults: [],
        ranges: [],
        selectedBy: [],
        impliedBy: [],
        choice: undefined,
        help: undefined,
      };
      this.drafts.set(name, draft);
    }
    return draft;
  }

  private setType(draft: Draft, entry: ConfigEntry): void {
    if (entry.type === undefined) return;
    if (draft.type !== undefined && draft.type !== entry.type)
      throw new KconfigSyntaxError(
        `${draft.name} is ${entry.type} here but ${draft.type} at ${formatPosition(draft.positions[0]!)}`,
        { position: entry.position },
      );
    draft.type = entry.type;
  }

  private setModules(entry: ConfigEntry): void {
    if (this.modules !== undefined && this.modules !== entry.symbol)
      throw new KconfigSyntaxError(`${this.modules} is the modules symbol already`, {
        position: entry.position,
      });
    this.modules = entry.symbol;
  }
}

function refuseInChoice(what: string, position: Position): never {
  throw new KconfigSyntaxError(`${what} cannot stand inside a choice`, { position });
}

/**
 * Joins parsed texts into one set of rules.
 *
 * Blocks of the same symbol add up, as in the kernel: its dependencies are or-ed, its prompts,
 * defaults and ranges are tried in the order of the texts.
 *
 * @throws KconfigSyntaxError for rules that contradict each other (two types, a select of a string).
 * @throws UnknownSymbolError for a name in an expression, select or imply that no block declares.
 * @throws DependencyLoopError when symbols need each other's values, with the chain of places.
 */
export function buildModel(files: Iterable<KconfigFile>): KconfigModel {
  const builder = new Builder();
  const outermost: Scope = { dependency: [], visible: [], choice: undefined };
  for (const file of files) builder.addEntries(file.entries, outermost);
  builder.connect();
  const symbols = new Map<string, KconfigSymbol>();
  for (const draft of builder.drafts.values()) {
    if (draft.type === undefined)
      throw new KconfigSyntaxError(
        `${draft.name} has no type; say bool, tristate, string, hex or int`,
        { position: draft.positions[0]! },
      );
    symbols.set(draft.name, draft as KconfigSymbol);
  }
  const model: KconfigModel = {
    symbols,
    choices: builder.choices as readonly KconfigChoice[],
    modules: builder.modules,
  };
  checkModel(model, builder.targets());
  refuseLoops(model);
  return model;
}
