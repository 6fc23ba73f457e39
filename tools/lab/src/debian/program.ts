import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cachePaths, defaultCacheDir, makeFolderAtomic } from '../cache.ts';
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
  const folder = paths.program(options.name);
  if (!existsSync(folder)) await fetchProgram(host, folder, paths.apt('bookworm'), options);
  return startedFrom(folder, options.name);
}

async function fetchProgram(
  host: Host,
  folder: string,
  aptFolder: string,
  options: ProgramOptions,
): Promise<void> {
  const missing = ['apt-get', 'dpkg-deb', 'tar'].filter((tool) => host.find(tool) === undefined);
  if (missing.length > 0) {
    const what = `There is no ${options.name} on this host, and no ${missing.join(', ')} to fetch it with.`;
    throw new LabError('missing-on-host', what, `Install ${options.name}.`);
  }
  const apt = new PrivateApt(host, aptFolder, options.signal);
  await apt.update(findSuite('bookworm'), { ...DEBIAN_MIRRORS, ...hostMirrors() });
  const debs = await apt.downloadInstall([options.package]);
  await makeFolderAtomic(folder, async (partial) => {
    for (const deb of debs) await unpackDeb(host, deb, partial, options.signal);
  });
  apt.clean();
}

/** Its own loader and libraries: those of the host may be older, or of another distribution. */
function startedFrom(root: string, name: string): readonly string[] {
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
  return [loader, '--library-path', libraries.join(':'), join(root, 'usr/bin', name)];
}
