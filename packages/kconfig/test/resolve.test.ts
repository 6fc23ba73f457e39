// Demands and preferences: what comes out, what is an error, and what the sentences say.
import { describe, expect, test } from 'vitest';
import {
  buildModel,
  ContradictionError,
  demands,
  InvalidValueError,
  parseDotConfig,
  parseKconfig,
  preferences,
  type Resolution,
  resolve,
  UnknownSymbolError,
  UnmetDependencyError,
} from '../src/index.ts';

const text = `config MODULES
	bool "Modules"
	modules

config EXPERT
	bool "Expert"

config REAL_TIME
	bool "Real time"

config THP
	bool "Huge pages"
	depends on HAVE_THP && !REAL_TIME

config HAVE_THP
	bool

config ARCH
	def_bool y
	select HAVE_THP
	select PFNMAP if THP

config PFNMAP
	bool
	depends on THP

config ODD
	bool "Odd"
	select NEEDY

config NEEDY
	bool "Needy"
	depends on EXPERT

config CPUS
	int "Processors"
	range 2 64
	default 8

config MASK
	hex "Mask" if EXPERT
	default 0xff

config NAME
	string "Name"
	default "none"

config DRIVER
	tristate "Driver"
	depends on BUS

config BUS
	tristate "Bus"

choice
	prompt "Size"
	default SMALL

config SMALL
	bool "Small"

config LARGE
	bool "Large"
	depends on EXPERT

endchoice
`;

const model = buildModel([parseKconfig(text, 'Kconfig')]);

function resolved(values: Readonly<Record<string, string>> = {}, dotConfig = ''): Resolution {
  return resolve(model, [
    ...preferences(parseDotConfig(dotConfig, '.config')),
    ...demands(values, 'test'),
  ]);
}

function errorOf<T extends Error>(
  kind: new (...parameters: never[]) => T,
  values: Readonly<Record<string, string>>,
  dotConfig = '',
): T {
  try {
    resolved(values, dotConfig);
  } catch (error) {
    expect(error).toBeInstanceOf(kind);
    return error as T;
  }
  throw new Error('no error');
}

describe('values', () => {
  test('defaults stand where nobody asks', () => {
    const { text: value } = resolved();
    const names = ['MODULES', 'HAVE_THP', 'CPUS', 'MASK', 'NAME', 'SMALL', 'LARGE'];
    expect(names.map(value)).toEqual(['n', 'y', '8', '0xff', 'none', 'y', 'n']);
  });

  test('symbols lists every symbol in the order of the text', () => {
    expect(resolved().symbols().slice(0, 4)).toEqual(['MODULES', 'EXPERT', 'REAL_TIME', 'THP']);
  });

  test('enabled is true for y and m', () => {
    const result = resolved({ MODULES: 'y', BUS: 'm' });
    expect(['BUS', 'MODULES', 'DRIVER'].map(result.enabled)).toEqual([true, true, false]);
  });

  test('asking for an unknown symbol is an error with the nearest name', () => {
    expect(() => resolved().text('PFNMAPS')).toThrow('did you mean PFNMAP?');
    expect(() => resolved().enabled('PFNMAPS')).toThrow(UnknownSymbolError);
    expect(() => resolved().why('PFNMAPS')).toThrow(UnknownSymbolError);
  });

  test('everything handed out is frozen', () => {
    const result = resolved({ THP: 'y' }, 'CONFIG_LARGE=y\n');
    for (const part of [
      result,
      result.symbols(),
      result.warnings,
      result.overruled,
      result.overruled[0],
      result.reason('THP'),
    ])
      expect(Object.isFrozen(part)).toBe(true);
  });
});

describe('preferences', () => {
  test('a preference without its dependencies is overruled and told', () => {
    const { overruled } = resolved({}, 'CONFIG_REAL_TIME=y\nCONFIG_THP=y\n');
    expect(overruled).toHaveLength(1);
    expect(overruled[0]!.assignment.symbol).toBe('THP');
    expect(overruled[0]!.value).toBe('n');
    expect(overruled[0]!.why).toBe(
      'THP=n (where .config:2 asks for y) because it depends on !REAL_TIME; REAL_TIME=y, set by .config:1',
    );
  });

  test('a preference for a symbol without a prompt is overruled', () => {
    const { overruled } = resolved({}, '# CONFIG_HAVE_THP is not set\n');
    expect(overruled.map(({ value, why }) => [value, why])).toEqual([
      ['y', 'HAVE_THP=y, selected by ARCH; ARCH=y, by its default y'],
    ]);
  });

  test('a preference that the type cannot hold is overruled', () => {
    const { overruled, text: value } = resolved({}, 'CONFIG_EXPERT=m\n');
    expect(value('EXPERT')).toBe('n');
    expect(overruled[0]!.why).toBe('.config asks for EXPERT="m", but it is a bool: y or n');
  });

  test('a preference for a symbol that nothing declares is passed over, or an error if so asked', () => {
    const wanted = preferences(parseDotConfig('CONFIG_EXPERTS=y\n', '.config'));
    expect(resolve(model, wanted).overruled).toEqual([]);
    expect(() => resolve(model, wanted, { unknownPreference: 'error' })).toThrow(
      '.config:1:1: there is no symbol EXPERTS; did you mean EXPERT?',
    );
  });

  test('a demand beats a preference, wherever it stands', () => {
    const wanted = preferences(parseDotConfig('CONFIG_CPUS=16\n', '.config'));
    const demand = demands({ CPUS: '4' }, 'test');
    expect(resolve(model, [...demand, ...wanted]).text('CPUS')).toBe('4');
    expect(resolve(model, [...wanted, ...demand]).text('CPUS')).toBe('4');
  });

  test('a number spelled otherwise is the same number', () => {
    const { overruled, text: value } = resolved({ EXPERT: 'y' }, 'CONFIG_MASK=0x0FF\n');
    expect([value('MASK'), overruled]).toEqual(['0x0FF', []]);
  });
});

describe('contradictions', () => {
  test('a demand with unmet dependencies names the chain', () => {
    const error = errorOf(ContradictionError, { THP: 'y' }, 'CONFIG_REAL_TIME=y\n');
    expect([error.symbol, error.wanted, error.got]).toEqual(['THP', 'y', 'n']);
    expect(error.position).toEqual({ file: 'Kconfig', line: 11, column: 1 });
    expect(error.message).toContain('test asks for THP=y, but the rules make it n');
    expect(error.chain).toEqual([
      'THP=n because it depends on !REAL_TIME',
      'REAL_TIME=y, set by .config:1',
    ]);
  });

  test('a demand for n of a selected symbol names the selector', () => {
    const error = errorOf(ContradictionError, { EXPERT: 'y', ODD: 'y', NEEDY: 'n' });
    expect(error.chain).toEqual(['NEEDY=y, selected by ODD', 'ODD=y, set by test']);
  });

  test('a demand for a symbol without a prompt says what turns it on', () => {
    const error = errorOf(ContradictionError, { PFNMAP: 'y' });
    expect(error.chain).toEqual([
      'PFNMAP=n because it depends on THP',
      'THP=n because nobody sets it and no default applies',
    ]);
  });

  test('a demand for a hidden prompt says what hides it', () => {
    const error = errorOf(ContradictionError, { MASK: '0x1' });
    expect(error.got).toBe('0xff');
  });

  test('a demand above what the dependency allows is a contradiction', () => {
    const error = errorOf(ContradictionError, { MODULES: 'y', BUS: 'm', DRIVER: 'y' });
    expect(error.chain).toEqual([
      'DRIVER=m, although test asks for y, since its prompt needs BUS',
      'BUS=m, set by test',
    ]);
  });

  test('a number outside its range is a contradiction', () => {
    const error = errorOf(ContradictionError, { CPUS: '128' });
    expect(error.chain).toEqual(['CPUS=64, the end of its range nearest to 128']);
  });

  test('two members of a choice cannot both be demanded', () => {
    const error = errorOf(ContradictionError, { EXPERT: 'y', SMALL: 'y', LARGE: 'y' });
    expect(error.chain).toEqual(['SMALL=n because its choice is LARGE', 'LARGE=y, set by test']);
  });

  test('the member that is left cannot be turned down', () => {
    const error = errorOf(ContradictionError, { SMALL: 'n' });
    expect(error.chain).toEqual(['SMALL=y because it is what its choice has left']);
  });
});

describe('demands that no symbol can take', () => {
  test('an unknown symbol', () => {
    const error = errorOf(UnknownSymbolError, { REALTIME: 'y' });
    expect(error.symbol).toBe('REALTIME');
    expect(error.message).toContain('did you mean REAL_TIME?');
  });

  const values: readonly [symbol: string, value: string, says: string][] = [
    ['EXPERT', 'm', 'it is a bool: y or n'],
    ['EXPERT', '1', 'it is a bool: y or n'],
    ['BUS', 'yes', 'it is a tristate: y, m or n'],
    ['CPUS', 'y', 'it is an int: decimal digits'],
    ['CPUS', '0x10', 'it is an int: decimal digits'],
    ['CPUS', '010', 'it is an int: decimal digits'],
    ['MASK', 'xyz', 'it is a hex number'],
  ];
  for (const [symbol, value, says] of values)
    test(`${symbol}=${value}`, () => {
      const error = errorOf(InvalidValueError, { [symbol]: value });
      expect([error.symbol, error.value]).toEqual([symbol, value]);
      expect(error.message).toContain(says);
    });
});

describe('selects past unmet dependencies', () => {
  test('are warnings with chain and place', () => {
    const { warnings, text: value } = resolved({ ODD: 'y' });
    expect(value('NEEDY')).toBe('y');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toBeInstanceOf(UnmetDependencyError);
    expect(warnings[0]!.message).toBe(
      'Kconfig:29:9: ODD selects NEEDY, which depends on EXPERT [=n]; add the dependency to the select\n' +
        '  ODD=y, set by test',
    );
  });

  test('are errors if so asked', () => {
    const wanted = demands({ ODD: 'y' }, 'test');
    expect(() => resolve(model, wanted, { unmetSelect: 'error' })).toThrow(UnmetDependencyError);
  });

  test('are nothing when the dependency holds', () => {
    expect(resolved({ ODD: 'y', EXPERT: 'y' }).warnings).toEqual([]);
  });
});
