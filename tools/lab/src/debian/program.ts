import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CachePaths, cachePaths, defaultCacheDir, makeFolderAtomic } from '../cache.ts';
import { LabError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { nodeHost } from '../host/node-host.ts';
import { PrivateApt } from './apt.ts';
import { DEBIAN_MIRRORS, hostMirrors } from './mirror.ts';
import { findSuite } from './suite.ts';
import { unpackDeb } from './unpack.ts';

/** Which program to find or to fetch. */
export interface ProgramOptions {
  /** Its name on PATH, also its file in `usr/bin` of the package: `redis-server`. */
  readonly name: string;
  /** The Debian package that holds it. */
  readonly package: string;
  readonly cacheDir?: string;
  readonly host?: Host;
  readonly signal?: AbortSignal;
}

/** A program that was unpacked from its package, and how it is started. */
export interface UnpackedProgram {
  /** The folder that holds what would be installed to `/`. */
  readonly root: string;
  /** Its folder of libraries in `usr/lib`, for what it loads itself. */
  readonly libraries: string;
  /** The words that start it: its own loader first, since the host's libraries may be others. */
  readonly words: readonly [string, ...string[]];
}

/** The program as an earlier {@link fetchProgram} left it, or undefined. */
export function unpackedProgram(paths: CachePaths, name: string): UnpackedProgram | undefined {
  const root = paths.program(name);
  return existsSync(root) ? startedFrom(root, name) : undefined;
}

/**
 * The words that start a program: the one on PATH, else one unpacked from Debian's packages into
 * the cache with every library it needs. Nothing is installed and nothing runs as another user.
 *
 * Throws {@link LabError}: `missing-on-host` without APT, `command-failed`, `interrupted`.
 */
export async function debianProgram(options: ProgramOptions): Promise<readonly string[]> {
  const host = options.host ?? nodeHost();
  const found = host.find(options.name);
  if (found !== undefined) return [found];
  const paths = cachePaths(options.cacheDir ?? defaultCacheDir(host.env));
  const there = unpackedProgram(paths, options.name);
  return (there ?? (await fetchProgram(host, paths, options))).words;
}

/** Unpacks a program and all that it depends on; `watch` hears how many bytes of how many are here. */
export async function fetchProgram(
  host: Host,
  paths: CachePaths,
  options: Pick<ProgramOptions, 'name' | 'package' | 'signal'>,
  watch?: (bytes: number, totalBytes: number) => void,
): Promise<UnpackedProgram> {
  const missing = ['apt-get', 'dpkg-deb', 'tar'].filter((tool) => host.find(tool) === undefined);
  if (missing.length > 0) {
    const what = `There is no ${options.name} on this host, and no ${missing.join(', ')} to fetch it with.`;
    throw new LabError('missing-on-host', what, `Install ${options.name}.`);
  }
  const apt = new PrivateApt(host, paths.apt('bookworm'), options.signal);
  await apt.update(findSuite('bookworm'), { ...DEBIAN_MIRRORS, ...hostMirrors() });
  const plan = await apt.planInstall([options.package]);
  const total = plan.reduce((sum, { bytes }) => sum + bytes, 0);
  const debs = await apt.downloadInstall([options.package], (bytes) => watch?.(bytes, total));
  const root = paths.program(options.name);
  await makeFolderAtomic(root, async (partial) => {
    for (const deb of debs) await unpackDeb(host, deb, partial, options.signal);
  });
  apt.clean();
  return startedFrom(root, options.name);
}

function startedFrom(root: string, name: string): UnpackedProgram {
  const libraries = ['lib', 'usr/lib'].flatMap((lib) =>
    existsSync(join(root, lib))
      ? readdirSync(join(root, lib))
          .filter((entry) => entry.endsWith('-linux-gnu'))
          .map((entry) => join(root, lib, entry))
      : [],
  );
  const loader = libraries
    .flatMap((library) => readdirSync(library).map((file) => join(library, file)))
    .find((path) => /\/ld-linux-[^/]*\.so\.\d+$/.test(path));
  if (loader === undefined)
    throw new LabError('command-failed', `${root} has no dynamic loader.`, `Remove ${root}.`);
  return {
    root,
    libraries: libraries.at(-1)!,
    words: [loader, '--library-path', libraries.join(':'), join(root, 'usr/bin', name)],
  };
}
