/**
 * Goal: every scenario gets a capture, however its kernel ends. Method: an emulator that is a
 * function, which reads the scenarios off its initrd and answers as the guest would.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { guestFingerprint } from '../src/guest-files.ts';
import type { LabEvent } from '../src/reporter.ts';
import { labRun } from '../src/run/run.ts';
import { findTarget } from '../src/target/find.ts';
import { type Call, type FakeCommand, fakeHost } from './fake-host.ts';

const HEAD = '@kernel 6.12.0-test\n@arch x86_64\n@bdf 0000:00:05.0\n';

let cacheDir: string;
let folder: string;

beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'pfnmap-run-'));
  folder = mkdtempSync(join(tmpdir(), 'pfnmap-scn-'));
  const target = join(cacheDir, 'targets', '6.12-x86_64');
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'initrd.gz'), gzipSync('base'));
  const { packages: _packages, ...rest } = findTarget('6.12-x86_64');
  const record = { target: rest, release: '6.12.0-test', guest: guestFingerprint() };
  writeFileSync(join(target, 'target.json'), JSON.stringify(record));
});

function scenario(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The names of the scenarios in the initrd of a boot. */
function scenariosOf(call: Call): string[] {
  const path = call.args[call.args.indexOf('-initrd') + 1]!;
  return [...readFileSync(path, 'latin1').matchAll(/scn\/([\w.-]+\.scn)/g)].map(
    (match) => match[1]!,
  );
}

/** A guest that answers each scenario, and dies in one whose name starts with "die". */
const guest: FakeCommand = (call) => {
  let text = HEAD;
  for (const name of scenariosOf(call)) {
    text += `@begin ${name}\n> vfio\n`;
    if (name.startsWith('die')) return `${text}[    1.000000] Kernel panic - not syncing: test\n`;
    text += `{"vfio":0}\n@end ${name}\n`;
  }
  return `${text}@done\n`;
};

function run(emulator: FakeCommand, files: string[], options: Parameters<typeof labRun>[2] = {}) {
  const host = fakeHost({ 'qemu-system-x86_64': emulator });
  return labRun('6.12-x86_64', files, { cacheDir, host, ...options }).then((report) => ({
    report,
    host,
  }));
}

describe('labRun', () => {
  test('writes a capture beside each scenario, from one boot', async () => {
    const { report } = await run(guest, [scenario('a.scn', 'vfio\n'), scenario('b.scn', 'vfio\n')]);
    expect(report).toMatchObject({ boots: 1, release: '6.12.0-test' });
    expect(readFileSync(join(folder, 'a.jsonl'), 'utf8')).toBe(
      '{"machine":{"kernel":"6.12.0-test","arch":"x86_64","bdf":"0000:00:05.0","options":{},"bar2":null}}\n' +
        '{"step":"vfio","answers":[{"vfio":0}]}\n',
    );
    expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'a.scn', 'b.jsonl', 'b.scn']);
  });

  test('boots again for the scenarios after one in which the kernel died', async () => {
    const files = ['a.scn', 'die.scn', 'z.scn'].map((name) => scenario(name, 'vfio\n'));
    const { report } = await run(guest, files);
    expect(report.boots).toBe(2);
    expect(report.captures.map(({ path, crash }) => [path.replace(/.*\//, ''), crash])).toEqual([
      ['a.jsonl', []],
      ['die.jsonl', ['Kernel panic - not syncing: test']],
      ['z.jsonl', []],
    ]);
    expect(readFileSync(join(folder, 'die.jsonl'), 'utf8').split('\n')[1]).toBe(
      '{"step":"vfio","answers":[],"crash":["Kernel panic - not syncing: test"]}',
    );
  });

  test('boots once for each machine, with a sparse BAR of its size', async () => {
    const sizes: number[] = [];
    const measure: FakeCommand = (call) => {
      const object = call.args.find((arg) => arg.startsWith('memory-backend-file'))!;
      sizes.push(statSync(/mem-path=([^,]+)/.exec(object)![1]!).size);
      return guest(call);
    };
    const files = [
      scenario('a.scn', 'machine bar=64G\nvfio\n'),
      scenario('b.scn', 'machine bar=64K\nvfio\n'),
    ];
    const { report } = await run(measure, files);
    expect(report.boots).toBe(2);
    expect(sizes).toEqual([64 * 2 ** 30, 64 * 2 ** 10]);
    expect(readdirSync(join(cacheDir, 'boots'))).toEqual([]);
  });

  test('a guest that is silent for too long is stopped, and its step says so', async () => {
    const hang: FakeCommand = (call) =>
      new Promise((resolve) => {
        const text = `${HEAD}@begin ${scenariosOf(call)[0]}\n> vfio\n`;
        call.options.onOutput?.(text);
        call.options.signal?.addEventListener('abort', () => resolve(text));
      });
    const { report } = await run(hang, [scenario('a.scn', 'vfio\n')], { silenceSeconds: 0.01 });
    expect(report.captures[0]!.crash).toEqual(['no answer']);
  });

  test('an interrupted run keeps what is finished and does not call it a crash', async () => {
    const stop = new AbortController();
    const interrupted: FakeCommand = () => {
      stop.abort();
      return `${HEAD}@begin a.scn\n> vfio\n{"vfio":0}\n@end a.scn\n@begin b.scn\n> vfio\n`;
    };
    const files = ['a.scn', 'b.scn'].map((name) => scenario(name, 'vfio\n'));
    const promise = run(interrupted, files, { signal: stop.signal });
    await expect(promise).rejects.toMatchObject({ code: 'interrupted' });
    expect(readdirSync(folder)).toContain('a.jsonl');
    expect(readdirSync(folder)).not.toContain('b.jsonl');
  });

  test('a boot that runs nothing is tried once more', async () => {
    let boots = 0;
    const late: FakeCommand = (call) => (boots++ === 0 ? 'timer does not work\n' : guest(call));
    const { report } = await run(late, [scenario('a.scn', 'vfio\n')]);
    expect(report).toMatchObject({ boots: 2, captures: [{ crash: [] }] });
  });

  test('a guest that runs nothing twice is an error with the end of its console', async () => {
    const dead: FakeCommand = () => 'No working init found.\n';
    const promise = run(dead, [scenario('a.scn', 'vfio\n')]);
    await expect(promise).rejects.toThrow(/ran no scenario[\s\S]*No working init found/);
  });

  test('a target that is not set up is an error with the command that does it', async () => {
    const promise = labRun('7.3-arm64', [], { cacheDir, host: fakeHost({}) });
    await expect(promise).rejects.toThrow(/pfnmap lab setup 7\.3-arm64/);
  });

  test('events tell of boots, scenarios and captures', async () => {
    const events: LabEvent[] = [];
    const speak: FakeCommand = async (call) => {
      const text = (await guest(call)) as string;
      call.options.onOutput?.(text);
      return text;
    };
    await run(speak, [scenario('a.scn', 'vfio\n')], { reporter: (event) => events.push(event) });
    expect(events.map((event) => event.type)).toEqual([
      'boot-start',
      'scenario-start',
      'scenario-end',
      'capture',
      'boot-end',
    ]);
  });

  test('console logs are kept where they are asked for', async () => {
    const logDir = join(folder, 'logs');
    await run(guest, [scenario('a.scn', 'vfio\n')], { logDir, outDir: join(folder, 'out') });
    expect(readFileSync(join(logDir, 'boot-1.log'), 'utf8')).toContain('@done');
    expect(readdirSync(join(folder, 'out'))).toEqual(['a.jsonl']);
  });
});
