// Goal: a clone installs once, again when what it depends on changes, and says what is wrong when it
// cannot. Method: the parts on texts and on small folders made for each test; no registry is asked.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { explainFailure } from '../src/explain-failure.mjs';
import { fingerprint } from '../src/fingerprint.mjs';
import { satisfiesFloor } from '../src/node-version.mjs';
import { prepareWorkspace } from '../src/prepare-workspace.mjs';

let folder: string;
let root: URL;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfnmap-setup-'));
  root = pathToFileURL(`${folder}/`);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const manifest = (node: string): string =>
  JSON.stringify({ packageManager: 'pnpm@10.34.8', engines: { node } });

test.each([
  ['v20.19.0', '>=20.19', true],
  ['v20.20.2', '>=20.19', true],
  ['v22.0.0', '>=20.19', true],
  ['v20.18.9', '>=20.19', false],
  ['v18.20.0', '>=20.19', false],
  ['v20.19.0', '>=20.19.1', false],
])('%s satisfies %s: %s', (version, range, satisfied) => {
  expect(satisfiesFloor(version, range)).toBe(satisfied);
});

test('a range in another form is refused', () => {
  expect(() => satisfiesFloor('v20.19.0', '^20')).toThrow('>=MAJOR.MINOR');
});

test('the fingerprint changes with the lock file and with every manifest, and with nothing else', () => {
  write('pnpm-lock.yaml', 'a');
  write('packages/kconfig/package.json', '{}');
  const before = fingerprint(root);
  write('packages/kconfig/src/index.ts', 'export {};');
  expect(fingerprint(root)).toBe(before);
  write('packages/kconfig/package.json', '{ "version": "1.0.0" }');
  const after = fingerprint(root);
  expect(after).not.toBe(before);
  write('pnpm-lock.yaml', 'b');
  expect(fingerprint(root)).not.toBe(after);
});

test('nothing is said or done when the fingerprint matches', async () => {
  const said = vi.spyOn(console, 'error');
  write('package.json', manifest('>=20.19'));
  write('node_modules/.pfnmap-setup', fingerprint(root));
  expect(await prepareWorkspace(root)).toBe(0);
  expect(said).not.toHaveBeenCalled();
});

test('an old Node ends with exit code 3 and the version that is needed', async () => {
  const said = vi.spyOn(console, 'error').mockReturnValue();
  write('package.json', manifest('>=99.1'));
  expect(await prepareWorkspace(root)).toBe(3);
  expect(said.mock.calls.join()).toContain('pfnmap needs Node >=99.1');
});

test.each([
  ['request failed, reason: getaddrinfo ENOTFOUND registry.npmjs.org', 'could not be reached'],
  ['ERR_PNPM_OUTDATED_LOCKFILE', 'npm run lock'],
  ['ERR_PNPM_UNSUPPORTED_ENGINE', 'version of Node'],
  ['ENOSPC: no space left on device', 'disk is full'],
  ['EACCES: permission denied', 'who owns node_modules/'],
  ['something else', 'Try `npx pnpm install` by hand'],
])('"%s" is explained', (output, explanation) => {
  expect(explainFailure(output, 'npx pnpm install')).toContain(explanation);
});
