import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cachePaths, defaultCacheDir } from '../cache.ts';
import { PrivateApt } from '../debian/apt.ts';
import { BuildRoot } from '../debian/build-root.ts';
import { DEBIAN_MIRRORS, hostMirrors, type Mirrors } from '../debian/mirror.ts';
import { fetchProgram } from '../debian/program.ts';
import { packageName, resolveRelease } from '../debian/release.ts';
import { compilerPackages, findSuite } from '../debian/suite.ts';
import { LabError } from '../errors.ts';
import { guestFingerprint } from '../guest-files.ts';
import type { Host } from '../host/host.ts';
import { nodeHost } from '../host/node-host.ts';
import { type Reporter, silentReporter } from '../reporter.ts';
import { findEmulator } from '../run/emulator-program.ts';
import { findTarget } from '../target/find.ts';
import type { LabTarget, OwnKernel } from '../target/target.ts';
import { runStep, type SetupContext } from './context.ts';
import { buildGuest, guestKept, hostWorkshop, packInitrd, rootWorkshop } from './guest.ts';
import { type Confirm, meetRequirements } from './host-packages.ts';
import { kernelRelease, takeDebianKernel, takeOwnKernel } from './kernel.ts';
import { isReady, readTargetRecord, type TargetRecord, writeTargetRecord } from './record.ts';

/** Options of {@link labSetup}. */
export interface SetupOptions {
  readonly cacheDir?: string;
  readonly reporter?: Reporter;
  /** Asked before packages are installed on the host; nothing is installed without it. */
  readonly confirm?: Confirm;
  /** Install what is missing without asking. */
  readonly yes?: boolean;
  /** A release such as `6.12.117+deb12`; the newest if left out. */
  readonly release?: string;
  readonly mirrors?: Partial<Mirrors>;
  /** Do every step again, and take a newer kernel if there is one. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  readonly host?: Host;
}

const OWN_KERNEL_FILES =
  'A kernel of your own is an image (bzImage, Image), the folder lib/modules/RELEASE of `make modules_install`, and its build tree.';

const STEPS = ['host', 'emulator', 'index', 'build-system', 'kernel', 'guest', 'initrd'];

/**
 * Sets a target up: fetches its kernel, a small build system, and an emulator where none is installed, from
 * Debian's packages, and builds the guest. All of it goes to the cache folder. It can be interrupted and called again, and goes on
 * where it was; a target that is set up is left as it is.
 *
 * Throws {@link LabError}: `unknown-target`, `missing-on-host`, `declined`, `no-space`,
 * `no-package`, `no-kernel`, `command-failed`, `interrupted`.
 */
export async function labSetup(
  targetOrKernel: string | OwnKernel,
  options: SetupOptions = {},
): Promise<TargetRecord> {
  const host = options.host ?? nodeHost();
  const paths = cachePaths(options.cacheDir ?? defaultCacheDir(host.env));
  const reporter = options.reporter ?? silentReporter;
  const context: SetupContext = { host, paths, reporter, signal: options.signal };
  const own = typeof targetOrKernel === 'string' ? undefined : located(targetOrKernel);
  const target = own ? ownTarget(own) : findTarget(targetOrKernel as string);
  const record = readTargetRecord(paths, target.name);
  const wanted = options.release ?? record?.release;
  const emulatorThere = findEmulator(host, paths, target.emulator) !== undefined;
  if (
    !own &&
    !options.force &&
    record &&
    record.release === wanted &&
    emulatorThere &&
    isReady(paths, target.name)
  ) {
    reporter({ type: 'note', text: `${target.name}: ${record.release} is set up` });
    return record;
  }
  const root = new BuildRoot(host, paths.root(target.suite), options.signal);
  const rootThere = own !== undefined || root.unpacked.length > 0;
  const there = { rootThere, emulatorThere };
  const requirements = await meetRequirements(context, target, there, options);
  reporter({ type: 'plan', target: target.name, steps: STEPS, diskBytes: requirements.diskBytes });
  await fetchEmulator(context, target, emulatorThere);
  const release = own
    ? await setUpOwn(context, target, own, options)
    : await setUpDebian(context, target, root, options);
  await runStep(context, 'initrd', 'packs the first root file system', false, async () =>
    packInitrd(context, target),
  );
  const finished = { target, release, guest: guestFingerprint() };
  writeTargetRecord(paths, finished);
  return finished;
}

/** Unpacks an emulator into the cache, where none is installed. */
async function fetchEmulator(
  context: SetupContext,
  { emulator }: LabTarget,
  isThere: boolean,
): Promise<void> {
  const { host, paths, signal } = context;
  const program = { name: emulator.command, package: emulator.package };
  const text = `fetches an emulator, ${emulator.package}`;
  await runStep(context, 'emulator', text, isThere, async (progress) => {
    await fetchProgram(host, paths, { ...program, ...(signal ? { signal } : {}) }, progress);
  });
}

/** Its files are there; their paths as seen from any folder: the guest is not built in the caller's. */
function located(own: OwnKernel): OwnKernel {
  const [kernel, modules, headers] = [own.kernel, own.modules, own.headers].map((path) => {
    if (existsSync(path)) return resolve(path);
    throw new LabError('no-kernel', `${own.name}: there is no ${path}.`, OWN_KERNEL_FILES);
  }) as [string, string, string];
  return { ...own, kernel, modules, headers };
}

/** An own kernel as a target: its base under another name. */
function ownTarget(own: OwnKernel): LabTarget {
  const base = findTarget(own.base);
  return { ...base, name: own.name, pageSize: own.pageSize ?? base.pageSize };
}

async function openApt(context: SetupContext, target: LabTarget, options: SetupOptions) {
  const apt = new PrivateApt(context.host, context.paths.apt(target.suite), context.signal);
  const mirrors = { ...DEBIAN_MIRRORS, ...hostMirrors(), ...options.mirrors };
  const text = `fetches the package index of Debian ${target.suite} from ${mirrors.main}`;
  await runStep(context, 'index', text, false, () => apt.update(findSuite(target.suite), mirrors));
  return apt;
}

async function setUpDebian(
  context: SetupContext,
  target: LabTarget,
  root: BuildRoot,
  options: SetupOptions,
): Promise<string> {
  const here = releaseHere(context, target, root, options);
  const release = here ?? (await fetchDebian(context, target, root, options));
  const headers = `/usr/src/${packageName(target.packages.headers, release)}`;
  const kept = !options.force && guestKept(context, target.name, release);
  await runStep(context, 'guest', 'builds the test driver and the runner', kept, () =>
    buildGuest(context, target, release, rootWorkshop(root, target, headers)),
  );
  return release;
}

/** The release whose kernel and headers are there, if it will do: then nothing has to be fetched. */
function releaseHere(
  context: SetupContext,
  target: LabTarget,
  root: BuildRoot,
  options: SetupOptions,
): string | undefined {
  const release = kernelRelease(context, target.name);
  if (release === undefined || options.force) return undefined;
  return hasHeaders(root, target, release) && release === (options.release ?? release)
    ? release
    : undefined;
}

/** The headers are unpacked last, so where they are, the rest of the build system is. */
function hasHeaders(root: BuildRoot, target: LabTarget, release: string): boolean {
  const headers = packageName(target.packages.headers, release);
  return root.unpacked.some((file) => file.startsWith(`${headers}_`));
}

async function fetchDebian(
  context: SetupContext,
  target: LabTarget,
  root: BuildRoot,
  options: SetupOptions,
): Promise<string> {
  const apt = await openApt(context, target, options);
  const release = await resolveRelease(apt, target, options.release);
  await prepareRoot(context, apt, root, target, release);
  const kept = !options.force && kernelRelease(context, target.name) === release;
  await runStep(context, 'kernel', `fetches Linux ${release}`, kept, (progress) =>
    takeDebianKernel(context, apt, target, release, progress),
  );
  return release;
}

/** Brings the compiler and the kernel's headers into the build root. */
async function prepareRoot(
  context: SetupContext,
  apt: PrivateApt,
  root: BuildRoot,
  target: LabTarget,
  release: string,
): Promise<void> {
  const packages = [
    ...findSuite(target.suite).buildPackages,
    ...compilerPackages(context.host.architecture, target.debianArch),
    ...target.packages.build.map((pattern) => packageName(pattern, release)),
  ];
  const headers = packageName(target.packages.headers, release);
  const missing = await root.missing(apt, packages);
  const text = `unpacks a compiler and the kernel's headers into ${root.path}`;
  const kept = missing.length === 0 && hasHeaders(root, target, release);
  await runStep(context, 'build-system', text, kept, async (progress) => {
    const total = missing.reduce((sum, file) => sum + file.bytes, 0);
    const debs = await apt.downloadInstall(packages, (bytes) => progress(bytes, total));
    const folder = join(context.paths.apt(target.suite), 'headers');
    const alone = await apt.download([`${headers}:${target.debianArch}`], folder);
    await root.unpack([...debs, ...alone]);
    rmSync(folder, { recursive: true, force: true });
    apt.clean();
  });
}

async function setUpOwn(
  context: SetupContext,
  target: LabTarget,
  own: OwnKernel,
  options: SetupOptions,
): Promise<string> {
  const apt = await openApt(context, target, options);
  await runStep(context, 'kernel', `takes ${own.kernel}`, false, () =>
    takeOwnKernel(context, apt, target, own),
  );
  const release = kernelRelease(context, own.name) ?? own.name;
  await runStep(context, 'guest', 'builds the test driver and the runner', false, () =>
    buildGuest(context, target, release, hostWorkshop(context, own.name, own.headers)),
  );
  return release;
}
