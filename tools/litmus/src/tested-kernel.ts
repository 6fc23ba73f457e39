import { createMachine, type Machine, type MachineArch } from '@pfnmap/machine';
import type { MmStruct } from '@pfnmap/mm-core';
import { cpuOptions, kernelNamed } from '@pfnmap/scenario';
import { checkLookups } from './lookup-rule.ts';

/** RAM of a machine: few tables are ever in use. */
const RAM_BYTES = 2 ** 19;

/** Bytes of BAR 2, as `machine bar=8G` says it. */
const BAR_BYTES = 2 ** 33;

/** More than any IOMMU address that a program maps. */
const IOVA_END = 2 ** 40;

/**
 * The kernel that programs run on, with the machine that it boots on: the same again for each program, as long as the last
 * one left it as it was.
 */
export class TestedKernel {
  readonly arch: MachineArch;
  private readonly profile: string;
  private readonly changes: readonly string[];
  private spare: { readonly machine: Machine; readonly frames: number } | undefined;

  /** @param profile such as `posted-19`. @param changes what is in besides. */
  constructor(arch: MachineArch, profile: string, changes: readonly string[] = []) {
    this.arch = arch;
    this.profile = profile;
    this.changes = changes;
  }

  /** A machine that nothing runs on; it records its events, of which the locks are some. */
  boot(): Machine {
    if (this.spare !== undefined) return this.spare.machine;
    const { arch, profile } = this;
    const machine = createMachine({
      ...cpuOptions(arch),
      arch,
      config: kernelNamed(arch, profile, { with: this.changes }).config,
      thp: 'always',
      barBytes: BAR_BYTES,
      ramBytes: RAM_BYTES,
    });
    machine.kernel.events.recording = true;
    checkLookups(machine);
    this.spare = { machine, frames: machine.kernel.mem.framesInUse() };
    return machine;
  }

  /** Throws the machine away: what ran on it left it in a state that no other program shall see. */
  discard(): void {
    this.spare = undefined;
  }

  /** Ends the processes of a program and undoes what it did to the devices; a machine that keeps a page is thrown away. */
  reset(spaces: readonly MmStruct[]): void {
    if (this.spare === undefined) return;
    const { machine, frames } = this.spare;
    machine.dma.unmapDma(0, IOVA_END);
    for (const mm of spaces) machine.layers.mmap.exit_mmap(mm);
    machine.device.writeCommand(2);
    machine.pfnlab.configure({ pfn: 0, pages: 0, mode: 'fault', maxorder: 0 });
    const { events, mem } = machine.kernel;
    events.race = undefined;
    events.listener = undefined;
    events.take();
    if (mem.framesInUse() !== frames) this.discard();
  }
}
