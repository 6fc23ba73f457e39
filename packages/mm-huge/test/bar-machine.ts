import { configForRelease, type KernelConfig, resolveKernel } from '@pfnmap/kconfig';
import { createMachine, type Machine, type MachineOptions, type Process } from '@pfnmap/machine';
import { LEVEL_NAMES, wordAt } from '@pfnmap/pgtable-core';

export const MiB = 2 ** 20;
export const GiB = 2 ** 30;
/** Where the BAR is mapped: 1 GiB-aligned, in tables of its own. */
export const VA = 0x200000000000;
/** Offset of BAR 2 in a vfio device's file. */
const BAR2_OFFSET = 2 * 2 ** 40;

/** Which kernel on which machine; 6.12.117 on x86_64 when nothing is said. */
export interface Setup extends Partial<Omit<MachineOptions, 'config'>> {
  readonly profile?: string;
  readonly with?: readonly string[];
  readonly without?: readonly string[];
  /** Symbols that answer n while what depends on them stays: a kernel that lacks one patch in the middle. */
  readonly dropped?: readonly string[];
}

const resolved = new Map<string, KernelConfig>();

/** A profile on the configuration that a distribution built its kernel with. */
export function configOf({
  profile = '6.12.117',
  arch = 'x86_64',
  ...changes
}: Setup): KernelConfig {
  const { dropped = [] } = changes;
  const key = JSON.stringify([profile, arch, changes.with, changes.without, dropped]);
  const known = resolved.get(key);
  if (known !== undefined) return known;
  const release = arch === 'x86_64' ? '6.12.117+deb12-amd64' : '6.12.117+deb12-arm64';
  const { dotConfig, arch: folder } = configForRelease(release);
  const whole = resolveKernel({
    profile,
    arch: folder,
    dotConfig,
    with: changes.with,
    without: changes.without,
  });
  const enabled = (symbol: string): boolean => !dropped.includes(symbol) && whole.enabled(symbol);
  const config = { ...whole, enabled };
  resolved.set(key, config);
  return config;
}

/** The computer of the captures: a BAR of 8 GiB, which lies at 0x200000000 on x86_64. */
export const machineWith = (setup: Setup = {}): Machine =>
  createMachine({
    arch: 'x86_64',
    levels: 4,
    vaBits: 48,
    pat: true,
    l1tf: false,
    thp: 'always',
    barBytes: 8 * GiB,
    ramBytes: 16 * MiB,
    ...setup,
    config: configOf(setup),
  });

/** A program that maps the BAR of its machine, with the answers of the fault handler. */
export class BarProcess {
  readonly machine: Machine;
  readonly process: Process;
  private calls: string[] = [];

  constructor(setup: Setup = {}) {
    this.machine = machineWith(setup);
    this.process = this.machine.spawn();
    this.machine.watchFaults(({ order, ret }) => {
      this.calls.push(`order=${order} 0x${ret.toString(16)}`);
    });
  }

  /** Maps so many bytes of the BAR from an offset on, readable and writable. */
  map(length: number, address = VA, offset = 0): number {
    return this.process.mmap({
      address,
      length,
      prot: 3,
      shared: true,
      file: this.machine.device.file,
      offset: BAR2_OFFSET + offset,
    });
  }

  /** Reads one byte and tells what the handler was asked and answered. */
  touch(address = VA): string[] {
    this.calls = [];
    const signal = this.process.touch(address, false);
    return signal === 0 ? this.calls : [...this.calls, `signal ${signal}`];
  }

  /** The entry where the walk of an address ends, as `pud 0x80000002000002b7` or `pmd none`. */
  entry(address = VA): string {
    const { pt, mem } = this.machine.kernel;
    const slot = pt.walk(this.process.mm, address);
    const word = wordAt(mem.lanes, slot);
    return `${LEVEL_NAMES[pt.walked.level]} ${word === 0n ? 'none' : `0x${word.toString(16)}`}`;
  }
}
