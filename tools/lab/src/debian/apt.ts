import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../errors.ts';
import { runCommand } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import type { Mirrors } from './mirror.ts';
import type { Suite } from './suite.ts';

/** Debian's public keys, from the package debian-archive-keyring. */
export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** One file of a download, as APT plans it. */
export interface PlannedFile {
  readonly name: string;
  readonly bytes: number;
}

/**
 * APT with an index, a configuration and downloads of its own in one folder. It knows no installed
 * package and both architectures, needs no privileges, and leaves the host's APT alone; only
 * the host's `Acquire` settings (proxies, date checks) are taken over.
 */
export class PrivateApt {
  readonly #host: Host;
  readonly #folder: string;
  readonly #signal: AbortSignal | undefined;

  constructor(host: Host, folder: string, signal?: AbortSignal) {
    this.#host = host;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** Writes the configuration and fetches the package index. */
  async update(suite: Suite, mirrors: Mirrors): Promise<void> {
    for (const name of ['lists/partial', 'archives/partial', 'parts']) {
      mkdirSync(join(this.#folder, name), { recursive: true });
    }
    writeFileSync(join(this.#folder, 'status'), '');
    writeFileSync(join(this.#folder, 'lab.sources'), sourcesText(suite, mirrors));
    const acquire = await this.#host.exec('apt-config', ['dump', 'Acquire']);
    writeFileSync(
      join(this.#folder, 'apt.conf'),
      configText(this.#folder, this.#host.architecture) +
        (acquire.code === 0 ? acquire.stdout : ''),
    );
    await this.#run('fetch the package index', 'apt-get', ['update']);
  }

  /** The names of all packages that start with a prefix. */
  async names(prefix: string): Promise<string[]> {
    const text = await this.#run('search the index', 'apt-cache', ['pkgnames', prefix]);
    return text.split('\n').filter((name) => name !== '');
  }

  /** The files that packages and everything they depend on are in; with an empty system, all of it. */
  async planInstall(packages: readonly string[]): Promise<PlannedFile[]> {
    const args = ['install', '--print-uris', '-qq', ...packages];
    return parseUris(await this.#run(`resolve ${packages.join(', ')}`, 'apt-get', args));
  }

  /** Fetches packages with everything they depend on; returns the paths of the files. */
  async downloadInstall(packages: readonly string[], watch?: (bytes: number) => void) {
    const plan = await this.planInstall(packages);
    const archives = join(this.#folder, 'archives');
    await this.#watched(archives, watch, () =>
      this.#run(`download ${packages.join(', ')}`, 'apt-get', [
        'install',
        '--download-only',
        '-y',
        '-qq',
        ...packages,
      ]),
    );
    // APT writes the colon of an epoch as %3a in the names it prints and in those it saves.
    return plan.map((file) => join(archives, file.name));
  }

  /** Fetches packages (`name:arch`) alone into a folder; returns the paths of the files. */
  async download(packages: readonly string[], folder: string, watch?: (bytes: number) => void) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await this.#watched(folder, watch, () =>
      this.#run(
        `download ${packages.join(', ')}`,
        'apt-get',
        ['download', '-q', ...packages],
        folder,
      ),
    );
    const files = readdirSync(folder).filter((name) => name.endsWith('.deb'));
    if (files.length !== packages.length) {
      throw new LabError(
        'command-failed',
        `${packages.length} packages were asked for, ${files.length} came: ${files.join(', ')}`,
      );
    }
    return files.map((name) => join(folder, name));
  }

  /** Bytes of the packages alone. */
  async sizeOf(packages: readonly string[]): Promise<number> {
    const text = await this.#run(`look up ${packages.join(', ')}`, 'apt-get', [
      'download',
      '--print-uris',
      '-qq',
      ...packages,
    ]);
    return parseUris(text).reduce((sum, file) => sum + file.bytes, 0);
  }

  /** Removes downloaded packages; the index stays. */
  clean(): void {
    rmSync(join(this.#folder, 'archives'), { recursive: true, force: true });
    mkdirSync(join(this.#folder, 'archives', 'partial'), { recursive: true });
  }

  #run(what: string, command: string, args: readonly string[], cwd?: string): Promise<string> {
    return runCommand(this.#host, what, command, args, {
      env: {
        APT_CONFIG: join(this.#folder, 'apt.conf'),
        DEBIAN_FRONTEND: 'noninteractive',
        LC_ALL: 'C',
      },
      ...(cwd === undefined ? {} : { cwd }),
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
    });
  }

  /** Tells twice a second how many bytes a folder holds while something works. */
  async #watched<T>(
    folder: string,
    watch: ((bytes: number) => void) | undefined,
    work: () => Promise<T>,
  ) {
    const timer = watch && setInterval(() => watch(folderBytes(folder)), 500);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      watch?.(folderBytes(folder));
    }
  }
}

/** The lines of `--print-uris`: address, file name, size, hash. */
export function parseUris(text: string): PlannedFile[] {
  return text.split('\n').flatMap((line) => {
    const match = /^'[^']*' (\S+) (\d+)/.exec(line);
    return match ? [{ name: match[1]!, bytes: Number(match[2]) }] : [];
  });
}

function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    // A file of APT's may be renamed between the listing and the look at it.
    if (entry.isFile())
      bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

function sourcesText(suite: Suite, mirrors: Mirrors): string {
  const paragraph = (address: string, suites: readonly string[]) =>
    `Types: deb\nURIs: ${address}\nSuites: ${suites.join(' ')}\nComponents: main\nSigned-By: ${KEYRING}\n`;
  return [paragraph(mirrors.main, suite.main), paragraph(mirrors.security, suite.security)].join(
    '\n',
  );
}

function configText(folder: string, architecture: string): string {
  const settings: Record<string, string> = {
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::Parts': join(folder, 'parts'),
    'Dir::Etc::sourcelist': join(folder, 'lab.sources'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::State::extended_states': join(folder, 'extended_states'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': join(folder, 'archives'),
    'Dir::Log': folder,
    'APT::Architecture': architecture,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
    'APT::Default-Release': '',
    'Acquire::Languages': 'none',
    'APT::Update::Error-Mode': 'any',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";`);
  return `${lines.join('\n')}\nAPT::Architectures { "amd64"; "arm64"; };\n`;
}
