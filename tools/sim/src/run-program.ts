import { createMachine, type Machine, type MachineArch } from '@pfnmap/machine';
import { KernelBug } from '@pfnmap/pgtable-core';
import { cpuOptions, kernelNamed, Player, parseScenario, type Step } from '@pfnmap/scenario';
import { BrokenInvariant, InvariantChecker } from './invariants.ts';

/** What random programs run on. */
export interface SimTarget {
  readonly arch: MachineArch;
  /** A release: `6.12.117+deb12-amd64`. */
  readonly kernel: string;
  /** Experiments that are on. */
  readonly with?: readonly string[];
}

const EXPERIMENTS = [
  'EXPERIMENT_SPLIT_LEAVES',
  'EXPERIMENT_REMAP_PFN_HUGE',
  'EXPERIMENT_MAPPING_ORDER',
  'EXPERIMENT_MEMORY_FAILURE_UNMAP',
];
const ARM64_EXPERIMENTS = [...EXPERIMENTS, 'EXPERIMENT_ARM64_PUD_PFNMAP'];

/** The targets by the names that captures have, and a kernel with every experiment. */
export const TARGETS: Readonly<Record<string, SimTarget>> = Object.freeze({
  '6.12-x86_64': { arch: 'x86_64', kernel: '6.12.117+deb12-amd64' },
  '6.12-x86_64-rt': { arch: 'x86_64', kernel: '6.12.117+deb12-rt-amd64' },
  '7.3-x86_64': { arch: 'x86_64', kernel: '7.3.4+deb13-amd64' },
  '6.12-arm64': { arch: 'arm64', kernel: '6.12.117+deb12-arm64' },
  '7.3-arm64': { arch: 'arm64', kernel: '7.3.4+deb13-arm64' },
  'next-x86_64': { arch: 'x86_64', kernel: '7.3.4+deb13-amd64', with: EXPERIMENTS },
  'next-arm64': { arch: 'arm64', kernel: '7.3.4+deb13-arm64', with: ARM64_EXPERIMENTS },
});

/** RAM of a random program's machine: few tables are ever in use. */
const RAM_BYTES = 2 ** 21;

/** A machine of a target for one program. */
export function machineOf(target: SimTarget): Machine {
  return createMachine({
    ...cpuOptions(target.arch),
    arch: target.arch,
    config: kernelNamed(target.arch, target.kernel, { with: target.with ?? [] }).config,
    thp: 'always',
    barBytes: 2 ** 33,
    ramBytes: RAM_BYTES,
  });
}

/** The leaves of both sides of a fork: I11, a shared mapping's parent is not changed by it. */
function snapshot(machine: Machine, player: Player): string {
  const { mem, pt } = machine.kernel;
  return player.process.mm.vmas
    .filter((vma) => vma.vm_file !== null)
    .map((vma) => {
      const slot = pt.walk(vma.vm_mm, vma.vm_start);
      return `${vma.vm_start}:${mem.lanes[slot]},${mem.lanes[slot + 1]}`;
    })
    .join(' ');
}

function playStep(machine: Machine, player: Player, checker: InvariantChecker, step: Step): void {
  const before = step.op === 'fork' || step.op === 'follow' ? snapshot(machine, player) : '';
  const parent = player.process;
  player.play(step);
  if (step.op === 'command') checker.memoryOn = (step.value & 2) !== 0;
  checker.check(player.process, machine.kernel.events.take());
  if (step.op === 'follow' && before !== snapshot(machine, player)) {
    throw new BrokenInvariant('I12', 'follow_pfnmap changed an entry');
  }
  if (step.op === 'fork' && player.process !== parent) checker.check(parent, []);
}

/** Plays programs on a target, one machine for many of them; a machine whose kernel died is replaced. */
export class ProgramRunner {
  private readonly target: SimTarget;
  private machine: Machine;

  constructor(target: SimTarget) {
    this.target = target;
    this.machine = machineOf(target);
  }

  /**
   * Plays a program and checks every invariant after every step, and at its end that it left no page of RAM behind.
   *
   * @returns how many steps were played; fewer than there are when the modelled kernel dies, which is no fault of the
   * model.
   * @throws BrokenInvariant for a rule that does not hold.
   */
  run(lines: readonly string[]): number {
    const { machine } = this;
    const framesBefore = machine.kernel.mem.framesInUse();
    machine.kernel.events.recording = true;
    machine.device.writeCommand(6);
    const { steps } = parseScenario(`${lines.join('\n')}\n`, 'program');
    const player = new Player(machine, { highMask: 0xfffff, isRam: () => false });
    const checker = new InvariantChecker(machine);
    machine.kernel.events.take();
    let played = 0;
    try {
      for (const step of steps) {
        playStep(machine, player, checker, step);
        played++;
      }
      player.process.exit();
    } catch (error) {
      this.machine = machineOf(this.target);
      if (error instanceof KernelBug) return played;
      throw error;
    }
    machine.kernel.events.take();
    const left = machine.kernel.mem.framesInUse() - framesBefore;
    if (left !== 0) {
      this.machine = machineOf(this.target);
      throw new BrokenInvariant('I13', `${left} pages of RAM are still in use after the last exit`);
    }
    return played;
  }
}
