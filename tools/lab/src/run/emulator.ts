import type { LabTarget } from '../target/target.ts';
import type { MachineOptions } from './machine-line.ts';

/** The files of one boot. */
export interface BootFiles {
  readonly kernel: string;
  readonly initrd: string;
  /** A sparse file of the BAR's size. */
  readonly bar: string;
}

/** BAR 2 without a `bar=` option. */
export const DEFAULT_BAR = '8G';

interface ArchMachine {
  readonly args: readonly string[];
  readonly append: readonly string[];
}

function x86Machine(options: MachineOptions): ArchMachine {
  // The EPYC model has 1G pages and nested paging; QEMU's max also has five levels.
  const cpu = options.cpu ?? (options.levels === '5' ? 'max' : 'EPYC');
  return {
    args: ['-machine', 'q35,accel=tcg', '-cpu', cpu, '-device', 'intel-iommu'],
    append: [
      'intel_iommu=on',
      'iommu=pt',
      // On a busy host the emulated timer may be late for the check, and the kernel gives up.
      'no_timer_check',
      ...(options.levels === '5' ? [] : ['no5lvl']),
      ...(options.pat === 'off' ? ['nopat'] : []),
    ],
  };
}

function armMachine(options: MachineOptions): ArchMachine {
  const machine = `virt,gic-version=3,iommu=smmuv3,virtualization=${options.el2 ?? 'off'}`;
  return {
    args: ['-machine', machine, '-cpu', options.cpu ?? 'max'],
    append: options.va === '48' ? ['arm64.nolva'] : [],
  };
}

/**
 * The kernel's command line. It dies rather than limp on; it prints little, since what it prints
 * can fall into an answer; a flood of answers does not make it switch the console's interrupt off;
 * no monitor of memory use clears accessed bits behind a scenario's back (DAMON_STAT, in 7.3); where
 * processors wait for each other, they do not wait for a timer, which a busy host makes late.
 */
function commandLine(target: LabTarget, machine: ArchMachine): string {
  return [
    'panic=-1',
    'oops=panic',
    'loglevel=2',
    'noirqdebug',
    'norandmaps',
    'damon_stat.enabled=0',
    'rcupdate.rcu_expedited=1',
    `console=${target.emulator.console}`,
    ...machine.append,
  ].join(' ');
}

/** The emulator's arguments: 1 GiB, the test device at 0000:00:05.0, no network. */
export function emulatorArgs(
  target: LabTarget,
  options: MachineOptions,
  files: BootFiles,
): string[] {
  const machine = target.arch === 'arm64' ? armMachine(options) : x86Machine(options);
  const size = options.bar ?? DEFAULT_BAR;
  return [
    ...machine.args,
    ...[
      '-smp',
      options.cpus ?? '1',
      '-m',
      '1024',
      '-display',
      'none',
      '-serial',
      'stdio',
      '-monitor',
      'none',
    ],
    ...['-no-reboot', '-nic', 'none'],
    ...['-object', `memory-backend-file,id=shm,share=on,mem-path=${files.bar},size=${size}`],
    ...['-device', 'ivshmem-plain,memdev=shm,addr=5'],
    ...['-kernel', files.kernel, '-initrd', files.initrd],
    ...['-append', commandLine(target, machine)],
  ];
}
