// The grammar: every attribute in every kind of block, and every error with its place.
import { describe, expect, test } from 'vitest';
import {
  type ChoiceEntry,
  type ConfigEntry,
  type IfEntry,
  KconfigSyntaxError,
  type MenuEntry,
  parseKconfig,
} from '../src/index.ts';

const attributes = {
  bool: 'bool "A"',
  tristate: 'tristate "A"',
  string: 'string "A"',
  hex: 'hex "A"',
  int: 'int "A"',
  def_bool: 'def_bool y',
  def_tristate: 'def_tristate y',
  prompt: 'prompt "A"',
  default: 'default B',
  depends: 'depends on B',
  visible: 'visible if B',
  select: 'select B',
  imply: 'imply B',
  range: 'range 1 2',
  help: 'help\n\t  Text.',
  modules: 'modules',
} as const;

type Attribute = keyof typeof attributes;

const everything = Object.keys(attributes) as Attribute[];
const inConfig = everything.filter((attribute) => attribute !== 'visible');

const owners: Readonly<Record<string, { open: string; close: string; takes: Attribute[] }>> = {
  config: { open: 'config A\n', close: '', takes: inConfig },
  menuconfig: { open: 'menuconfig A\n', close: '', takes: inConfig },
  choice: {
    open: 'choice\n',
    close: 'endchoice\n',
    takes: ['bool', 'prompt', 'default', 'depends', 'help'],
  },
  menu: { open: 'menu "M"\n', close: 'endmenu\n', takes: ['depends', 'visible'] },
  comment: { open: 'comment "C"\n', close: '', takes: ['depends'] },
};

function errorOf(text: string): KconfigSyntaxError {
  try {
    parseKconfig(text, 'Kconfig');
  } catch (error) {
    expect(error).toBeInstanceOf(KconfigSyntaxError);
    return error as KconfigSyntaxError;
  }
  throw new Error(`no error in ${JSON.stringify(text)}`);
}

describe('attributes', () => {
  for (const [owner, { open, close, takes }] of Object.entries(owners))
    for (const attribute of everything) {
      const text = `${open}\t${attributes[attribute]}\n${close}`;
      if (takes.includes(attribute))
        test(`a ${owner} takes ${attribute}`, () => {
          expect(parseKconfig(text, 'Kconfig').entries).toHaveLength(1);
        });
      else
        test(`a ${owner} refuses ${attribute}`, () => {
          const error = errorOf(text);
          expect(error.position).toEqual({ file: 'Kconfig', line: 2, column: 2 });
          expect(error.message).toContain(`"${attribute}" does not belong in a`);
        });
    }

  for (const attribute of ['prompt', 'default', 'select', 'imply', 'range', 'def_bool'] as const)
    test(`${attribute} takes a condition`, () => {
      const text = `config A\n\t${attributes[attribute]} if B && !C\n`;
      const [entry] = parseKconfig(text, 'Kconfig').entries as ConfigEntry[];
      const lines = [...entry!.prompts, ...entry!.defaults, ...entry!.reverse, ...entry!.ranges];
      expect(lines.map(({ condition }) => condition?.kind)).toEqual(['and']);
    });

  test('types without a prompt take none', () => {
    for (const type of ['bool', 'tristate', 'string', 'hex', 'int']) {
      const [entry] = parseKconfig(`config A\n\t${type}\n`, 'Kconfig').entries as ConfigEntry[];
      expect([entry!.type, entry!.prompts]).toEqual([type, []]);
    }
  });
});

describe('blocks', () => {
  test('blocks nest', () => {
    const text = `mainmenu "Title"
menu "M"
	depends on X
if Y
choice
	prompt "C"
config A
	bool "A"
endchoice
endif
endmenu
`;
    const { title, entries } = parseKconfig(text, 'Kconfig');
    const menu = entries[0] as MenuEntry;
    const inner = menu.entries[0] as IfEntry;
    const choice = inner.entries[0] as ChoiceEntry;
    expect(title).toBe('Title');
    expect([menu.kind, inner.kind, choice.kind]).toEqual(['menu', 'if', 'choice']);
    expect((choice.entries[0] as ConfigEntry).symbol).toBe('A');
  });

  test('every entry knows its place', () => {
    const text = '\n# comment\nconfig A\n\tbool "A"\n  config B\n\tbool\n';
    const places = parseKconfig(text, 'f').entries.map(({ position }) => position);
    expect(places).toEqual([
      { file: 'f', line: 3, column: 1 },
      { file: 'f', line: 5, column: 3 },
    ]);
  });

  test('help keeps the indentation inside it and its empty lines', () => {
    const text = 'config A\n\tbool\n\thelp\n\n\t  One.\n\n\t    Two.\n\n\tdefault y\n';
    const [entry] = parseKconfig(text, 'Kconfig').entries as ConfigEntry[];
    expect(entry!.help).toBe('One.\n\n  Two.');
    expect(entry!.defaults).toHaveLength(1);
  });

  test('help may hold anything, words of the language as well', () => {
    const text = 'config A\n\tbool\n\thelp\n\t  config B "$(\n\t  endif\nconfig C\n\tint\n';
    const symbols = parseKconfig(text, 'Kconfig').entries.map((entry) => {
      return (entry as ConfigEntry).symbol;
    });
    expect(symbols).toEqual(['A', 'C']);
  });

  test('a number sign in a text is no comment', () => {
    const [entry] = parseKconfig('config A\n\tbool "a # b" # c\n', 'Kconfig').entries;
    expect((entry as ConfigEntry).prompts[0]!.text).toBe('a # b');
  });

  test('lines may end with a carriage return', () => {
    const { entries } = parseKconfig('config A\r\n\tbool "A"\r\n\tdepends on B\r\n', 'Kconfig');
    expect((entries[0] as ConfigEntry).depends).toHaveLength(1);
  });

  test('an empty text has no entries', () => {
    expect(parseKconfig('', 'Kconfig').entries).toEqual([]);
  });
});

describe('errors', () => {
  const cases: readonly [
    title: string,
    text: string,
    line: number,
    column: number,
    says: string,
  ][] = [
    ['source', 'source "arch/x86/Kconfig"\n', 1, 1, 'source is not followed; parse that file'],
    ['rsource', 'rsource "Kconfig"\n', 1, 1, 'rsource is no word of the kernel'],
    ['osource', 'osource "Kconfig"\n', 1, 1, 'osource is no word of the kernel'],
    ['option lines', 'config A\n\tbool\n\toption env="X"\n', 3, 2, 'write "modules"'],
    ['optional', 'choice\n\toptional\nendchoice\n', 2, 2, 'optional choices ended'],
    ['macros', 'config A\n\tdef_bool $(success,true)\n', 2, 11, 'macros such as $(NAME)'],
    ['macros in a condition', 'config A\n\tbool "A" if $(X)\n', 2, 14, 'not expanded here'],
    ['unknown words', 'config A\n\tbool\n\tbanana\n', 3, 2, '"banana" starts no line'],
    ['words of JavaScript objects', 'constructor\n', 1, 1, '"constructor" starts no line'],
    ['a stray text', '"text"\n', 1, 1, 'a line cannot start with "text"'],
    ['a stray operator', '&& A\n', 1, 1, 'a line cannot start with "&&"'],
    ['a stray character', 'config A\n\tbool @\n', 2, 7, '"@" has no meaning here'],
    ['a path without quotes', 'config arch/x86\n', 1, 12, '"/" has no meaning here'],
    ['a missing name', 'config\n', 1, 7, 'expected the name of a symbol'],
    ['a constant as a name', 'config y\n', 1, 8, 'expected the name of a symbol, found "y"'],
    ['a number as a name', 'config 12\n', 1, 8, 'expected the name of a symbol, found "12"'],
    ['words after a name', 'config A B\n', 1, 10, 'nothing may follow the name of the symbol'],
    ['a prompt without quotes', 'config A\n\tbool A\n', 2, 7, 'expected the prompt in quotes'],
    ['an open text', 'config A\n\tbool "A\n', 2, 7, 'has no closing "'],
    ['an open text in single quotes', "config A\n\tbool 'A\n", 2, 7, "has no closing '"],
    ['depends without on', 'config A\n\tdepends B\n', 2, 10, 'expected "on"'],
    ['depends on nothing', 'config A\n\tdepends on\n', 2, 12, 'expected a symbol'],
    ['visible without if', 'menu "M"\n\tvisible B\nendmenu\n', 2, 10, 'expected "if"'],
    ['a missing side', 'config A\n\tdepends on B &&\n', 2, 17, 'found the end of the line'],
    ['a missing bracket', 'config A\n\tdepends on (B\n', 2, 15, 'expected ")"'],
    ['an extra bracket', 'config A\n\tdepends on B)\n', 2, 14, 'nothing may follow "depends"'],
    ['comparing an expression', 'config A\n\tdepends on (B) = y\n', 2, 17, 'nothing may follow'],
    ['a condition without a value', 'config A\n\tdefault if B\n', 2, 10, 'before "if"'],
    ['a select of a constant', 'config A\n\tselect y\n', 2, 9, 'expected the symbol to turn on'],
    ['a select of nothing', 'config A\n\tselect\n', 2, 8, 'expected the symbol to turn on'],
    ['a range of one end', 'config A\n\tint\n\trange 1\n', 3, 9, 'expected a symbol, a number'],
    ['two types', 'config A\n\tbool\n\tint\n', 3, 2, 'the type is bool above and int here'],
    ['def_bool on a tristate', 'config A\n\ttristate\n\tdef_bool y\n', 3, 2, 'tristate above'],
    ['an empty help', 'config A\n\thelp\nconfig B\n', 2, 2, 'help is empty'],
    ['a help at the end', 'config A\n\thelp\n', 2, 2, 'help is empty'],
    ['a menu that stays open', 'menu "M"\nconfig A\n', 1, 1, '"menu" has no "endmenu"'],
    ['an if that stays open', '\nif A\n', 2, 1, '"if" has no "endif"'],
    ['a choice that stays open', 'choice\n', 1, 1, '"choice" has no "endchoice"'],
    ['endif without if', 'endif\n', 1, 1, '"endif" ends no "if" that is open here'],
    ['crossed blocks', 'if A\nmenu "M"\nendif\nendmenu\n', 3, 1, '"endif" ends no "if"'],
    ['endmenu with more', 'menu "M"\nendmenu M\n', 2, 9, 'nothing may follow "endmenu"'],
    ['a named choice', 'choice NAME\nendchoice\n', 1, 8, 'choices have no names'],
    ['if without a condition', 'if\nendif\n', 1, 3, 'expected a symbol'],
  ];
  for (const [title, text, line, column, says] of cases)
    test(`${title}: the error names line ${line}, column ${column}`, () => {
      const error = errorOf(text);
      expect(error.position).toEqual({ file: 'Kconfig', line, column });
      expect(error.message).toContain(`Kconfig:${line}:${column}: `);
      expect(error.message).toContain(says);
    });
});
