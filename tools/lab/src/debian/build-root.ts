import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readJson, writeFileAtomic } from '../cache.ts';
import { runCommand } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import type { PrivateApt } from './apt.ts';
import { unpackDeb } from './unpack.ts';

/** How unshare(1) makes a namespace to mount in; who is not root becomes it inside. */
export function namespaceArgs(host: Host): string[] {
  return host.isRoot ? ['--mount'] : ['--map-root-user', '--mount'];
}

/**
 * A small Debian in a folder of the cache: packages are unpacked into it, nothing is installed, so
 * it needs no privileges and the host's own compiler and libraries do not matter. Commands run
 * inside, in a namespace of their own with the host's /dev and /proc.
 */
export class BuildRoot {
  readonly path: string;
  readonly #host: Host;
  readonly #signal: AbortSignal | undefined;

  constructor(host: Host, path: string, signal?: AbortSignal) {
    this.#host = host;
    this.path = path;
    this.#signal = signal;
  }

  /** Package files that were unpacked so far. */
  get unpacked(): readonly string[] {
    return readJson<{ files: string[] }>(this.#stamp)?.files ?? [];
  }

  get #stamp(): string {
    return join(this.path, '.lab.json');
  }

  /** What of the packages (with everything they need) is not there yet. */
  async missing(apt: PrivateApt, packages: readonly string[]) {
    const there = new Set(this.unpacked);
    return (await apt.planInstall(packages)).filter((file) => !there.has(basename(file.name)));
  }

  /**
   * Unpacks files that are not there yet. It can be interrupted after each: a file is noted once it
   * is unpacked whole, and unpacking it twice does no harm.
   */
  async unpack(debs: readonly string[]): Promise<void> {
    this.#layOut();
    const files = [...this.unpacked];
    for (const deb of debs) {
      if (files.includes(basename(deb))) continue;
      await unpackDeb(this.#host, deb, this.path, this.#signal);
      files.push(basename(deb));
      writeFileAtomic(this.#stamp, `${JSON.stringify({ files }, null, 1)}\n`);
    }
    this.#link('usr/bin/sh', 'dash');
    this.#link('usr/bin/awk', 'mawk');
  }

  /** Runs a command inside, in a folder given as seen from inside; returns its standard output. */
  run(what: string, folder: string, command: readonly string[]): Promise<string> {
    const enter =
      'mount --rbind /dev "$1/dev" && mount --rbind /proc "$1/proc" && exec chroot "$@"';
    const inside = ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', folder, ...command];
    const args = [...namespaceArgs(this.#host), 'sh', '-c', enter, 'sh', this.path, ...inside];
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/' };
    return runCommand(this.#host, what, 'unshare', args, { env, signal: this.#signal });
  }

  /** The folders of a merged /usr, before any package makes others of them. */
  #layOut(): void {
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      mkdirSync(join(this.path, 'usr', name), { recursive: true });
      this.#link(name, `usr/${name}`);
    }
    for (const name of ['dev', 'proc', 'tmp', 'build'])
      mkdirSync(join(this.path, name), { recursive: true });
  }

  #link(name: string, to: string): void {
    const path = join(this.path, name);
    if (existsSync(path)) return;
    rmSync(path, { force: true });
    symlinkSync(to, path);
  }
}
