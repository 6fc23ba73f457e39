import { LabError } from '../errors.ts';
import { runCommand } from '../host/command.ts';
import type { LabTarget } from '../target/target.ts';
import type { SetupContext } from './context.ts';
import { runStep } from './context.ts';
import { hostRequirements, type Requirement } from './requirements.ts';

/** Asks a person whether these packages may be installed on the host. */
export type Confirm = (packages: readonly string[], command: string) => Promise<boolean>;

/**
 * Sees that the host has what a set-up needs; the only place where the lab changes anything outside
 * its cache folder, and only after the answer was yes.
 */
export async function meetRequirements(
  context: SetupContext,
  target: LabTarget,
  there: { readonly rootThere: boolean; readonly emulatorThere: boolean },
  options: { readonly yes?: boolean; readonly confirm?: Confirm },
): Promise<{ diskBytes: number }> {
  const ask = () =>
    hostRequirements(context.host, target, { cacheDir: context.paths.dir, ...there });
  const requirements = await ask();
  const disk = requirements.find((requirement) => requirement.kind === 'disk')!;
  if (!disk.met) throw new LabError('no-space', `There is no ${disk.what}.`, disk.fix);
  const missing = requirements.filter((requirement) => !requirement.met);
  await runStep(
    context,
    'host',
    'looks for the programs the lab calls',
    missing.length === 0,
    async () => {
      await install(context, missing, options);
      const still = (await ask()).filter((requirement) => !requirement.met);
      if (still.length > 0) throw lacking(still);
    },
  );
  return { diskBytes: disk.bytes! };
}

async function install(
  context: SetupContext,
  missing: readonly Requirement[],
  options: { readonly yes?: boolean; readonly confirm?: Confirm },
): Promise<void> {
  const packages = [...new Set(missing.flatMap((requirement) => requirement.package ?? []))];
  // Without APT or the right to use it, a person has to do it.
  if (packages.length === 0 || !context.host.isRoot || !context.host.find('apt-get')) {
    throw lacking(missing);
  }
  const args = ['install', '-y', '--no-install-recommends', ...packages];
  const command = `apt-get ${args.join(' ')}`;
  if (!options.yes && !(await options.confirm?.(packages, command))) {
    throw new LabError(
      'declined',
      `Not installed: ${packages.join(', ')}.`,
      `To install them: ${command}`,
    );
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const run = { env, signal: context.signal };
  await runCommand(context.host, 'update the package index', 'apt-get', ['update', '-q'], run);
  await runCommand(context.host, `install ${packages.join(', ')}`, 'apt-get', args, run);
}

function lacking(missing: readonly Requirement[]): LabError {
  const what = missing.map((requirement) => `${requirement.what} (${requirement.why})`).join('; ');
  const fixes = [...new Set(missing.map((requirement) => requirement.fix))];
  return new LabError('missing-on-host', `This host lacks: ${what}.`, fixes.join('\n  '));
}
