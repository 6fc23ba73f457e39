// Goal: a changed declaration never passes without its report. Method: a small workspace of two
// packages, made anew for each test, whose declarations are edited between two runs.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reportAll } from '../src/report.ts';

let root: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function addPackage(name: string, declarations: string): void {
  const manifest = {
    name: `@pfnmap/${name}`,
    version: '0.1.0',
    type: 'module',
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  };
  write(`packages/${name}/package.json`, JSON.stringify(manifest));
  write(`packages/${name}/src/index.ts`, '');
  write(`packages/${name}/dist/index.d.ts`, declarations);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pfnmap-api-'));
  addPackage('alpha', "export { pte_none } from './none.ts';\n");
  write(
    'packages/alpha/dist/none.d.ts',
    'export declare function pte_none(word: number): boolean;\n',
  );
  addPackage('beta', 'export declare const PMD_SHIFT = 21;\n');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const states = (mode: boolean): string[] =>
  reportAll(root, mode).map(({ name, state }) => `${name} ${state}`);

test('a report that is missing is outdated, and writing makes it', () => {
  expect(states(false)).toEqual(['alpha outdated', 'beta outdated']);
  expect(states(true)).toEqual(['alpha written', 'beta written']);
  expect(states(false)).toEqual(['alpha unchanged', 'beta unchanged']);
  const report = readFileSync(join(root, 'packages/alpha/etc/alpha.api.md'), 'utf8');
  expect(report).toContain('export function pte_none(word: number): boolean;');
});

test('a changed declaration makes the report of its own package outdated', () => {
  states(true);
  write(
    'packages/alpha/dist/none.d.ts',
    'export declare function pte_none(word: bigint): boolean;\n',
  );
  expect(states(false)).toEqual(['alpha outdated', 'beta unchanged']);
});

test('a docstring that inherits from nothing fails with the place', () => {
  write(
    'packages/beta/dist/index.d.ts',
    '/** {@inheritDoc absent} */\nexport declare const PMD_SHIFT = 21;\n',
  );
  const beta = reportAll(root, true)[1]!;
  expect(beta.state).toBe('failed');
  expect(beta.messages.join()).toContain('packages/beta/dist/index.d.ts:2');
});

test('a package that has not been compiled is an error that names it', () => {
  rmSync(join(root, 'packages/beta/dist'), { recursive: true });
  expect(() => reportAll(root, false)).toThrow('not compiled: beta');
});

test('the order in which the compiler meets the literals of a union makes no difference', () => {
  const thp = (union: string): string => `export declare const thp: ${union};\n`;
  addPackage('beta', thp('"never" | "always" | "madvise"'));
  states(true);
  const report = readFileSync(join(root, 'packages/beta/etc/beta.api.md'), 'utf8');
  expect(report).toContain('"always" | "madvise" | "never"');
  addPackage('beta', thp('"madvise" | "never" | "always"'));
  expect(states(false)).toEqual(['alpha unchanged', 'beta unchanged']);
});
