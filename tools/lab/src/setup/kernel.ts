import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeFolderAtomic, readJson } from '../cache.ts';
import type { PrivateApt } from '../debian/apt.ts';
import { packageName } from '../debian/release.ts';
import { unpackDeb } from '../debian/unpack.ts';
import { LabError } from '../errors.ts';
import type { LabTarget, OwnKernel } from '../target/target.ts';
import type { SetupContext } from './context.ts';
import { findModules, readModule } from './module-file.ts';

/** The folder of a target that holds `vmlinuz`, `config`, `busybox` and `modules/`. */
export function kernelFolder(context: SetupContext, name: string): string {
  return join(context.paths.target(name), 'kernel');
}

/** The release in the target's kernel folder, if a finished step left one. */
export function kernelRelease(context: SetupContext, name: string): string | undefined {
  return readJson<{ release: string }>(join(kernelFolder(context, name), 'release.json'))?.release;
}

/** Takes the kernel, its configuration, the guest's modules and busybox out of Debian's packages. */
export async function takeDebianKernel(
  context: SetupContext,
  apt: PrivateApt,
  target: LabTarget,
  release: string,
  progress: (bytes: number, totalBytes: number) => void,
): Promise<void> {
  const packages = [
    ...target.packages.kernel.map((pattern) => packageName(pattern, release)),
    'busybox-static',
  ].map((name) => `${name}:${target.debianArch}`);
  const total = await apt.sizeOf(packages);
  await makeFolderAtomic(kernelFolder(context, target.name), async (folder) => {
    const downloads = join(folder, 'deb');
    const unpacked = join(folder, 'unpacked');
    const debs = await apt.download(packages, downloads, (bytes) => progress(bytes, total));
    for (const deb of debs) await unpackDeb(context.host, deb, unpacked, context.signal);
    const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const pick = (what: RegExp, to: string, optional = false) => {
      const from = files.find((path) => what.test(path));
      if (from !== undefined) copyFileSync(from, join(folder, to));
      else if (!optional)
        throw new LabError('no-package', `${packages.join(', ')}: no file ${what}`);
    };
    pick(/\/vmlinuz(-[^/]*)?$/, 'vmlinuz');
    pick(/\/config(-[^/]*)?$/, 'config', true);
    pick(/\/busybox$/, 'busybox');
    await takeModules(context, target, unpacked, join(folder, 'modules'));
    rmSync(downloads, { recursive: true });
    rmSync(unpacked, { recursive: true });
    writeFileSync(join(folder, 'release.json'), JSON.stringify({ release }));
  });
}

/** Takes a kernel of one's own; busybox still comes from Debian. */
export async function takeOwnKernel(
  context: SetupContext,
  apt: PrivateApt,
  target: LabTarget,
  own: OwnKernel,
): Promise<void> {
  await makeFolderAtomic(kernelFolder(context, own.name), async (folder) => {
    copyFileSync(own.kernel, join(folder, 'vmlinuz'));
    const config = join(own.headers, '.config');
    if (existsSync(config)) copyFileSync(config, join(folder, 'config'));
    await takeModules(context, target, own.modules, join(folder, 'modules'));
    const packages = [`busybox-static:${target.debianArch}`];
    const [deb] = await apt.download(packages, join(folder, 'deb'));
    await unpackDeb(context.host, deb!, join(folder, 'unpacked'), context.signal);
    const busybox = ['bin/busybox', 'usr/bin/busybox']
      .map((name) => join(folder, 'unpacked', name))
      .find((path) => existsSync(path));
    copyFileSync(busybox!, join(folder, 'busybox'));
    rmSync(join(folder, 'deb'), { recursive: true });
    rmSync(join(folder, 'unpacked'), { recursive: true });
    writeFileSync(join(folder, 'release.json'), JSON.stringify({ release: basename(own.modules) }));
  });
}

async function takeModules(context: SetupContext, target: LabTarget, from: string, to: string) {
  mkdirSync(to, { recursive: true });
  for (const [name, path] of findModules(from, target.modules)) {
    const file = join(to, `${name}.ko`);
    writeFileSync(file, await readModule(context.host, path, context.signal));
  }
}
