// Expressions: every operator over every value, and the way from text to tree and back.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildModel,
  type ConfigEntry,
  demands,
  type Expression,
  formatExpression,
  parseKconfig,
  resolve,
} from '../src/index.ts';

const seed = 20240826;
const letters = ['n', 'm', 'y'] as const;

const three = `
config MODULES
	def_bool y
	modules
config A
	tristate "A"
config B
	tristate "B"
`;

/** The value of an expression over A and B: what a tristate has by default. */
function resultOf(expression: string, a: string, b: string): string {
  const model = buildModel([
    parseKconfig(`${three}config X\n\tdef_tristate ${expression}\n`, 'Kconfig'),
  ]);
  return resolve(model, demands({ A: a, B: b }, 'test')).text('X');
}

function parseExpression(text: string): Expression {
  const { entries } = parseKconfig(`config X\n\tbool\n\tdefault ${text}\n`, 'Kconfig');
  return (entries[0] as ConfigEntry).defaults[0]!.value;
}

describe('tristate logic', () => {
  // The rows of the table in Documentation/kbuild/kconfig-language: and is the minimum, or the maximum,
  // not is 2 minus the value.
  const and = { nn: 'n', nm: 'n', ny: 'n', mn: 'n', mm: 'm', my: 'm', yn: 'n', ym: 'm', yy: 'y' };
  const or = { nn: 'n', nm: 'm', ny: 'y', mn: 'm', mm: 'm', my: 'y', yn: 'y', ym: 'y', yy: 'y' };

  for (const a of letters)
    for (const b of letters) {
      const pair = (a + b) as keyof typeof and;
      test(`${a} && ${b} is ${and[pair]}`, () => {
        expect(resultOf('A && B', a, b)).toBe(and[pair]);
      });
      test(`${a} || ${b} is ${or[pair]}`, () => {
        expect(resultOf('A || B', a, b)).toBe(or[pair]);
      });
      test(`${a} compares with ${b} by the order n, m, y`, () => {
        const difference = letters.indexOf(a) - letters.indexOf(b);
        const holds = (yes: boolean) => (yes ? 'y' : 'n');
        expect(resultOf('A = B', a, b)).toBe(holds(difference === 0));
        expect(resultOf('A != B', a, b)).toBe(holds(difference !== 0));
        expect(resultOf('A < B', a, b)).toBe(holds(difference < 0));
        expect(resultOf('A <= B', a, b)).toBe(holds(difference <= 0));
        expect(resultOf('A > B', a, b)).toBe(holds(difference > 0));
        expect(resultOf('A >= B', a, b)).toBe(holds(difference >= 0));
      });
    }

  test('! exchanges n and y and keeps m', () => {
    expect(letters.map((a) => resultOf('!A', a, 'n'))).toEqual(['y', 'm', 'n']);
  });

  test('constants stand for themselves', () => {
    expect(letters.map((letter) => resultOf(letter, 'n', 'n'))).toEqual(['n', 'm', 'y']);
    expect(letters.map((letter) => resultOf(`"${letter}"`, 'n', 'n'))).toEqual(['n', 'm', 'y']);
  });
});

describe('spelling', () => {
  const spellings: readonly [text: string, formatted: string][] = [
    ['A', 'A'],
    ['!A', '!A'],
    ['!!A', '!!A'],
    ['( A )', 'A'],
    ['A&&B', 'A && B'],
    ['A || B && C', 'A || B && C'],
    ['(A || B) && C', '(A || B) && C'],
    ['A && (B && C)', 'A && B && C'],
    ['!(A || B)', '!(A || B)'],
    ['!(A = B)', '!(A = B)'],
    ['!A = B', '!(A = B)'],
    ['A="x"', 'A = "x"'],
    ["A = 'x'", 'A = "x"'],
    ['A = "a\\"b"', 'A = "a\\"b"'],
    ['A >= 0x60d00', 'A >= 0x60d00'],
    ['A != -3', 'A != -3'],
    ['64BIT && !X86_PAE', '64BIT && !X86_PAE'],
  ];
  for (const [text, formatted] of spellings)
    test(`${text} reads as ${formatted}`, () => {
      expect(formatExpression(parseExpression(text))).toBe(formatted);
    });

  test('a formatted expression reads as the same expression', () => {
    const position = { file: 'Kconfig', line: 1, column: 1 };
    const symbol = fc
      .constantFrom('A', 'B', '64BIT')
      .map((name) => ({ kind: 'symbol' as const, name, position }));
    const constant = fc
      .constantFrom('y', 'm', 'n', '12', '0x1f')
      .map((value) => ({ kind: 'constant' as const, value, quoted: false, position }));
    const text = fc
      .string({ maxLength: 5 })
      .filter((value) => !/[\r\n]/.test(value))
      .map((value) => ({ kind: 'constant' as const, value, quoted: true, position }));
    const operand = fc.oneof(symbol, constant, text);
    const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
      expression: fc.oneof(
        { depthSize: 'small' },
        operand,
        tie('expression').map((inner) => ({ kind: 'not' as const, operand: inner })),
        fc
          .tuple(
            fc.constantFrom('and' as const, 'or' as const),
            tie('expression'),
            tie('expression'),
          )
          .map(([kind, left, right]) => ({ kind, left, right })),
        fc
          .tuple(fc.constantFrom('=', '!=', '<', '<=', '>', '>='), operand, operand)
          .map(([operator, left, right]) => ({
            kind: 'compare' as const,
            operator: operator as '=',
            left,
            right,
          })),
      ),
    }));
    fc.assert(
      fc.property(expression, (tree) => {
        const written = formatExpression(tree);
        expect(formatExpression(parseExpression(written))).toBe(written);
      }),
      { seed },
    );
  });
});
