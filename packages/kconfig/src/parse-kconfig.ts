import { KconfigSyntaxError } from './errors.ts';
import { LineReader } from './line-reader.ts';
import { type Attributes, readAttributes } from './parse-attributes.ts';
import type { KconfigEntry, KconfigFile } from './syntax.ts';
import { TokenStream } from './token-stream.ts';
import type { Token } from './tokenize.ts';

/** What to do about words of the language that this package does not read. */
const refused: ReadonlyMap<string, string> = new Map([
  ['source', 'source is not followed; parse that file with parseKconfig and give buildModel both'],
  ['rsource', 'rsource is no word of the kernel; parse that file on its own and give both'],
  ['osource', 'osource is no word of the kernel; parse that file on its own and give both'],
  ['option', 'option lines ended with Linux 5.12; write "modules", or the value itself'],
  ['optional', 'optional choices ended with Linux 6.11; give the choice a member that means none'],
]);

/** The word that opens what each closing word ends. */
const opening: ReadonlyMap<string, string> = new Map([
  ['endif', 'if'],
  ['endmenu', 'menu'],
  ['endchoice', 'choice'],
]);

/** Reads blocks until the word that ends them. */
class Parser {
  private readonly reader: LineReader;
  private title: string | undefined;

  constructor(reader: LineReader) {
    this.reader = reader;
  }

  parseFile(): KconfigFile {
    const entries = this.parseEntries(undefined);
    return { file: this.reader.file, title: this.title, entries };
  }

  private parseEntries(opened: { readonly keyword: Token; readonly end: string } | undefined) {
    const entries: KconfigEntry[] = [];
    for (let tokens = this.reader.peek(); tokens !== undefined; tokens = this.reader.peek()) {
      const keyword = tokens[0]!;
      const line = new TokenStream(tokens);
      line.acceptWord(keyword.text);
      if (keyword.text === opened?.end && keyword.kind === 'word') {
        this.reader.take();
        line.finish(`"${opened.end}"`);
        return entries;
      }
      const entry = this.parseEntry(keyword, line);
      if (entry !== undefined) entries.push(entry);
    }
    if (opened !== undefined)
      throw new KconfigSyntaxError(
        `"${opened.keyword.text}" has no "${opened.end}" before the end of the text`,
        { position: opened.keyword.position },
      );
    return entries;
  }

  private parseEntry(keyword: Token, line: TokenStream): KconfigEntry | undefined {
    this.reader.take();
    const word = keyword.kind === 'word' ? keyword.text : '';
    switch (word) {
      case 'config':
      case 'menuconfig':
        return this.parseConfig(keyword, line);
      case 'choice':
        return this.parseChoice(keyword, line);
      case 'menu':
        return this.parseMenu(keyword, line);
      case 'if': {
        const condition = line.takeExpression();
        line.finish('the condition');
        const entries = this.parseEntries({ keyword, end: 'endif' });
        return { kind: 'if', condition, position: keyword.position, entries };
      }
      case 'comment': {
        const { text } = line.takeString('the comment');
        line.finish('the comment');
        const { depends } = readAttributes(this.reader, 'comment');
        return { kind: 'comment', text, position: keyword.position, depends };
      }
      case 'mainmenu':
        this.title = line.takeString('the title').text;
        line.finish('the title');
        return undefined;
      default:
        return this.refuse(keyword);
    }
  }

  private parseConfig(keyword: Token, line: TokenStream): KconfigEntry {
    const { text: symbol } = line.takeSymbol('the name of a symbol');
    line.finish('the name of the symbol');
    const { visible, ...attributes } = readAttributes(this.reader, 'config');
    const isMenu = keyword.text === 'menuconfig';
    return { kind: 'config', symbol, isMenu, position: keyword.position, ...attributes };
  }

  private parseChoice(keyword: Token, line: TokenStream): KconfigEntry {
    line.finish('"choice"; choices have no names');
    const { prompts, defaults, depends, help } = readAttributes(this.reader, 'choice');
    const entries = this.parseEntries({ keyword, end: 'endchoice' });
    return {
      kind: 'choice',
      position: keyword.position,
      prompts,
      defaults,
      depends,
      help,
      entries,
    };
  }

  private parseMenu(keyword: Token, line: TokenStream): KconfigEntry {
    const { text: title } = line.takeString('the title of the menu');
    line.finish('the title of the menu');
    const { depends, visible }: Attributes = readAttributes(this.reader, 'menu');
    const entries = this.parseEntries({ keyword, end: 'endmenu' });
    return { kind: 'menu', title, position: keyword.position, depends, visible, entries };
  }

  private refuse(keyword: Token): never {
    const { position, text } = keyword;
    if (keyword.kind !== 'word')
      throw new KconfigSyntaxError(`a line cannot start with "${text}"`, { position });
    const advice = refused.get(text);
    if (advice !== undefined) throw new KconfigSyntaxError(advice, { position });
    const begin = opening.get(text);
    if (begin !== undefined)
      throw new KconfigSyntaxError(`"${text}" ends no "${begin}" that is open here`, { position });
    throw new KconfigSyntaxError(
      `"${text}" starts no line that can stand here; config, choice, menu, if and comment do`,
      { position },
    );
  }
}

/**
 * Reads a Kconfig text: config, menuconfig, choice, menu, if, comment, mainmenu and their attributes.
 *
 * `source`, macros and the words that the kernel no longer knows are refused with advice. Nothing
 * is resolved yet; {@link buildModel} joins parsed texts into rules.
 *
 * @param text the whole text
 * @param file the name that errors and reasons give as its place
 * @throws KconfigSyntaxError with file, line and column of the first line that cannot be read.
 */
export function parseKconfig(text: string, file: string): KconfigFile {
  return new Parser(new LineReader(text, file)).parseFile();
}
