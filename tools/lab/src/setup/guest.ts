import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeFolderAtomic, readJson, writeFileAtomic } from '../cache.ts';
import type { BuildRoot } from '../debian/build-root.ts';
import { crossPrefix } from '../debian/suite.ts';
import { GUEST_DIR, guestFingerprint, guestSources } from '../guest-files.ts';
import { runCommand } from '../host/command.ts';
import { type CpioEntry, cpioArchive } from '../run/cpio.ts';
import type { LabTarget } from '../target/target.ts';
import type { SetupContext } from './context.ts';
import { kernelFolder } from './kernel.ts';
import { targetFiles } from './record.ts';

/** Where the guest is compiled: how to run a command there, and a folder as seen from both sides. */
export interface Workshop {
  run(what: string, folder: string, command: readonly string[]): Promise<string>;
  readonly outside: string;
  readonly inside: string;
  /** The headers, as seen from inside. */
  readonly headers: string;
}

/** The workshop in a build root. */
export function rootWorkshop(root: BuildRoot, target: LabTarget, headers: string): Workshop {
  return {
    run: (what, folder, command) => root.run(what, folder, command),
    outside: join(root.path, 'build', target.name),
    inside: `/build/${target.name}`,
    headers,
  };
}

/** The workshop on the host itself, for a kernel of one's own. */
export function hostWorkshop(context: SetupContext, name: string, headers: string): Workshop {
  const folder = join(context.paths.target(name), 'build');
  return {
    run: (what, cwd, [command, ...args]) =>
      runCommand(context.host, what, command!, args, { cwd, signal: context.signal }),
    outside: folder,
    inside: folder,
    headers,
  };
}

/** The folder of a target that holds `pfnlab.ko` and `run`. */
export function guestFolder(context: SetupContext, name: string): string {
  return join(context.paths.target(name), 'guest');
}

/** Whether the guest's programs are there, built from these sources against this release. */
export function guestKept(context: SetupContext, name: string, release: string): boolean {
  const path = join(guestFolder(context, name), 'built.json');
  const built = readJson<{ release: string; guest: string }>(path);
  return built?.release === release && built.guest === guestFingerprint();
}

/** Compiles the module against the kernel's headers, and the runner. */
export async function buildGuest(
  context: SetupContext,
  target: LabTarget,
  release: string,
  workshop: Workshop,
): Promise<void> {
  const prefix = crossPrefix(context.host.architecture, target.debianArch);
  const sources = guestSources();
  rmSync(workshop.outside, { recursive: true, force: true });
  for (const name of [...sources.module, ...sources.runner]) {
    const to = join(workshop.outside, name);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(GUEST_DIR, name), to);
  }
  const cross = prefix === '' ? [] : [`CROSS_COMPILE=${prefix}`];
  const arch = `ARCH=${target.arch}`;
  await workshop.run('build the kernel module', workshop.inside, [
    'make',
    '-C',
    workshop.headers,
    `M=${workshop.inside}/module`,
    arch,
    ...cross,
    'modules',
  ]);
  await workshop.run('strip the kernel module', workshop.inside, [
    `${prefix}strip`,
    '-g',
    'module/pfnlab.ko',
  ]);
  await workshop.run('build the scenario runner', `${workshop.inside}/run`, [
    `${prefix}gcc`,
    '-D_GNU_SOURCE',
    '-O1',
    '-static',
    '-Wall',
    '-o',
    '../runner',
    ...sources.runner.filter((name) => name.endsWith('.c')).map((name) => basename(name)),
  ]);
  await makeFolderAtomic(guestFolder(context, target.name), async (folder) => {
    copyFileSync(join(workshop.outside, 'module', 'pfnlab.ko'), join(folder, 'pfnlab.ko'));
    copyFileSync(join(workshop.outside, 'runner'), join(folder, 'run'));
    chmodSync(join(folder, 'run'), 0o755);
    const built = { release, guest: guestFingerprint() };
    writeFileSync(join(folder, 'built.json'), JSON.stringify(built));
  });
  rmSync(workshop.outside, { recursive: true, force: true });
}

/** Packs the first root file system: busybox, modules, init, runner. Scenarios are added at boot. */
export function packInitrd(context: SetupContext, target: LabTarget): void {
  const kernel = kernelFolder(context, target.name);
  const guest = guestFolder(context, target.name);
  const folder = (name: string): CpioEntry => ({ name, mode: 0o755 });
  const file = (name: string, path: string, mode = 0o755): CpioEntry => ({
    name,
    mode,
    content: readFileSync(path),
  });
  const modules = target.modules.flatMap((name) => {
    const path = join(kernel, 'modules', `${name}.ko`);
    return existsSync(path) ? [file(`mod/${name}.ko`, path, 0o644)] : [];
  });
  const archive = cpioArchive([
    ...['bin', 'proc', 'sys', 'dev', 'mod', 'tmp', 'scn'].map(folder),
    file('bin/busybox', join(kernel, 'busybox')),
    file('bin/run', join(guest, 'run')),
    file('init', join(GUEST_DIR, 'init')),
    file('mod/pfnlab.ko', join(guest, 'pfnlab.ko'), 0o644),
    ...modules,
  ]);
  writeFileAtomic(targetFiles(context.paths, target.name).initrd, gzipSync(archive, { level: 1 }));
}
