import { KconfigSyntaxError } from './errors.ts';
import type { Expression } from './expression.ts';
import type { LineReader } from './line-reader.ts';
import type { Position } from './position.ts';
import type { DefaultLine, PromptLine, RangeLine, ReverseLine, SymbolType } from './syntax.ts';
import { TokenStream } from './token-stream.ts';
import type { Token } from './tokenize.ts';

/** What has been read of one block so far. */
export interface Attributes {
  type: SymbolType | undefined;
  prompts: PromptLine[];
  defaults: DefaultLine[];
  depends: Expression[];
  visible: Expression[];
  reverse: ReverseLine[];
  ranges: RangeLine[];
  help: string | undefined;
  modules: boolean;
}

type Owner = 'config' | 'choice' | 'menu' | 'comment';

interface Context {
  readonly reader: LineReader;
  readonly attributes: Attributes;
  readonly line: TokenStream;
  readonly keyword: Token;
}

/** Which attribute lines each kind of block may hold. */
const allowed: ReadonlyMap<string, readonly Owner[]> = new Map<string, readonly Owner[]>([
  ['bool', ['config', 'choice']],
  ['tristate', ['config']],
  ['string', ['config']],
  ['hex', ['config']],
  ['int', ['config']],
  ['def_bool', ['config']],
  ['def_tristate', ['config']],
  ['prompt', ['config', 'choice']],
  ['default', ['config', 'choice']],
  ['depends', ['config', 'choice', 'menu', 'comment']],
  ['visible', ['menu']],
  ['select', ['config']],
  ['imply', ['config']],
  ['range', ['config']],
  ['help', ['config', 'choice']],
  ['modules', ['config']],
]);

function setType(attributes: Attributes, type: SymbolType, position: Position): void {
  if (attributes.type !== undefined && attributes.type !== type)
    throw new KconfigSyntaxError(
      `the type is ${attributes.type} above and ${type} here; a symbol has one type`,
      { position },
    );
  attributes.type = type;
}

function readPrompt({ line, attributes }: Context): void {
  const { text, position } = line.takeString('the prompt');
  attributes.prompts.push({ text, condition: line.takeCondition(), position });
}

function readDefault({ line, attributes }: Context): void {
  const position = line.position();
  const value = line.takeExpression();
  attributes.defaults.push({ value, condition: line.takeCondition(), position });
}

function readReverse({ line, attributes, keyword }: Context): void {
  const { text: target, position } = line.takeSymbol('the symbol to turn on');
  const kind = keyword.text as 'select' | 'imply';
  attributes.reverse.push({ kind, target, condition: line.takeCondition(), position });
}

function readRange({ line, attributes }: Context): void {
  const position = line.position();
  const low = line.takeOperand();
  const high = line.takeOperand();
  attributes.ranges.push({ low, high, condition: line.takeCondition(), position });
}

function expectWord({ line }: Context, word: string, what: string): void {
  if (!line.acceptWord(word)) throw new KconfigSyntaxError(what, { position: line.position() });
}

function readAttribute(context: Context): void {
  const { line, attributes, keyword } = context;
  switch (keyword.text) {
    case 'bool':
    case 'tristate':
    case 'string':
    case 'hex':
    case 'int':
      setType(attributes, keyword.text, keyword.position);
      if (line.peek() !== undefined) readPrompt(context);
      break;
    case 'def_bool':
    case 'def_tristate':
      setType(attributes, keyword.text === 'def_bool' ? 'bool' : 'tristate', keyword.position);
      readDefault(context);
      break;
    case 'prompt':
      readPrompt(context);
      break;
    case 'default':
      readDefault(context);
      break;
    case 'depends':
      expectWord(context, 'on', 'expected "on" after "depends"');
      attributes.depends.push(line.takeExpression());
      break;
    case 'visible':
      expectWord(context, 'if', 'expected "if" after "visible"');
      attributes.visible.push(line.takeExpression());
      break;
    case 'select':
    case 'imply':
      readReverse(context);
      break;
    case 'range':
      readRange(context);
      break;
    case 'modules':
      attributes.modules = true;
      break;
    default:
      attributes.help = context.reader.takeHelp(keyword);
  }
  line.finish(`"${keyword.text}" and what belongs to it`);
}

/**
 * Reads the attribute lines that follow the first line of a block.
 *
 * @throws KconfigSyntaxError for an attribute that this kind of block cannot have.
 */
export function readAttributes(reader: LineReader, owner: Owner): Attributes {
  const attributes: Attributes = {
    type: undefined,
    prompts: [],
    defaults: [],
    depends: [],
    visible: [],
    reverse: [],
    ranges: [],
    help: undefined,
    modules: false,
  };
  for (let tokens = reader.peek(); tokens !== undefined; tokens = reader.peek()) {
    const keyword = tokens[0]!;
    const owners = keyword.kind === 'word' ? allowed.get(keyword.text) : undefined;
    if (owners === undefined) break;
    if (!owners.includes(owner))
      throw new KconfigSyntaxError(`"${keyword.text}" does not belong in a ${owner}`, {
        position: keyword.position,
      });
    reader.take();
    const line = new TokenStream(tokens);
    line.acceptWord(keyword.text);
    readAttribute({ reader, attributes, line, keyword });
  }
  return attributes;
}
