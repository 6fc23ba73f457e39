import { join } from 'node:path';
import { type CachePaths, readJson, writeFileAtomic } from '../cache.ts';
import { LabError } from '../errors.ts';
import { guestFingerprint } from '../guest-files.ts';
import type { LabTarget } from '../target/target.ts';

/** What a finished set-up leaves in the target's folder, as `target.json`. */
export interface TargetRecord {
  readonly target: LabTarget;
  /** Debian's release, or the name of an own kernel. */
  readonly release: string;
  /** Fingerprint of the guest's sources it was built from. */
  readonly guest: string;
}

/** The files of a target that is set up. */
export interface TargetFiles {
  readonly kernel: string;
  readonly config: string;
  readonly initrd: string;
  readonly record: string;
}

/** The files in the target's folder. */
export function targetFiles(paths: CachePaths, name: string): TargetFiles {
  const folder = paths.target(name);
  return {
    kernel: join(folder, 'kernel', 'vmlinuz'),
    config: join(folder, 'kernel', 'config'),
    initrd: join(folder, 'initrd.gz'),
    record: join(folder, 'target.json'),
  };
}

/** The record of a target, or undefined before its set-up has finished once. */
export function readTargetRecord(paths: CachePaths, name: string): TargetRecord | undefined {
  return readJson<TargetRecord>(targetFiles(paths, name).record);
}

/** Whether a target is set up, and from the guest sources of this version of the lab. */
export function isReady(paths: CachePaths, name: string): boolean {
  return readTargetRecord(paths, name)?.guest === guestFingerprint();
}

/** The record of a target that can be booted. Throws `not-set-up`. */
export function readyTarget(paths: CachePaths, name: string): TargetRecord {
  const record = readTargetRecord(paths, name);
  if (record !== undefined && isReady(paths, name)) return record;
  const why = record === undefined ? 'is not set up' : 'was set up by another version of the lab';
  throw new LabError('not-set-up', `The target ${name} ${why}.`, `pfnmap lab setup ${name}`);
}

/** Writes the record; the last thing a set-up does. */
export function writeTargetRecord(paths: CachePaths, record: TargetRecord): void {
  const { record: path } = targetFiles(paths, record.target.name);
  // A regular expression has no JSON form; the release it found is in the record.
  const { packages: _packages, ...rest } = record.target;
  const text = JSON.stringify({ ...record, target: rest }, null, 2);
  writeFileAtomic(path, `${text}\n`);
}
