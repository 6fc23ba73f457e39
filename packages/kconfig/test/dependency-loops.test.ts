// Values that would each have to be known before the other. conf finds the same loops, and this package
// some that conf overlooks (ranges, members of choices).
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildModel, DependencyLoopError, parseKconfig } from '../src/index.ts';

const seed = 20240826;

function build(text: string) {
  return buildModel([parseKconfig(text, 'Kconfig')]);
}

function loopOf(text: string): DependencyLoopError {
  try {
    build(text);
  } catch (error) {
    expect(error).toBeInstanceOf(DependencyLoopError);
    return error as DependencyLoopError;
  }
  throw new Error('no loop found');
}

describe('loops', () => {
  test('a symbol that depends on itself', () => {
    const error = loopOf('config A\n\tbool "A"\n\tdepends on A\n');
    expect(error.symbols).toEqual(['A']);
    expect(error.chain).toEqual(['Kconfig:3:13: A depends on A']);
    expect(error.message).toContain('A needs its own value by way of itself');
  });

  test('a select of what a symbol depends on', () => {
    const error = loopOf(
      'config A\n\tbool "A"\n\tdepends on B\n\tselect B\nconfig B\n\tbool "B"\n',
    );
    expect(error.chain).toEqual([
      'Kconfig:3:13: A depends on B',
      'Kconfig:4:9: B is selected by A',
    ]);
    expect(error.position).toEqual({ file: 'Kconfig', line: 3, column: 13 });
  });

  test('a loop of three is told in order', () => {
    const error = loopOf(`config A
	bool "A"
	depends on B
config B
	bool
	default y if C
config C
	bool "C" if A
`);
    expect(error.symbols).toEqual(['A', 'B', 'C']);
    expect(error.chain).toEqual([
      'Kconfig:3:13: A depends on B',
      'Kconfig:6:15: B has a default if C',
      'Kconfig:8:14: C has a prompt if A',
    ]);
    expect(error.message).toContain('by way of B, C and back; take one of these steps out');
  });

  const others: readonly [title: string, text: string, step: string][] = [
    [
      'the condition of a select',
      'config A\n\tbool "A"\n\tselect B if B\nconfig B\n\tbool\n',
      'B is selected by A if B',
    ],
    ['imply', 'config A\n\tdef_bool B\n\timply B\nconfig B\n\tbool "B"\n', 'B is implied by A'],
    [
      'the value of a default',
      'config A\n\tdef_bool B\nconfig B\n\tdef_bool !A\n',
      'A has a default that needs B',
    ],
    [
      'the end of a range',
      'config A\n\tint "A"\n\trange 0 B\nconfig B\n\tint\n\tdefault A\n',
      'A has a range that needs B',
    ],
    [
      'the condition of a range',
      'config A\n\tint "A"\n\trange 0 1 if A > 1\n',
      'A has a range if A',
    ],
    [
      'a member of a choice that another member needs',
      'choice\n\tprompt "c"\nconfig A\n\tbool "A"\n\tdepends on B\nconfig B\n\tbool "B"\nendchoice\n',
      'the choice at Kconfig:1:1 offers A if B',
    ],
    [
      'a choice that needs its member',
      'choice\n\tprompt "c" if A\nconfig A\n\tbool "A"\nendchoice\n',
      'A is a member of the choice at Kconfig:1:1',
    ],
    [
      'a modules symbol that needs a tristate',
      'config M\n\tdef_bool T\n\tmodules\nconfig T\n\ttristate "T"\n',
      'T is a tristate and so needs M',
    ],
  ];
  for (const [title, text, step] of others)
    test(title, () => {
      expect(loopOf(text).chain.some((line) => line.endsWith(step))).toBe(true);
    });

  test('naming a symbol twice on the way is no loop', () => {
    const text =
      'config A\n\tbool "A"\nconfig B\n\tbool "B"\n\tdepends on A || !A\nconfig C\n\tdef_bool A && B\n';
    expect([...build(text).symbols.keys()]).toEqual(['A', 'B', 'C']);
  });

  test('a chain of any length is a loop exactly when its end is tied to its start', () => {
    const chain = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.boolean());
    fc.assert(
      fc.property(chain, ([length, isTied]) => {
        let text = '';
        for (let index = 0; index < length; index += 1) {
          const next = index + 1 < length ? `S${index + 1}` : isTied ? 'S0' : 'y';
          text += `config S${index}\n\tbool "S${index}"\n\tdepends on ${next}\n`;
        }
        if (isTied) expect(loopOf(text).symbols).toHaveLength(length);
        else expect(build(text).symbols.size).toBe(length);
      }),
      { seed },
    );
  });
});
