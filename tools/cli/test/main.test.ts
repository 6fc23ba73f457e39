// What every command has in common: help, versions, misspellings, colours.
import { expect, test } from 'vitest';
import { echoPlayer } from './echo-player.ts';
import { runMain } from './run-main.ts';

const commands = ['run', 'check', 'explain', 'demo'];

test.each(commands)('%s --help shows options, two examples and exit codes', async (command) => {
  const { out, exitCode } = await runMain([command, '--help']);
  expect(exitCode).toBe(0);
  expect(out).toContain(`Usage: pfnmap ${command}`);
  expect(out.match(/^ {2}\$ pfnmap/gm)).toHaveLength(2);
  expect(out).toContain('Exit codes: 0 ');
  expect((await runMain(['help', command])).out).toBe(out);
});

test('--help lists the commands', async () => {
  const { out, exitCode } = await runMain(['--help']);
  expect(exitCode).toBe(0);
  for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
});

test('--version prints the version', async () => {
  expect(await runMain(['--version'])).toEqual({ exitCode: 0, out: '1.2.3\n', err: '' });
});

test('without a command the help goes to standard error', async () => {
  const { out, err, exitCode } = await runMain([]);
  expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 });
  expect(err).toContain('Usage: pfnmap');
});

test.each([
  [['chekc'], 'Did you mean check?'],
  [['check', '--jsn'], 'Did you mean --json?'],
  [['--bogus'], "unknown option '--bogus'"],
  [['explain', '1', '--color', 'blue'], 'Allowed choices are always, never, auto.'],
])('%j is refused', async (args, message) => {
  const { out, err, exitCode } = await runMain(args);
  expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 });
  expect(err).toMatch(/^pfnmap: /);
  expect(err).toContain(message);
});

test.each<[string[], Record<string, string>, boolean, boolean]>([
  [[], {}, false, false],
  [[], {}, true, true],
  [[], { NO_COLOR: '1' }, true, false],
  [[], { NO_COLOR: '' }, true, true],
  [[], { TERM: 'dumb' }, true, false],
  [[], { FORCE_COLOR: '1' }, false, true],
  [[], { FORCE_COLOR: '0' }, true, false],
  [['--color', 'always'], { NO_COLOR: '1' }, false, true],
  [['--color', 'never'], {}, true, false],
])('colour with %j, %j and a terminal %s: %s', async (args, env, isTTY, colored) => {
  const { out } = await runMain(['check', '6.12-x86_64/20-vma-split-in-1g', ...args], {
    env,
    isTTY,
  });
  expect(out.includes('\u001b[')).toBe(colored);
});

test('the demonstration plays both architectures and checks them', async () => {
  const { out, exitCode } = await runMain(['demo']);
  expect(exitCode).toBe(0);
  expect(out).toContain('12 of 12 steps agree with a capture of Linux 6.12.117+deb12-amd64');
  expect(out).toContain('12 of 12 steps agree with a capture of Linux 6.12.117+deb12-arm64');
  expect(out).toContain('order = 18) BAR 2 page offset 0x0: 0x100');
  expect(out).toContain('order = 9) BAR 2 page offset 0x0: 0x100');
});

test('the demonstration fails where the model and the kernel differ', async () => {
  const play = echoPlayer((capture) => ({ capture: { ...capture, log: [] } }));
  const { out, exitCode } = await runMain(['demo'], { play });
  expect(exitCode).toBe(1);
  expect(out).toContain('11 of 12 steps agree');
});

test('what a file smuggles in never reaches the terminal', async () => {
  const stdin =
    '{"machine":{"kernel":"\\u001b[2J","arch":"x86_64","bdf":"b","options":{},"bar2":null}}\n';
  const { out, err } = await runMain(['run', '-'], { stdin });
  expect(out).toContain('--kernel \\u001b[2J');
  expect(`${out}${err}`).not.toContain('\u001b');
});
