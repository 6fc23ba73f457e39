/**
 * Goal: a program is found, or brought without installing it. Method: fake hosts, whose tar writes
 * the files of a package.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { debianProgram } from '../src/debian/program.ts';
import { type FakeCommand, type FakeHost, fakeHost } from './fake-host.ts';

let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'pfnmap-program-'));
});

const aptGet: FakeCommand = ({ args }) =>
  args.includes('--print-uris') ? "'http://d/redis.deb' redis.deb 1000 " : '';

/** What unpacking the package leaves in the folder, the last argument of the script. */
function unpacks(...files: readonly string[]): FakeCommand {
  return ({ args }) => {
    for (const file of files) {
      const path = join(args.at(-1)!, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
    }
    return '';
  };
}

function hostWith(sh: FakeCommand): FakeHost {
  return fakeHost({ 'apt-get': aptGet, 'apt-config': () => '', 'dpkg-deb': () => '', tar: sh, sh });
}

const redis = { name: 'redis-server', package: 'redis-server' };

test('a program on PATH is taken as it is', async () => {
  const host = fakeHost({ 'redis-server': () => '' });
  expect(await debianProgram({ ...redis, host, cacheDir })).toEqual(['/usr/bin/redis-server']);
  expect(host.calls).toEqual([]);
});

test('another is unpacked with its libraries and started by its own loader', async () => {
  const host = hostWith(
    unpacks(
      'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
      'usr/lib/x86_64-linux-gnu/libjemalloc.so.2',
      'usr/bin/redis-server',
    ),
  );
  const root = join(cacheDir, 'programs', 'redis-server');
  expect(await debianProgram({ ...redis, host, cacheDir })).toEqual([
    join(root, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'),
    '--library-path',
    `${join(root, 'lib/x86_64-linux-gnu')}:${join(root, 'usr/lib/x86_64-linux-gnu')}`,
    join(root, 'usr/bin/redis-server'),
  ]);
  const calls = host.calls.length;
  await debianProgram({ ...redis, host, cacheDir });
  expect(host.calls).toHaveLength(calls);
});

test('without APT it says what to install', async () => {
  const promise = debianProgram({ ...redis, host: fakeHost({}), cacheDir });
  await expect(promise).rejects.toThrow(/no redis-server on this host[\s\S]*Install redis-server/);
});
