import { configForRelease, type KernelConfig, resolveKernel } from '@pfnmap/kconfig';
import { createMachine, type Machine, type MachineArch } from '@pfnmap/machine';
import { formatEvent, type KernelEvent } from '@pfnmap/mm-core';
import { KernelBug, LEVEL_NAMES, type PgtableLevel } from '@pfnmap/pgtable-core';
import type { Answer } from '../answer.ts';
import type { Capture, CapturedStep } from '../capture.ts';
import type { Step } from '../grammar.ts';
import type { Scenario } from '../parse-scenario.ts';
import type {
  FoundBug,
  MappedSize,
  Played,
  PlayedStep,
  PlayOptions,
  RecordedEvent,
} from '../played.ts';
import { cpuHasL1tf } from './cpu-models.ts';
import { describeBug } from './describe-bug.ts';
import { playDmaStep } from './dma-steps.ts';
import type { AddressField } from './fold-table.ts';
import { playHotdisable } from './hotdisable.ts';
import { KvmSteps } from './kvm-steps.ts';
import { Player } from './player.ts';
import { playProcStep } from './proc-steps.ts';

/** Kernel releases that stand for a short name of a kernel, by architecture. */
const RELEASES: Readonly<Record<MachineArch, Readonly<Record<string, string>>>> = {
  x86_64: { '6.12.117': '6.12.117+deb12-amd64', '7.3': '7.3.4+deb13-amd64' },
  arm64: { '6.12.117': '6.12.117+deb12-arm64', '7.3': '7.3.4+deb13-arm64' },
};

/** A kernel by name: its release, as `uname -r` prints it where one is known, and its configuration. */
export interface NamedKernel {
  readonly release: string;
  readonly config: KernelConfig;
}

/** What is changed in a kernel that is named. */
type KernelChanges = Pick<PlayOptions, 'with' | 'without' | 'reverted'>;

/** Configurations are frozen, so one resolution serves every machine with that kernel. */
const resolved = /* @__PURE__ */ new Map<string, NamedKernel>();

/**
 * What a kernel's name means: a release that is known, or a profile on the configuration of the nearest release.
 *
 * @throws UnknownKernelError for a name that is neither; UnknownSymbolError and ContradictionError for the changes.
 */
export function kernelNamed(
  arch: MachineArch,
  name: string,
  changes: KernelChanges = {},
): NamedKernel {
  const key = JSON.stringify([
    arch,
    name,
    changes.with ?? [],
    changes.without ?? [],
    changes.reverted ?? [],
  ]);
  const known = resolved.get(key) ?? resolveNamed(arch, name, changes);
  resolved.set(key, known);
  return known;
}

function resolveNamed(arch: MachineArch, name: string, changes: KernelChanges): NamedKernel {
  const isRelease = name.includes('+') || name.includes('-deb');
  const byProfile = name.startsWith('7.') ? '7.3' : '6.12.117';
  const release = isRelease ? name : (RELEASES[arch][byProfile] as string);
  const known = configForRelease(release);
  const profile = isRelease ? known.profile : name;
  const config = resolveKernel({
    profile,
    arch: known.arch,
    dotConfig: known.dotConfig,
    with: changes.with,
    without: changes.without,
    reverted: changes.reverted,
  });
  return { release: isRelease || profile === known.profile ? release : profile, config };
}

/** The address field of entries as captures know it, and where RAM lies in the lab's machines. */
function addressFieldOf(arch: MachineArch): AddressField {
  const GiB = 2 ** 30;
  if (arch === 'x86_64') return { highMask: 0xfffff, isRam: (address) => address < GiB };
  return { highMask: 0x3ffff, isRam: (address) => address >= GiB && address < 2 * GiB };
}

/** The lines of the kernel log that captures keep. */
const KEPT_LINE = /vfio_pci_mmap|WARNING|BUG|Oops|bad p[mug4]d/;

const textOf = (event: KernelEvent): RecordedEvent => ({
  kind: event.kind,
  text: formatEvent(event),
});

/** What is mapped in a process, by the size of the entries. */
function mappedSizes(machine: Machine, player: Player): MappedSize[] {
  const { pt, arch } = machine.kernel;
  const counts = new Map<PgtableLevel, number>();
  for (const vma of player.process.mm.vmas) {
    if (vma.vm_file === null) continue;
    for (let address = vma.vm_start; address < vma.vm_end; ) {
      const slot = pt.walk(vma.vm_mm, address);
      const { level } = pt.walked;
      const { size } = arch.geometry.levels[level];
      const lo = machine.kernel.mem.lanes[slot] as number;
      if ((lo & arch.format.validMask) !== 0) counts.set(level, (counts.get(level) ?? 0) + 1);
      address = Math.min(vma.vm_end, (Math.floor(address / size) + 1) * size);
    }
  }
  return [...counts]
    .sort(([a], [b]) => b - a)
    .map(([level, entries]) => {
      const { size } = arch.geometry.levels[level];
      return { level: LEVEL_NAMES[level] as string, size, entries, bytes: entries * size };
    });
}

/** CPU and boot options of the lab's machines where a scenario says nothing. */
export const cpuOptions = (arch: MachineArch) =>
  ({ levels: 4, vaBits: arch === 'arm64' ? 52 : 48, pat: true, l1tf: false }) as const;

/** The machine that a scenario asks for, with a kernel. */
export function machineFor(
  scenario: Scenario,
  options: PlayOptions,
  lanes?: Int32Array,
): { readonly machine: Machine; readonly release: string } {
  const { machine: wanted } = scenario;
  const { release, config } = kernelNamed(options.arch, options.kernel, options);
  const machine = createMachine({
    arch: options.arch,
    config,
    levels: options.arch === 'x86_64' ? wanted.levels : 4,
    vaBits: wanted.va ?? 52,
    pat: wanted.pat,
    l1tf: options.arch === 'x86_64' && cpuHasL1tf(wanted.cpu),
    thp: wanted.thp,
    barBytes: wanted.bar,
    ...(lanes === undefined ? {} : { lanes }),
    ...(options.bar2Start === undefined ? {} : { barStart: Number(options.bar2Start) }),
  });
  machine.device.setDebugLines(true);
  machine.kernel.events.recording = options.events === true;
  return { machine, release };
}

/** What a program's steps came to. */
export interface PlayedSteps {
  readonly steps: CapturedStep[];
  readonly log: string[];
  readonly bug: FoundBug | undefined;
}

/** Does the steps, to the end or to where the kernel dies. */
export function playSteps(
  scenario: Scenario,
  options: PlayOptions,
  machine: Machine,
  player: Player,
): PlayedSteps {
  const steps: CapturedStep[] = [];
  const log: string[] = [];
  const { events } = machine.kernel;
  const done = (step: Step, record: CapturedStep): void => {
    const happened = events.take();
    steps.push(record);
    const lines = happened.flatMap((event) => (event.kind === 'printk' ? [event.text] : []));
    log.push(...lines.filter((line) => KEPT_LINE.test(line)));
    const played: PlayedStep = { step, record, events: happened.map(textOf) };
    options.onStep?.(played);
  };
  events.take();
  for (const step of scenario.steps) {
    try {
      const answers: Answer[] | undefined = player.play(step);
      if (answers !== undefined) done(step, { step: step.text, answers });
    } catch (error) {
      if (!(error instanceof KernelBug)) throw error;
      done(step, { step: step.text, answers: [], crash: [error.message] });
      return { steps, log, bug: describeBug(error) };
    }
  }
  return { steps, log, bug: undefined };
}

/** The RAM of the last machine, for the next: making it anew costs more than most scenarios. */
let spareRam: Int32Array | undefined;

/** A machine with a program on it that has done nothing yet. */
export interface StartedProgram {
  readonly machine: Machine;
  readonly release: string;
  readonly player: Player;
  readonly kvm: KvmSteps;
}

/** A player of every step that the model knows, on a machine of an architecture. */
export function playerFor(
  machine: Machine,
  arch: MachineArch,
): { readonly player: Player; readonly kvm: KvmSteps } {
  const field = addressFieldOf(arch);
  const kvm = new KvmSteps(machine, arch, field);
  const player = new Player(machine, field, [
    playDmaStep,
    playHotdisable,
    playProcStep,
    (step, playing) => kvm.play(step, playing),
  ]);
  return { player, kvm };
}

/** Boots the machine of a scenario and starts its program. */
export function startProgram(scenario: Scenario, options: PlayOptions): StartedProgram {
  const { machine, release } = machineFor(scenario, options, spareRam);
  spareRam = undefined;
  return { machine, release, ...playerFor(machine, options.arch) };
}

/** Keeps the RAM of a machine that is done for the next one. */
export function stopMachine(machine: Machine): void {
  spareRam = machine.kernel.mem.release();
}

/**
 * Plays a scenario on the model: a new machine, a program that does the steps, and what the lab would have written.
 *
 * @throws UnknownKernelError and its kind for a kernel that is not known; RangeError when a machine is impossible.
 */
export function playScenario(scenario: Scenario, options: PlayOptions): Played {
  const { machine, release, player } = startProgram(scenario, options);
  const before = {
    faults: machine.kernel.events.counts.pgfault,
    pgtablesBytes: player.process.mm.pgtables_bytes,
  };
  const { steps, log, bug } = playSteps(scenario, options, machine, player);
  const { bar } = scenario.machine;
  const start = machine.bar2Pfn * machine.kernel.arch.geometry.pageSize;
  const driverLines = scenario.machine.dyndbg
    ? log
    : log.filter((line) => !line.includes('vfio_pci_mmap'));
  const wide = (value: number): `0x${string}` => `0x${value.toString(16).padStart(16, '0')}`;
  const capture: Capture = {
    machine: {
      kernel: release,
      arch: options.arch === 'arm64' ? 'aarch64' : 'x86_64',
      bdf: '0000:00:05.0',
      options: {},
      bar2: { start: wide(start), end: wide(start + bar - 1) },
    },
    log: driverLines,
    steps,
  };
  const summary: Played['summary'] = {
    mapped: bug === undefined ? mappedSizes(machine, player) : [],
    faults: machine.kernel.events.counts.pgfault - before.faults,
    handlerCalls: player.handlerCalls,
    pgtablesBytes: player.process.mm.pgtables_bytes - before.pgtablesBytes,
    ...(machine.dma.counts.lookups === 0 ? {} : { dma: { ...machine.dma.counts } }),
  };
  stopMachine(machine);
  const { arch } = machine.kernel;
  return bug === undefined ? { capture, summary, arch } : { capture, summary, arch, bug };
}
