// What must hold for any rules and any wishes. Random texts come from scripts/random-cases.mjs, and
// small ones over bools are checked against a solver of a few lines.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomCase } from '../scripts/random-cases.mjs';
import {
  buildModel,
  demands,
  formatDotConfig,
  parseDotConfig,
  parseKconfig,
  preferences,
  resolve,
} from '../src/index.ts';

const seed = 20240826;
const anySeed = fc.integer({ min: 1, max: 1_000_000 });

function resolved(text: string, config: string) {
  const model = buildModel([parseKconfig(text, 'Kconfig')]);
  const result = resolve(model, preferences(parseDotConfig(config, '.config')));
  return { model, result };
}

describe('random texts', () => {
  test('the same rules and wishes give the same values and reasons', () => {
    fc.assert(
      fc.property(anySeed, (number) => {
        const { kconfig, config } = randomCase(number);
        const [one, other] = [resolved(kconfig, config).result, resolved(kconfig, config).result];
        const tell = (result: typeof one) =>
          result.symbols().map((name) => [result.text(name), result.why(name)]);
        expect(tell(one)).toEqual(tell(other));
      }),
      { seed },
    );
  });

  test('a result that is asked for again comes out again', () => {
    fc.assert(
      fc.property(anySeed, (number) => {
        const { kconfig, config } = randomCase(number);
        const first = resolved(kconfig, config);
        const written = formatDotConfig(first.model, first.result);
        const second = resolved(kconfig, written);
        expect(formatDotConfig(second.model, second.result)).toBe(written);
      }),
      { seed },
    );
  });

  test('what came out as asked may be demanded', () => {
    fc.assert(
      fc.property(anySeed, (number) => {
        const { kconfig, config } = randomCase(number);
        const { model, result } = resolved(kconfig, config);
        const overruled = new Set(result.overruled.map(({ assignment }) => assignment.symbol));
        const wanted = preferences(parseDotConfig(config, '.config'));
        const kept = wanted.filter(({ symbol }) => !overruled.has(symbol));
        const demanded = kept.map((assignment) => ({ ...assignment, isDemand: true }));
        const again = resolve(model, [...wanted, ...demanded]);
        expect(again.symbols().map(again.text)).toEqual(result.symbols().map(result.text));
      }),
      { seed },
    );
  });

  test('of a choice at most one member is y', () => {
    fc.assert(
      fc.property(anySeed, (number) => {
        const { kconfig, config } = randomCase(number);
        const { model, result } = resolved(kconfig, config);
        for (const { members } of model.choices)
          expect(members.filter(result.enabled).length).toBeLessThanOrEqual(1);
      }),
      { seed },
    );
  });

  test('every reason is a sentence that starts with the symbol and its value', () => {
    fc.assert(
      fc.property(anySeed, (number) => {
        const { kconfig, config } = randomCase(number);
        const { model, result } = resolved(kconfig, config);
        for (const name of result.symbols()) {
          const value = result.text(name);
          const shown = model.symbols.get(name)!.type === 'string' ? `"${value}"` : value;
          expect(result.why(name).startsWith(`${name}=${shown}`)).toBe(true);
          expect(result.why(name)).not.toContain('undefined');
        }
      }),
      { seed },
    );
  });
});

/** A bool that may depend on earlier ones, select later ones, and be asked for. */
interface SmallSymbol {
  readonly depends: readonly number[];
  readonly selects: readonly number[];
  readonly isAsked: boolean;
}

const smallSymbol = fc.record({
  depends: fc.array(fc.nat(7), { maxLength: 2 }),
  selects: fc.array(fc.nat(7), { maxLength: 2 }),
  isAsked: fc.boolean(),
});

const smallRules = fc
  .array(smallSymbol, { minLength: 1, maxLength: 8 })
  .map((symbols): SmallSymbol[] =>
    symbols.map(({ depends, selects, isAsked }, index) => ({
      depends: depends.filter((other) => other < index),
      selects: selects.filter((other) => other > index && other < symbols.length),
      isAsked,
    })),
  );

function write(symbols: readonly SmallSymbol[]): string {
  return symbols
    .map(({ depends, selects }, index) => {
      const conditions = depends.map((other) => `\tdepends on S${other}\n`).join('');
      const forced = selects.map((other) => `\tselect S${other}\n`).join('');
      return `config S${index}\n\tbool "S${index}"\n${conditions}${forced}`;
    })
    .join('');
}

/** What the symbols come to: asked and allowed, or selected by one that is allowed itself. */
function expected(symbols: readonly SmallSymbol[]) {
  const on: boolean[] = [];
  const allowed: boolean[] = [];
  const unmet: string[] = [];
  for (const [index, { depends, isAsked }] of symbols.entries()) {
    const isAllowed = depends.every((other) => on[other]);
    const isSelected = symbols.some(
      ({ selects }, other) => on[other] && allowed[other] && selects.includes(index),
    );
    on.push(isSelected || (isAsked && isAllowed));
    allowed.push(isAllowed);
    if (isSelected && !isAllowed) unmet.push(`S${index}`);
  }
  return { on, unmet };
}

describe('small rules', () => {
  test('a symbol is y when it is asked for and allowed, or selected; the rest are warnings', () => {
    fc.assert(
      fc.property(smallRules, (symbols) => {
        const config = symbols
          .map(({ isAsked }, index) => (isAsked ? `CONFIG_S${index}=y\n` : ''))
          .join('');
        const { result } = resolved(write(symbols), config);
        const { on, unmet } = expected(symbols);
        expect(result.symbols().map(result.enabled)).toEqual(on);
        expect(result.warnings.map((warning) => warning.symbol).sort()).toEqual(unmet.sort());
      }),
      { seed, numRuns: 500 },
    );
  });

  test('no symbol is y against its dependencies unless a warning says so', () => {
    fc.assert(
      fc.property(smallRules, (symbols) => {
        const config = symbols
          .map(({ isAsked }, index) => (isAsked ? `CONFIG_S${index}=y\n` : ''))
          .join('');
        const { result } = resolved(write(symbols), config);
        const warned = new Set(result.warnings.map((warning) => warning.symbol));
        for (const [index, { depends }] of symbols.entries()) {
          const name = `S${index}`;
          if (!result.enabled(name) || warned.has(name)) continue;
          expect(depends.every((other) => result.enabled(`S${other}`))).toBe(true);
        }
      }),
      { seed, numRuns: 500 },
    );
  });

  test('a chain of selects of any length turns on its end, and the reason names every link', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 25 }), (length) => {
        let text = 'config S0\n\tbool "S0"\n\tselect S1\n';
        for (let index = 1; index < length; index += 1)
          text += `config S${index}\n\tbool\n${index + 1 < length ? `\tselect S${index + 1}\n` : ''}`;
        const model = buildModel([parseKconfig(text, 'Kconfig')]);
        const result = resolve(model, demands({ S0: 'y' }, 'test'));
        const links = result.why(`S${length - 1}`).split('; ');
        expect(links).toHaveLength(length);
        expect(links.at(-1)).toBe('S0=y, set by test');
        for (const [index, link] of links.slice(0, -1).entries())
          expect(link).toBe(`S${length - 1 - index}=y, selected by S${length - 2 - index}`);
      }),
      { seed },
    );
  });
});
