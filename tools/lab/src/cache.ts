import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/**
 * The folder everything of the lab is kept in: `PFNMAP_LAB_DIR`, else `XDG_CACHE_HOME/pfnmap/lab`,
 * else `~/.cache/pfnmap/lab`.
 */
export function defaultCacheDir(env: Readonly<Record<string, string | undefined>>): string {
  if (env.PFNMAP_LAB_DIR) return resolve(env.PFNMAP_LAB_DIR);
  const base = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  return join(base, 'pfnmap', 'lab');
}

/** Where things are in the cache folder. */
export interface CachePaths {
  readonly dir: string;
  /** Package index, configuration and downloads of a Debian release. */
  apt(suite: string): string;
  /** A small Debian with a compiler, to build the guest in. */
  root(suite: string): string;
  /** The kernel and the guest of a target. */
  target(name: string): string;
  /** A program of a Debian package, with its libraries. */
  program(name: string): string;
  /** Folders of boots, each removed when it ends. */
  readonly boots: string;
}

/** The paths inside a cache folder. */
export function cachePaths(dir: string): CachePaths {
  return {
    dir,
    apt: (suite) => join(dir, 'apt', suite),
    root: (suite) => join(dir, 'roots', suite),
    target: (name) => join(dir, 'targets', name),
    program: (name) => join(dir, 'programs', name),
    boots: join(dir, 'boots'),
  };
}

/** Writes a file whole or not at all, whatever interrupts it. */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.partial-${process.pid}`;
  writeFileSync(partial, content, { mode });
  renameSync(partial, path);
}

/**
 * Makes a folder whole or not at all: `fill` writes to a folder beside it, which takes its place
 * once that is finished. What an interrupted run left is removed first.
 */
export async function makeFolderAtomic(
  path: string,
  fill: (partial: string) => Promise<void>,
): Promise<void> {
  const partial = `${path}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  await fill(partial);
  rmSync(path, { recursive: true, force: true });
  renameSync(partial, path);
}

/** A JSON file's content, or undefined where there is none that can be read. */
export function readJson<T>(path: string): T | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
