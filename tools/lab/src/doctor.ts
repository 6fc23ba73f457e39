import { join } from 'node:path';
import { cachePaths, defaultCacheDir } from './cache.ts';
import type { Host } from './host/host.ts';
import { nodeHost } from './host/node-host.ts';
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
  const requirements = await hostRequirements(host, target, { cacheDir, rootThere });
  const record = readTargetRecord(paths, name);
  const setup = record === undefined ? 'absent' : isReady(paths, name) ? 'ready' : 'stale';
  const emulator = requirements.find((requirement) => requirement.what === target.emulator.command);
  return {
    target: name,
    cacheDir,
    requirements,
    setup,
    release: record?.release,
    canRun: setup === 'ready' && emulator?.met === true,
    canSetup: requirements.every((requirement) => requirement.met),
    fixes: fixes(requirements, setup === 'ready' ? undefined : `pfnmap lab setup ${name}`),
  };
}

/** One command for all missing packages, then the other fixes, then the set-up. */
function fixes(requirements: readonly Requirement[], setup: string | undefined): string[] {
  // A target that is set up needs no more space.
  const unmet = requirements.filter(
    (requirement) => !requirement.met && (setup !== undefined || requirement.kind === 'tool'),
  );
  const packages = new Set(unmet.flatMap((requirement) => requirement.package ?? []));
  const others = unmet.filter((requirement) => requirement.package === undefined);
  return [
    ...(packages.size > 0 ? [`apt-get install ${[...packages].join(' ')}`] : []),
    ...others.map((requirement) => requirement.fix),
    ...(setup === undefined ? [] : [setup]),
  ];
}
