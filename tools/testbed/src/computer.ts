import { configForRelease, type KernelConfig, resolveKernel } from '@pfnmap/kconfig';
import {
  createMachine,
  type Machine,
  type MachineArch,
  type MachineOptions,
  type Process,
} from '@pfnmap/machine';
import { wordAt } from '@pfnmap/pgtable-core';

export const KiB = 2 ** 10;
export const MiB = 2 ** 20;
export const GiB = 2 ** 30;
/** Where mappings start unless a test says otherwise: a multiple of 1 GiB. */
export const VA = 0x7f0000000000;
/** PROT_READ, and PROT_READ | PROT_WRITE. */
export const R = 1;
export const RW = 3;

/** What differs from the machine of the specification: x86_64 with Linux 6.12.117 and 8 GiB in BAR 2 at 0x200000000. */
export interface Wanted extends Partial<Omit<MachineOptions, 'config'>> {
  /** The name of a profile. */
  readonly kernel?: string;
  readonly with?: readonly string[];
  readonly without?: readonly string[];
  /** Patches taken back while those after them stay: what no profile can say. */
  readonly reverted?: readonly string[];
}

const resolved = new Map<string, KernelConfig>();

/** A profile on the configuration that a distribution built its kernel with. */
function configOf(arch: MachineArch, wanted: Wanted): KernelConfig {
  const { kernel = '6.12.117', with: added, without } = wanted;
  const key = JSON.stringify([arch, kernel, added, without]);
  const release = arch === 'x86_64' ? '6.12.117+deb12-amd64' : '6.12.117+deb12-arm64';
  const of = configForRelease(release);
  const config =
    resolved.get(key) ?? resolveKernel({ ...of, profile: kernel, with: added, without });
  resolved.set(key, config);
  return config;
}

export function computer(wanted: Wanted = {}): Machine {
  const { arch = 'x86_64', reverted = [], ...options } = wanted;
  const config = configOf(arch, wanted);
  const enabled = (symbol: string): boolean => !reverted.includes(symbol) && config.enabled(symbol);
  return createMachine({
    arch,
    levels: 4,
    vaBits: arch === 'arm64' ? 52 : 48,
    pat: true,
    l1tf: false,
    thp: 'always',
    barBytes: 8 * GiB,
    ramBytes: 8 * MiB,
    ...options,
    config: Object.create(config, { enabled: { value: enabled } }),
  });
}

/** A mapping of BAR 2. Bytes; `offset` in the BAR. */
export interface BarMapping {
  readonly at?: number;
  readonly length: number;
  readonly offset?: number;
  readonly prot?: number;
}

/** Maps BAR 2, shared; the address, or a negative error number. */
export const mapBar = (machine: Machine, process: Process, mapping: BarMapping): number =>
  process.mmap({
    address: mapping.at ?? VA,
    length: mapping.length,
    prot: mapping.prot ?? RW,
    shared: true,
    file: machine.device.file,
    offset: 2 * 2 ** 40 + (mapping.offset ?? 0),
  });

/** Maps anonymous memory, private. */
export const mapAnon = (process: Process, at: number, length: number): number =>
  process.mmap({ address: at, length, prot: RW, shared: false, file: null, offset: 0 });

/** Level (0 PTE, 1 PMD, 2 PUD) and word of the entry where the walk of an address ends. */
export function entryAt(
  machine: Machine,
  process: Process,
  address: number,
): { level: number; word: bigint } {
  const { pt, mem } = machine.kernel;
  const slot = pt.walk(process.mm, address);
  return { level: pt.walked.level, word: wordAt(mem.lanes, slot) };
}

/** The child of a fork that succeeds. */
export function forkOf(process: Process): Process {
  const child = process.fork();
  if (typeof child === 'number') throw new Error(`fork answered ${child}`);
  return child;
}
