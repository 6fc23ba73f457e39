import { type Command, InvalidArgumentError } from 'commander';
import type { LabCampaignOptions, LabMergeOptions } from './lab-campaign-command.ts';
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
    .option('--kernel <image>', 'a kernel of your own, on the machine of the target')
    .option('--modules <folder>', 'its lib/modules/RELEASE')
    .option('--headers <folder>', 'its build tree, or its headers')
    .option('--name <name>', 'what to call it from then on (default: its release)')
    .addHelpText(
      'after',
      wiring.help(
        'pfnmap lab setup 6.12-x86_64',
        'pfnmap lab setup 6.12-x86_64 --kernel bzImage --modules out/lib/modules/6.18.0 --headers . --name mine',
      ),
    )
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
  for (const add of [addCompare, addCampaign, addMerge]) add(lab, wiring);
}

function addCompare(lab: Command, wiring: Wiring): void {
  const compare = lab
    .command('compare')
    .argument('<target>', 'such as 6.12-x86_64')
    .argument('<files...>', 'scenarios');
  wiring
    .withCommon(compare)
    .description('play scenarios on a kernel and on the model, and show both side by side')
    .option('--out <folder>', 'keep the captures there (default: they are not kept)')
    .addHelpText('after', wiring.help('pfnmap lab compare 6.12-x86_64 my.scn'))
    .action(async (target: string, files: string[]) => {
      const { labCompareCommand } = await import('./lab-compare-command.ts');
      await wiring.run<LabRunOptions>(compare, (options, context) =>
        labCompareCommand(target, files, options, context),
      );
    });
}

function readJobs(text: string): number {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= 1024) return jobs;
  throw new InvalidArgumentError('It is a number from 1.');
}

function addCampaign(lab: Command, wiring: Wiring): void {
  const campaign = lab.command('campaign').argument('<target>', 'such as 6.12-x86_64');
  wiring
    .withCommon(campaign)
    .description('generate scenarios, play them on a kernel and on the model, shrink what differs')
    .requiredOption('--seeds <A..B>', 'one scenario for every seed, of the kinds in turn')
    .option('--kinds <kinds>', 'only these, separated by commas (default: all)', (text) =>
      text.split(','),
    )
    .option('--shard <I/N>', 'only the I-th of N parts of the seeds')
    .option('--jobs <N>', 'boots at once (default: one a processor)', readJobs)
    .option('--out <folder>', 'answers and report (default: campaigns/TARGET-A-B)')
    .addHelpText(
      'after',
      wiring.help(
        'pfnmap lab campaign 6.12-x86_64 --seeds 1..200',
        'pfnmap lab campaign 7.3-arm64 --seeds 1..800 --shard 3/8 --out shard-3',
      ),
    )
    .action(async (target: string) => {
      const { labCampaignCommand } = await import('./lab-campaign-command.ts');
      await wiring.run<LabCampaignOptions>(campaign, (options, context) =>
        labCampaignCommand(target, options, context),
      );
    });
}

function addMerge(lab: Command, wiring: Wiring): void {
  const merge = lab.command('merge').argument('<results...>', 'result.json of shards, or folders');
  wiring
    .withCommon(merge)
    .description('make one result and one report of the shards of a campaign')
    .option('--out <folder>', 'where they go (default: campaigns/TARGET-merged)')
    .addHelpText('after', wiring.help('pfnmap lab merge shard-1 shard-2 --out whole'))
    .action(async (results: string[]) => {
      const { labMergeCommand } = await import('./lab-campaign-command.ts');
      await wiring.run<LabMergeOptions>(merge, (options, context) =>
        labMergeCommand(results, options, context),
      );
    });
}
