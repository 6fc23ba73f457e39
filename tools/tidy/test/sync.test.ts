// Goal: references are written where manifests imply them, and nothing else changes. Method: texts
// in and out, then a workspace of two packages on disk.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { syncProjects, withReferences } from '../src/sync.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pfnmap-tidy-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, value: unknown): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof value === 'string' ? value : JSON.stringify(value));
}

test('references are added after the last field', () => {
  expect(withReferences('{\n  "include": ["src"]\n}\n', ['../kconfig'])).toBe(
    '{\n  "include": ["src"],\n  "references": [{ "path": "../kconfig" }]\n}\n',
  );
});

test('references are replaced, wherever they stood', () => {
  const text = '{\n  "references": [\n    { "path": "../old" }\n  ]\n}\n';
  expect(withReferences(text, ['../new'])).toBe('{\n  "references": [{ "path": "../new" }]\n}\n');
});

test('references that nothing implies are removed', () => {
  const text = '{\n  "include": ["src"],\n  "references": [{ "path": "../old" }]\n}\n';
  expect(withReferences(text, [])).toBe('{\n  "include": ["src"]\n}\n');
});

test('a second run changes nothing', () => {
  const scripts = { build: 'tsc -b' };
  write('tsconfig.json', '{\n  "files": []\n}\n');
  write('LICENSE', 'MIT');
  write('packages/kconfig/LICENSE', 'MIT');
  write('packages/kconfig/package.json', { name: '@pfnmap/kconfig', scripts });
  write('packages/kconfig/tsconfig.json', '{\n  "include": ["src"]\n}\n');
  write('packages/mm-core/package.json', {
    name: '@pfnmap/mm-core',
    scripts,
    dependencies: { '@pfnmap/kconfig': 'workspace:^' },
  });
  write('packages/mm-core/tsconfig.json', '{\n  "include": ["src"]\n}\n');
  write('packages/mm-core/test/first.test.ts', '');
  expect(syncProjects(root).sort()).toEqual([
    'packages/mm-core/LICENSE',
    'packages/mm-core/test/tsconfig.json',
    'packages/mm-core/tsconfig.json',
    'tsconfig.json',
  ]);
  expect(syncProjects(root)).toEqual([]);
  const project = JSON.parse(
    readFileSync(join(root, 'packages/mm-core/test/tsconfig.json'), 'utf8'),
  );
  expect(project.references).toEqual([{ path: '..' }, { path: '../../kconfig' }]);
});
