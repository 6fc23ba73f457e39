import type { Command } from 'commander';
import type { LabOptions, LabRunOptions, LabSetupOptions } from './lab-command.ts';
import type { Wiring } from './series-program.ts';

/** Adds `lab` and its commands. */
export function addLabCommands(program: Command, wiring: Wiring): void {
  const lab = program
    .command('lab')
    .description('ask real kernels in an emulator, and record what they answer')
    .addHelpText('after', wiring.help('pfnmap lab doctor', 'pfnmap lab setup 6.12-x86_64'));

  const doctor = lab.command('doctor').argument('[targets...]', 'default: every target');
  wiring
    .withCommon(doctor)
    .description('what this computer has for the lab, and what is missing')
    .addHelpText('after', wiring.help('pfnmap lab doctor 6.12-arm64'))
    .action(async (targets: string[]) => {
      const { labDoctorCommand } = await import('./lab-command.ts');
      await wiring.run<LabOptions>(doctor, (options, context) =>
        labDoctorCommand(targets, options, context),
      );
    });

  const setup = lab.command('setup').argument('<target>', 'such as 6.12-x86_64');
  wiring
    .withCommon(setup)
    .description('fetch a kernel by package name and build the guest for it')
    .option('--yes', 'install missing packages of the host without asking')
    .option('--force', 'do every step again, and take a newer kernel if there is one')
    .addHelpText('after', wiring.help('pfnmap lab setup 6.12-x86_64'))
    .action(async (target: string) => {
      const { labSetupCommand } = await import('./lab-command.ts');
      await wiring.run<LabSetupOptions>(setup, (options, context) =>
        labSetupCommand(target, options, context),
      );
    });

  const run = lab
    .command('run')
    .argument('<target>', 'such as 6.12-x86_64')
    .argument('<files...>', 'scenarios');
  wiring
    .withCommon(run)
    .description('boot a kernel, play scenarios in it, and write their captures')
    .option('--out <folder>', 'where captures go (default: beside each scenario)')
    .addHelpText('after', wiring.help('pfnmap lab run 6.12-x86_64 my.scn --out captures'))
    .action(async (target: string, files: string[]) => {
      const { labRunCommand } = await import('./lab-command.ts');
      await wiring.run<LabRunOptions>(run, (options, context) =>
        labRunCommand(target, files, options, context),
      );
    });
}
