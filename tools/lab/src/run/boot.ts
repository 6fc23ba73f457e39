import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CachePaths } from '../cache.ts';
import { LineSplitter } from '../console/line-splitter.ts';
import { LabError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Reporter } from '../reporter.ts';
import { targetFiles } from '../setup/record.ts';
import { parseSize } from '../size.ts';
import type { LabTarget } from '../target/target.ts';
import { cpioArchive, joinArchives } from './cpio.ts';
import { DEFAULT_BAR, emulatorArgs } from './emulator.ts';
import { type EmulatorProgram, findEmulator } from './emulator-program.ts';
import type { BootGroup } from './group.ts';

/** What a boot needs besides its scenarios. */
export interface BootContext {
  readonly host: Host;
  readonly paths: CachePaths;
  readonly target: LabTarget;
  readonly reporter: Reporter;
  /** Seconds without a word from the guest, after which it counts as hung. */
  readonly silenceSeconds: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Boots the target once with a group's scenarios; tells what it says on its console as it comes, and
 * returns all of it.
 */
export async function boot(
  context: BootContext,
  group: BootGroup,
  onConsole: (text: string) => void,
): Promise<string> {
  const { paths, target, reporter } = context;
  mkdirSync(paths.boots, { recursive: true });
  const folder = mkdtempSync(join(paths.boots, `${target.name}-`));
  const start = Date.now();
  reporter({
    type: 'boot-start',
    target: target.name,
    options: group.options,
    scenarios: group.scenarios.length,
  });
  try {
    const files = prepareFiles(paths, target, group, folder);
    const args = emulatorArgs(target, group.options, files);
    return await watchGuest(context, args, start, onConsole);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    reporter({ type: 'boot-end', elapsed: Date.now() - start });
  }
}

function prepareFiles(paths: CachePaths, target: LabTarget, group: BootGroup, folder: string) {
  const { kernel, initrd } = targetFiles(paths, target.name);
  const files = { kernel, initrd: join(folder, 'initrd'), bar: join(folder, 'bar') };
  const scenarios = cpioArchive([
    { name: 'scn', mode: 0o755 },
    ...group.scenarios.map((scenario) => ({
      name: `scn/${scenario.name}`,
      mode: 0o644,
      content: Buffer.from(scenario.text),
    })),
  ]);
  writeFileSync(files.initrd, joinArchives([readFileSync(initrd), scenarios]));
  writeFileSync(files.bar, '');
  truncateSync(files.bar, parseSize(group.options.bar ?? DEFAULT_BAR));
  return files;
}

function emulatorOf({ host, paths, target }: BootContext): EmulatorProgram {
  const emulator = findEmulator(host, paths, target.emulator);
  if (emulator !== undefined) return emulator;
  const what = `There is no ${target.emulator.command} here.`;
  throw new LabError('missing-on-host', what, `pfnmap lab setup ${target.name}`);
}

/** Runs the emulator to its end, or until the guest has been silent for too long. */
async function watchGuest(
  context: BootContext,
  args: string[],
  start: number,
  onConsole: (text: string) => void,
): Promise<string> {
  const stop = new AbortController();
  const splitter = new LineSplitter();
  let timer: NodeJS.Timeout | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), context.silenceSeconds * 1000);
  };
  const onOutput = (text: string) => {
    heard();
    for (const line of splitter.take(text)) {
      reportScenario(context.reporter, line, Date.now() - start);
    }
    onConsole(text);
  };
  const abort = () => stop.abort();
  context.signal?.addEventListener('abort', abort);
  heard();
  try {
    const { command, args: first, env } = emulatorOf(context);
    const options = { env, signal: stop.signal, onOutput };
    const result = await context.host.exec(command, [...first, ...args], options);
    return result.output;
  } finally {
    clearTimeout(timer);
    context.signal?.removeEventListener('abort', abort);
  }
}

function reportScenario(reporter: Reporter, line: string, elapsed: number): void {
  const match = /^@(begin|end) (\S+)/.exec(line);
  if (!match) return;
  const type = match[1] === 'begin' ? 'scenario-start' : 'scenario-end';
  reporter({ type, scenario: match[2]!, elapsed });
}
