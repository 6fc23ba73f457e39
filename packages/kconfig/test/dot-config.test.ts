// Reading .config files: whole ones of Debian kernels, and lines that cannot be read.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DotConfigSyntaxError, knownReleases, parseDotConfig } from '../src/index.ts';

function readCapture(release: string): string {
  return readFileSync(new URL(`./captures/config-${release}`, import.meta.url), 'utf8');
}

function errorOf(text: string): DotConfigSyntaxError {
  try {
    parseDotConfig(text, '.config');
  } catch (error) {
    expect(error).toBeInstanceOf(DotConfigSyntaxError);
    return error as DotConfigSyntaxError;
  }
  throw new Error('no error');
}

describe('whole files', () => {
  for (const release of knownReleases())
    test(`config-${release} parses whole, line by line`, () => {
      const text = readCapture(release);
      const lines = text.split('\n');
      const stated = lines.filter((line) => /^(CONFIG_\w+=|# CONFIG_\w+ is not set$)/.test(line));
      const { entries, arch, version } = parseDotConfig(text, release);
      expect(entries.size).toBe(stated.length);
      expect(entries.size).toBeGreaterThan(7000);
      expect(arch).toBe(release.includes('arm64') ? 'arm64' : 'x86');
      expect(release.startsWith(`${version}+`)).toBe(true);
      for (const { symbol, value, line } of entries.values()) {
        const written = lines[line - 1]!;
        if (written.startsWith('#'))
          expect([written, value]).toEqual([`# CONFIG_${symbol} is not set`, 'n']);
        else if (!written.includes('"')) expect(written).toBe(`CONFIG_${symbol}=${value}`);
        else expect(written.startsWith(`CONFIG_${symbol}="`)).toBe(true);
      }
    });

  test('numbers, texts and answers of config-6.12.117+deb12-amd64 arrive as written', () => {
    const { entries } = parseDotConfig(readCapture('6.12.117+deb12-amd64'), 'config');
    const value = (symbol: string) => entries.get(symbol)?.value;
    expect(value('NR_CPUS')).toBe('8192');
    expect(value('PHYSICAL_START')).toBe('0x1000000');
    expect(value('KVM')).toBe('m');
    expect(value('PREEMPT_RT')).toBe('n');
    expect(value('CC_VERSION_TEXT')).toBe(
      'x86_64-linux-gnu-gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0',
    );
    expect(value('LOCALVERSION')).toBe('');
  });
});

describe('lines', () => {
  test('quotes and backslashes in texts are undone', () => {
    const { entries } = parseDotConfig('CONFIG_S="a \\"b\\" \\\\c"\n', '.config');
    expect(entries.get('S')!.value).toBe('a "b" \\c');
  });

  test('comments, empty lines and carriage returns are passed over', () => {
    const text = '#\n# a comment\n\n# CONFIG_A is not\r\nCONFIG_B=y\r\n  \n';
    expect([...parseDotConfig(text, '.config').entries.keys()]).toEqual(['B']);
  });

  test('of two lines about a symbol the later one counts', () => {
    const { entries } = parseDotConfig('CONFIG_A=y\n# CONFIG_A is not set\n', '.config');
    expect(entries.get('A')).toEqual({ symbol: 'A', value: 'n', line: 2 });
  });

  test('a file without a newline at its end is whole', () => {
    expect(parseDotConfig('CONFIG_A=-5', '.config').entries.get('A')!.value).toBe('-5');
  });

  test('an empty file says nothing', () => {
    const { entries, arch, version } = parseDotConfig('', '.config');
    expect([entries.size, arch, version]).toEqual([0, undefined, undefined]);
  });

  const cases: readonly [
    title: string,
    text: string,
    line: number,
    column: number,
    says: string,
  ][] = [
    ['a word', 'CONFIG_A=y\nbanana\n', 2, 1, 'expected CONFIG_NAME=value'],
    ['a name without CONFIG_', 'A=y\n', 1, 1, 'expected CONFIG_NAME=value'],
    ['indentation', ' CONFIG_A=y\n', 1, 1, 'expected CONFIG_NAME=value'],
    ['a space before the sign', 'CONFIG_A =y\n', 1, 1, 'expected CONFIG_NAME=value'],
    ['a missing value', 'CONFIG_A\n', 1, 9, 'expected "=" and a value after CONFIG_A'],
    ['an empty value', 'CONFIG_A=\n', 1, 10, '"" is not y, m, n'],
    ['a word as value', '\n\nCONFIG_A=yes\n', 3, 10, '"yes" is not y, m, n'],
    ['a capital letter', 'CONFIG_A=Y\n', 1, 10, '"Y" is not y, m, n'],
    ['an open text', 'CONFIG_A="b\n', 1, 10, 'is not closed'],
    ['words after a text', 'CONFIG_A="b" c\n', 1, 10, 'is not closed'],
    ['a quote that is escaped', 'CONFIG_A="b\\"\n', 1, 10, 'is not closed'],
  ];
  for (const [title, text, line, column, says] of cases)
    test(`${title}: the error names line ${line}, column ${column}`, () => {
      const error = errorOf(text);
      expect(error.position).toEqual({ file: '.config', line, column });
      expect(error.message).toContain(says);
    });
});
