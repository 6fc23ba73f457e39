// Joining texts: what blocks of one symbol say together, and rules that have no meaning.
import { describe, expect, test } from 'vitest';
import {
  buildModel,
  formatExpression,
  KconfigError,
  KconfigSyntaxError,
  parseKconfig,
  UnknownSymbolError,
} from '../src/index.ts';

function modelOf(...texts: string[]) {
  return buildModel(texts.map((text, index) => parseKconfig(text, `file${index + 1}`)));
}

function errorOf(text: string): KconfigError {
  try {
    modelOf(text);
  } catch (error) {
    expect(error).toBeInstanceOf(KconfigError);
    return error as KconfigError;
  }
  throw new Error('no error');
}

describe('several blocks and texts', () => {
  test('symbols come in the order of the texts', () => {
    const model = modelOf('config B\n\tbool\n', 'config A\n\tbool\nconfig B\n\tdefault y\n');
    expect([...model.symbols.keys()]).toEqual(['B', 'A']);
    expect(model.symbols.get('B')!.positions.map(({ file }) => file)).toEqual(['file1', 'file2']);
  });

  test('a reference may go to a later text', () => {
    const model = modelOf('config A\n\tbool\n\tdepends on B\n', 'config B\n\tbool\n');
    expect(model.symbols.get('A')!.dependencies.flat().map(formatExpression)).toEqual(['B']);
  });

  test('what surrounds a block becomes its condition', () => {
    const model = modelOf(`config X
	bool "X"
config Y
	bool "Y"
config Z
	bool "Z"
menu "M"
	depends on X && Y
	visible if Z
if Y || Z
config A
	bool "A" if X
	default y if Z
	select S if Y
endif
endmenu
config S
	bool
`);
    const a = model.symbols.get('A')!;
    const write = (guard: readonly Parameters<typeof formatExpression>[0][]) =>
      guard.map(formatExpression);
    expect(write(a.dependencies[0]!)).toEqual(['X', 'Y', 'Y || Z']);
    expect(write(a.prompts[0]!.guard)).toEqual(['Z', 'X', 'Y', 'Y || Z', 'X']);
    expect(write(a.defaults[0]!.guard)).toEqual(['X', 'Y', 'Y || Z', 'Z']);
    expect(write(model.symbols.get('S')!.selectedBy[0]!.guard)).toEqual(['X', 'Y', 'Y || Z', 'Y']);
  });

  test('the first help text is the help of the symbol', () => {
    const model = modelOf('config A\n\tbool\n\thelp\n\t  One.\nconfig A\n\thelp\n\t  Two.\n');
    expect(model.symbols.get('A')!.help).toBe('One.');
  });
});

describe('rules without meaning', () => {
  const cases: readonly [
    title: string,
    text: string,
    line: number,
    column: number,
    says: string,
  ][] = [
    ['no type', 'config A\n', 1, 1, 'A has no type'],
    ['two types', 'config A\n\tbool\nconfig A\n\tint\n', 3, 1, 'A is int here but bool at'],
    ['a select of an int', 'config A\n\tbool\n\tselect N\nconfig N\n\tint\n', 3, 9, 'N is int'],
    ['an imply of a text', 'config A\n\tbool\n\timply S\nconfig S\n\tstring\n', 3, 8, 'S is str'],
    ['a range of a bool', 'config A\n\tbool\n\trange 1 2\n', 3, 8, 'only int and hex'],
    ['a range of words', 'config A\n\tint\n\trange 1 "x"\n', 3, 10, '"x" is no int number'],
    ['a range of y', 'config A\n\thex\n\trange y 2\n', 3, 8, '"y" is no hex number'],
    ['a default that is no number', 'config A\n\tint\n\tdefault "x"\n', 3, 10, 'is no int'],
    ['a default that is logic', 'config A\n\tint\n\tdefault A && y\n', 3, 10, 'default of a int'],
    [
      'two modules symbols',
      'config A\n\tbool\n\tmodules\nconfig B\n\tbool\n\tmodules\n',
      4,
      1,
      'A is',
    ],
    ['a choice without a prompt', 'choice\nconfig A\n\tbool "A"\nendchoice\n', 1, 1, 'no prompt'],
    [
      'a tristate in a choice',
      'choice\n\tprompt "c"\nconfig A\n\ttristate "A"\nendchoice\n',
      3,
      1,
      'members of a choice are bool',
    ],
    [
      'a member without a prompt',
      'choice\n\tprompt "c"\nconfig A\n\tbool\nendchoice\n',
      3,
      1,
      'nobody could choose it',
    ],
    [
      'a member with a default',
      'choice\n\tprompt "c"\nconfig A\n\tbool "A"\n\tdefault y\nendchoice\n',
      5,
      10,
      'the choice has the default',
    ],
    [
      'a select of a member',
      'config S\n\tbool\n\tselect A\nchoice\n\tprompt "c"\nconfig A\n\tbool "A"\nendchoice\n',
      3,
      9,
      'it is chosen, not turned on',
    ],
    [
      'a choice whose default is a stranger',
      'choice\n\tprompt "c"\n\tdefault B\nconfig A\n\tbool "A"\nendchoice\nconfig B\n\tbool\n',
      1,
      1,
      'has no member B',
    ],
    [
      'a choice whose default is a constant',
      'choice\n\tprompt "c"\n\tdefault y\nconfig A\n\tbool "A"\nendchoice\n',
      3,
      10,
      'the name of a member',
    ],
    [
      'a menu in a choice',
      'choice\n\tprompt "c"\nmenu "M"\nendmenu\nendchoice\n',
      3,
      1,
      'a menu cannot stand inside a choice',
    ],
    [
      'a choice in a choice',
      'choice\n\tprompt "c"\nchoice\n\tprompt "d"\nendchoice\nendchoice\n',
      3,
      1,
      'a choice cannot stand inside a choice',
    ],
  ];
  for (const [title, text, line, column, says] of cases)
    test(title, () => {
      const error = errorOf(text);
      expect(error).toBeInstanceOf(KconfigSyntaxError);
      expect(error.position).toEqual({ file: 'file1', line, column });
      expect(error.message).toContain(says);
    });
});

describe('unknown names', () => {
  const declared = 'config TRANSPARENT_HUGEPAGE\n\tbool "T"\n';
  const cases: readonly [title: string, line: string, column: number][] = [
    ['depends on', 'depends on TRANSPARENT_HUGEPAGES', 13],
    ['default', 'default TRANSPARENT_HUGEPAGES', 10],
    ['a condition', 'default y if !TRANSPARENT_HUGEPAGES', 16],
    ['select', 'select TRANSPARENT_HUGEPAGES', 9],
    ['imply', 'imply TRANSPARENT_HUGEPAGES', 8],
    ['prompt', 'prompt "p" if TRANSPARENT_HUGEPAGES', 16],
    ['a comparison', 'depends on TRANSPARENT_HUGEPAGES = y', 13],
  ];
  for (const [title, line, column] of cases)
    test(`${title} with an unknown name is an error with the nearest name`, () => {
      const error = errorOf(`${declared}config A\n\tbool\n\t${line}\n`);
      expect(error).toBeInstanceOf(UnknownSymbolError);
      expect((error as UnknownSymbolError).symbol).toBe('TRANSPARENT_HUGEPAGES');
      expect(error.position).toEqual({ file: 'file1', line: 5, column });
      expect(error.message).toContain('did you mean TRANSPARENT_HUGEPAGE?');
    });

  test('the conditions of a choice are checked as well', () => {
    const text = 'choice\n\tprompt "c" if NOPE\nconfig A\n\tbool "A"\nendchoice\n';
    expect(errorOf(text).message).toContain('no block declares NOPE');
  });

  test('a name that is near to none gets other advice', () => {
    expect(errorOf('config A\n\tbool\n\tdepends on QWERTY\n').message).toContain('declare it');
  });
});
