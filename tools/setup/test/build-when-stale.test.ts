// Goal: the command line tool recompiles after an edit and costs nothing otherwise. Method: two
// projects on disk, one referencing the other, with their times set by hand.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isStale } from '../src/build-when-stale.mjs';

let folder: string;
let cli: URL;

function write(path: string, seconds: number, text = '{}'): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, seconds, seconds);
  utimesSync(dirname(file), 50, 50);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfnmap-stale-'));
  cli = pathToFileURL(`${folder}/cli/`);
  write('cli/tsconfig.json', 100, '{ "references": [{ "path": "../machine" }] }');
  write('cli/src/main.ts', 100);
  write('cli/dist/.tsbuildinfo', 200);
  write('machine/tsconfig.json', 100);
  write('machine/src/deep/machine.ts', 100);
  write('machine/dist/.tsbuildinfo', 200);
  utimesSync(join(folder, 'machine/src'), 50, 50);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was compiled after the last edit is fresh', () => {
  expect(isStale(cli)).toBe(false);
});

test('what was never compiled is stale', () => {
  rmSync(join(folder, 'cli/dist'), { recursive: true });
  expect(isStale(cli)).toBe(true);
});

test.each(['cli/src/main.ts', 'cli/tsconfig.json', 'machine/src/deep/machine.ts'])(
  'an edit of %s makes it stale',
  (path) => {
    write(path, 300, path === 'cli/tsconfig.json' ? '{}' : '');
    expect(isStale(cli)).toBe(true);
  },
);

test('projects that reference each other are looked at once', () => {
  write('machine/tsconfig.json', 100, '{ "references": [{ "path": "../cli" }] }');
  expect(isStale(cli)).toBe(false);
});
