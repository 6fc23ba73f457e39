import { join } from 'node:path';
import { cachePaths, defaultCacheDir } from './cache.ts';
import type { Host } from './host/host.ts';
import { nodeHost } from './host/node-host.ts';
import { findEmulator } from './run/emulator-program.ts';
import { isReady, readTargetRecord } from './setup/record.ts';
import { hostRequirements, type Requirement } from './setup/requirements.ts';
import { findTarget } from './target/find.ts';

/** Options of {@link labDoctor}. */
export interface DoctorOptions {
  readonly cacheDir?: string;
  readonly host?: Host;
}

/** What `labDoctor` found. */
export interface DoctorReport {
  readonly target: string;
  readonly cacheDir: string;
  /** Everything the target asks of this host, met or not. */
  readonly requirements: readonly Requirement[];
  /** `ready`; `stale`, set up from other guest sources; or `absent`. */
  readonly setup: 'ready' | 'stale' | 'absent';
  /** The kernel's release, once it is set up. */
  readonly release: string | undefined;
  /** The file of the emulator, installed or in the cache; undefined where a set-up will fetch one. */
  readonly emulator: string | undefined;
  /** Whether `labRun` would work now. */
  readonly canRun: boolean;
  /** Whether `labSetup` would work now without installing anything. */
  readonly canSetup: boolean;
  /** What mends the rest, commands first to last. */
  readonly fixes: readonly string[];
}

/** Says what this host lacks for a target, each with the command that mends it. Changes nothing. */
export async function labDoctor(name: string, options: DoctorOptions = {}): Promise<DoctorReport> {
  const target = findTarget(name);
  const host = options.host ?? nodeHost();
  const cacheDir = options.cacheDir ?? defaultCacheDir(host.env);
  const paths = cachePaths(cacheDir);
  const rootThere = host.exists(join(paths.root(target.suite), '.lab.json'));
  const emulator = findEmulator(host, paths, target.emulator);
  const there = { rootThere, emulatorThere: emulator !== undefined };
  const requirements = await hostRequirements(host, target, { cacheDir, ...there });
  const record = readTargetRecord(paths, name);
  const setup = record === undefined ? 'absent' : isReady(paths, name) ? 'ready' : 'stale';
  const canRun = setup === 'ready' && emulator !== undefined;
  return {
    target: name,
    cacheDir,
    requirements,
    setup,
    release: record?.release,
    emulator: emulator?.path,
    canRun,
    canSetup: requirements.every((requirement) => requirement.met),
    fixes: canRun ? [] : fixes(requirements, `pfnmap lab setup ${name}`),
  };
}

/** One command for all missing packages, then the other fixes, then the set-up. */
function fixes(requirements: readonly Requirement[], setup: string): string[] {
  const unmet = requirements.filter((requirement) => !requirement.met);
  const packages = new Set(unmet.flatMap((requirement) => requirement.package ?? []));
  const others = unmet.filter((requirement) => requirement.package === undefined);
  return [
    ...(packages.size > 0 ? [`apt-get install ${[...packages].join(' ')}`] : []),
    ...others.map((requirement) => requirement.fix),
    setup,
  ];
}
