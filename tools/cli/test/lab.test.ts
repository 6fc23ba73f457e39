// Goal: the lab answers on the command line without a stack trace, ready or not. Method: the commands in a cache folder that
// is empty, so that nothing is fetched or booted.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { confirmPackages } from '../src/confirm-packages.ts';
import { runMain } from './run-main.ts';

let cache = '';
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'pfnmap-lab-'));
  vi.stubEnv('PFNMAP_LAB_DIR', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

test('doctor tells of a target that is not set up', async () => {
  const { out } = await runMain(['lab', 'doctor', '6.12-x86_64']);
  expect(out).toMatch(
    /^target +set up +release +emulator +missing\n6\.12-x86_64 +absent +- +(installed|to be fetched) /,
  );
});

test('doctor tells programs the same as JSON', async () => {
  const { out } = await runMain(['lab', 'doctor', '6.12-arm64', '--json']);
  const { format, targets } = JSON.parse(out) as { format: string; targets: { setup: string }[] };
  expect(format).toBe('pfnmap-lab-doctor/1');
  expect(targets).toMatchObject([{ target: '6.12-arm64', setup: 'absent', canRun: false }]);
});

test('a target that does not exist is wrong input', async () => {
  const { err, exitCode } = await runMain(['lab', 'doctor', '5.10-mips']);
  expect(exitCode).toBe(2);
  expect(err).toContain('5.10-mips');
  expect(err).toContain('6.12-x86_64');
});

test('a run without a set-up says which command makes it', async () => {
  const { err, exitCode } = await runMain(['lab', 'run', '6.12-x86_64', 'any.scn']);
  expect(exitCode).toBe(3);
  expect(err).toContain('pfnmap lab setup 6.12-x86_64');
});

test('a kernel of one’s own is an image, modules and headers together', async () => {
  const { err, exitCode } = await runMain(['lab', 'setup', '6.12-x86_64', '--kernel', 'bzImage']);
  expect(exitCode).toBe(2);
  expect(err).toContain('--kernel, --modules and --headers');
});

test('a file of one’s own kernel that is not there is named before anything is fetched', async () => {
  const files = ['--kernel', 'no/bzImage', '--modules', cache, '--headers', cache];
  const { err, exitCode } = await runMain(['lab', 'setup', '6.12-x86_64', ...files]);
  expect(exitCode).toBe(2);
  expect(err).toContain('there is no no/bzImage');
});

test('packages are installed after a yes only, and the question names them and the command', async () => {
  const asked: string[] = [];
  const answered = (answer: string) =>
    confirmPackages({
      ask: (question) => {
        asked.push(question);
        return Promise.resolve(answer);
      },
    })(['xz-utils'], 'apt-get install xz-utils');
  for (const yes of ['y', 'Y', ' yes ']) expect(await answered(yes)).toBe(true);
  for (const no of ['', 'n', 'maybe', 'yesterday']) expect(await answered(no)).toBe(false);
  expect(asked[0]).toBe('This host lacks xz-utils. Run “apt-get install xz-utils”? [y/N] ');
  expect(await confirmPackages({})(['xz-utils'], 'apt-get install xz-utils')).toBe(false);
});
