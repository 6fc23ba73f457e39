import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sources of what runs in the guest: the init script, the runner, the kernel module. */
export const GUEST_DIR = fileURLToPath(new URL('../guest/', import.meta.url));

/** The scenarios written by hand that come with the lab. */
export const SCENARIO_DIR = fileURLToPath(new URL('../scenarios/', import.meta.url));

/** The module's sources and the runner's, relative to the guest folder. */
export function guestSources(): { module: string[]; runner: string[] } {
  const files = (folder: string) =>
    readdirSync(join(GUEST_DIR, folder))
      .filter((name) => /\.[ch]$|^Makefile$/.test(name))
      .sort()
      .map((name) => `${folder}/${name}`);
  return { module: ['pfnlab.h', ...files('module')], runner: files('run') };
}

/**
 * A fingerprint of the guest's sources and of what starts it: a target built from others has to be built again, and
 * answers of one are not those of another.
 */
export function guestFingerprint(): string {
  const hash = createHash('sha256');
  const { module, runner } = guestSources();
  const started = '../src/run/emulator.ts';
  for (const name of ['init', ...module, ...runner, started]) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(GUEST_DIR, name)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}
