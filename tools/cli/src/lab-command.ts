import { basename, resolve } from 'node:path';
import {
  type DoctorReport,
  LAB_TARGETS,
  labDoctor,
  labRun,
  labSetup,
  type OwnKernel,
} from '@pfnmap/lab';
import { columns } from './columns.ts';
import { type CommandContext, print } from './command-context.ts';
import { confirmPackages } from './confirm-packages.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { interruptible } from './interruption.ts';
import { progressOf, withLab } from './with-lab.ts';

/** What every command of `pfnmap lab` is told. */
export interface LabOptions {
  readonly json?: boolean;
}

/** What `pfnmap lab setup` is told. */
export interface LabSetupOptions extends LabOptions {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly kernel?: string;
  readonly modules?: string;
  readonly headers?: string;
  readonly name?: string;
}

/** What `pfnmap lab run` is told. */
export interface LabRunOptions extends LabOptions {
  readonly out?: string;
}

const emulatorState = ({ emulator, cacheDir }: DoctorReport): string => {
  if (emulator === undefined) return 'to be fetched';
  return emulator.startsWith(cacheDir) ? 'fetched' : 'installed';
};

const readiness = (report: DoctorReport): string[] => [
  report.target,
  report.setup,
  report.release ?? '-',
  emulatorState(report),
  report.requirements
    .filter(({ met }) => !met)
    .map(({ what }) => what)
    .join(', ') || '-',
];

/** `pfnmap lab doctor`: one line a target, then what mends what is missing. */
export async function labDoctorCommand(
  targets: readonly string[],
  options: LabOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const names = targets.length > 0 ? targets : LAB_TARGETS.map(({ name }) => name);
  const reports: DoctorReport[] = [];
  for (const name of names) reports.push(await withLab(() => labDoctor(name)));
  const isReady = reports.every(({ canRun, canSetup }) => canRun || canSetup);
  if (options.json === true) {
    print(context, [JSON.stringify({ format: 'pfnmap-lab-doctor/1', targets: reports }, null, 2)]);
  } else {
    const fixes = new Set(reports.flatMap((report) => report.fixes));
    print(context, [
      ...columns([
        ['target', 'set up', 'release', 'emulator', 'missing'],
        ...reports.map(readiness),
      ]),
      ...[...fixes].map((fix) => `  ${fix}`),
    ]);
  }
  return isReady ? EXIT.agree : EXIT.environment;
}

/** The kernel of one's own that the options describe, or undefined where they ask for Debian's. */
function ownKernel(base: string, options: LabSetupOptions): OwnKernel | undefined {
  const { kernel, modules, headers } = options;
  if (kernel === undefined && modules === undefined && headers === undefined) return undefined;
  if (kernel === undefined || modules === undefined || headers === undefined) {
    throw new Failure(
      'A kernel of your own needs --kernel, --modules and --headers together.\n' +
        `  pfnmap lab setup ${base} --kernel bzImage --modules lib/modules/RELEASE --headers BUILD-TREE`,
    );
  }
  return { name: options.name ?? basename(resolve(modules)), base, kernel, modules, headers };
}

/** `pfnmap lab setup`: fetches and builds what a target needs. */
export async function labSetupCommand(
  target: string,
  options: LabSetupOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const reporter = progressOf(context);
  const yes = options.yes === true;
  const force = options.force === true;
  const what = ownKernel(target, options) ?? target;
  const record = await withLab(() =>
    interruptible((signal) =>
      labSetup(what, { reporter, yes, force, signal, confirm: confirmPackages(context.terminal) }),
    ),
  );
  print(context, [
    options.json === true
      ? JSON.stringify({ format: 'pfnmap-lab-setup/1', ...record }, null, 2)
      : `${record.target.name} is set up: Linux ${record.release}`,
  ]);
  return EXIT.agree;
}

/** `pfnmap lab run`: captures of scenarios on a real kernel. */
export async function labRunCommand(
  target: string,
  files: readonly string[],
  options: LabRunOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const reporter = progressOf(context);
  const where = options.out === undefined ? {} : { outDir: options.out };
  const report = await withLab(() =>
    interruptible((signal) => labRun(target, files, { reporter, signal, ...where })),
  );
  if (options.json === true) {
    print(context, [JSON.stringify({ format: 'pfnmap-lab-run/1', ...report }, null, 2)]);
    return EXIT.agree;
  }
  const paths = report.captures.map(({ path }) => path);
  print(context, [...paths, `compare with the model: pfnmap check ${paths.join(' ')}`]);
  return EXIT.agree;
}
