import {
  type GuestProgram,
  KVM_EXIT_HLT,
  KVM_EXIT_MMIO,
  KVM_MEM_READONLY,
  type Kvm,
  type KvmVcpu,
  type Stage2Change,
} from '@pfnmap/kvm-consumer';
import type { Machine, MachineArch, Process } from '@pfnmap/machine';
import { EBADF, EIO } from '@pfnmap/mm-core';
import { PROT_READ, PROT_WRITE } from '@pfnmap/mm-mmap';
import type { Answer, KvmstatAnswer, SpteChange } from '../answer.ts';
import type { Step, StepOf } from '../grammar.ts';
import { type AddressField, hexOf, toldWord } from './fold-table.ts';
import { type Player, resultOf } from './player.ts';

/** The guest of an arm64 machine ends with a store to this address, where no slot is: the lab takes it for a halt. */
const DONE = 0x08000000;

/** The guest's instructions lie in its second page, in the slot that the step `kvm` makes. */
const programOf = (arch: MachineArch, code: number): GuestProgram => ({
  code,
  size: 4,
  ends: arch === 'arm64' ? { store: DONE } : 'hlt',
});

/** What a program knows of its virtual machines. A child starts with its parent's knowledge. */
interface KvmKnowledge {
  vm: Kvm | undefined;
  vcpu: KvmVcpu | undefined;
  /** Slots that it has numbered, in all its VMs. */
  slots: number;
}

/** The answer of steps that need a VM, before the step `kvm`. */
const NO_VM: Answer = { error: 'no vm' };

const spteOf = (change: Stage2Change, field: AddressField): SpteChange => ({
  spte: {
    gfn: hexOf(change.gfn),
    level: change.level,
    old: hexOf(toldWord(field, change.old, change.oldIsTable)),
    new: hexOf(toldWord(field, change.new, change.newIsTable)),
    table: change.newIsTable ? 1 : 0,
  },
});

/** A page for the guest's code, in the table that also maps the program's stack. */
function mapCode(process: Process, pageSize: number): number {
  const { mm } = process;
  let address = (mm.vmas[mm.vmas.length - 1]?.vm_start ?? 0) - 2 * pageSize;
  while (mm.vma_lookup(address) !== null) address -= 2 * pageSize;
  const prot = PROT_READ | PROT_WRITE;
  process.mmap({ address, length: pageSize, prot, shared: true, file: null, offset: 0 });
  process.touch(address, true);
  return address;
}

/** The steps `kvm`, `kvmslot`, `kvmaccess`, `kvmstat` and `stage2` of one scenario. */
export class KvmSteps {
  private readonly machine: Machine;
  private readonly arch: MachineArch;
  private readonly field: AddressField;
  private readonly known = new Map<Process, KvmKnowledge>();
  private last: KvmKnowledge = { vm: undefined, vcpu: undefined, slots: 0 };
  private player: Player | undefined;

  constructor(machine: Machine, arch: MachineArch, field: AddressField) {
    this.machine = machine;
    this.arch = arch;
    this.field = field;
    machine.kvm.watch(
      arch === 'x86_64'
        ? { stage2Changed: (change) => this.player?.addCall(spteOf(change, field)) }
        : { guestFault: (_vm, gpa) => this.sawGuestFault(gpa) },
    );
  }

  private sawGuestFault(gpa: number): void {
    if (gpa !== DONE) this.player?.addCall({ s2fault: hexOf(gpa) });
  }

  /** What the program that runs knows; a new process is a child of the one that ran before. */
  private knowledge(process: Process): KvmKnowledge {
    let found = this.known.get(process);
    if (found === undefined) {
      found = { ...this.last };
      this.known.set(process, found);
    }
    this.last = found;
    return found;
  }

  /** The virtual machine that a program has opened, if any. */
  vmOf(process: Process): Kvm | undefined {
    return this.knowledge(process).vm;
  }

  /** The answers of a step of virtual machines; undefined for any other. */
  play(step: Step, player: Player): Answer[] | undefined {
    this.player = player;
    const known = this.knowledge(player.process);
    switch (step.op) {
      case 'kvm':
        return [this.create(known, player.process)];
      case 'kvmslot':
        return [this.slot(known, step, player)];
      case 'kvmaccess':
        return [this.access(known, step, player.process)];
      case 'kvmstat':
        return [this.statistics()];
      case 'stage2':
        return [this.stage2(known, step.gpa)];
      default:
        return undefined;
    }
  }

  private create(known: KvmKnowledge, process: Process): Answer {
    const { kvm } = this.machine;
    const { pageSize } = this.machine.kernel.arch.geometry;
    const userspace_addr = mapCode(process, pageSize);
    known.vm = kvm.createVm(process.mm);
    known.vcpu = kvm.createVcpu(known.vm);
    const result = kvm.kvm_set_memory_region(known.vm, {
      slot: known.slots++,
      flags: 0,
      guest_phys_addr: pageSize,
      memory_size: pageSize,
      userspace_addr,
    });
    return resultOf('kvm', result);
  }

  private slot(known: KvmKnowledge, step: StepOf<'kvmslot'>, player: Player): Answer {
    const map = player.map(step.name);
    if (map === undefined) return { error: `no map ${step.name}` };
    const slot = known.slots++;
    if (known.vm === undefined) return resultOf('kvmslot', -EBADF);
    if (known.vm.mm !== player.process.mm) return resultOf('kvmslot', -EIO);
    const result = this.machine.kvm.kvm_set_memory_region(known.vm, {
      slot,
      flags: step.readonly ? KVM_MEM_READONLY : 0,
      guest_phys_addr: step.gpa,
      memory_size: player.lengthOf(step),
      userspace_addr: map.start + step.offset,
    });
    return resultOf('kvmslot', result);
  }

  private access(known: KvmKnowledge, step: StepOf<'kvmaccess'>, process: Process): Answer {
    const { vcpu } = known;
    if (vcpu === undefined) return NO_VM;
    // The guest of an x86 machine runs in 32-bit mode.
    const gpa = this.arch === 'x86_64' ? step.gpa % 2 ** 32 : step.gpa;
    const { pageSize } = this.machine.kernel.arch.geometry;
    const result = vcpu.run(process.mm, programOf(this.arch, pageSize), gpa, step.write);
    const exit = vcpu.exit_reason;
    if (result < 0) return { access: -1, errno: -result, exit };
    const halted = exit === KVM_EXIT_MMIO && vcpu.mmio.phys_addr === DONE && this.arch === 'arm64';
    return { access: 0, errno: 0, exit: halted ? KVM_EXIT_HLT : exit };
  }

  private stage2({ vm }: KvmKnowledge, gpa: number): Answer {
    if (vm === undefined) return NO_VM;
    const { pageSize } = this.machine.kernel.arch.geometry;
    const met = vm.mmu.path(Math.floor(gpa / pageSize));
    return {
      stage2: met.map(({ size, kind, word }) => ({
        size: hexOf(size),
        entry: hexOf(toldWord(this.field, word, kind === 'table')),
      })),
    };
  }

  private statistics(): KvmstatAnswer {
    const all = this.machine.kvm.vms.flatMap(({ mmu }) => mmu.statistics ?? []);
    if (all.length === 0) return { pages_1g: null, pages_2m: null, pages_4k: null };
    return {
      pages_1g: all.reduce((sum, { pages_1g }) => sum + pages_1g, 0),
      pages_2m: all.reduce((sum, { pages_2m }) => sum + pages_2m, 0),
      pages_4k: all.reduce((sum, { pages_4k }) => sum + pages_4k, 0),
    };
  }
}
