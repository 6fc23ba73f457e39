import { configForRelease, type KernelConfig, resolveKernel } from '@pfnmap/kconfig';
import {
  createMachine,
  type Machine,
  type MachineArch,
  type MachineOptions,
  type Process,
} from '@pfnmap/machine';
import { formatEvent, type Kernel } from '@pfnmap/mm-core';
import {
  type AccessKind,
  createKvm,
  createNpt,
  type Kvm,
  type KvmDevice,
  type KvmHost,
  type KvmVcpu,
  type X86Host,
} from '../src/index.ts';

export const KiB = 2 ** 10;
export const MiB = 2 ** 20;
export const GiB = 2 ** 30;
/** Where the BAR is mapped: 1 GiB-aligned. */
export const VA = 0x7f0000000000;
export const PROT_READ = 1;
/** File offset of BAR 2. */
const BAR2 = 2 * 2 ** 40;

/** Which kernel on which machine: 6.12.117 on x86_64 with a BAR of 8 GiB at 0x200000000 when nothing is said. */
export interface Setup extends Partial<Omit<MachineOptions, 'config'>> {
  readonly profile?: string;
  readonly with?: readonly string[];
  readonly without?: readonly string[];
  /** Another host for KVM than the machine's own. */
  readonly host?: (machine: Machine) => KvmHost;
  readonly allowUnsafeMappings?: boolean;
}

const resolved = new Map<string, KernelConfig>();

function configOf({ profile = '6.12.117', arch = 'x86_64', ...changes }: Setup): KernelConfig {
  const key = JSON.stringify([profile, arch, changes.with, changes.without]);
  const known = resolved.get(key);
  if (known !== undefined) return known;
  const family = profile.startsWith('7.') ? '7.3.4+deb13' : '6.12.117+deb12';
  const release = configForRelease(`${family}-${arch === 'x86_64' ? 'amd64' : 'arm64'}`);
  const config = resolveKernel({
    profile,
    arch: release.arch,
    dotConfig: release.dotConfig,
    with: changes.with,
    without: changes.without,
  });
  resolved.set(key, config);
  return config;
}

/** An AMD host like the machine's own, but for what is said. */
export const amdHost = (kernel: Kernel, changes: Partial<X86Host> = {}): KvmHost => ({
  kind: 'x86',
  format: createNpt(),
  maxphyaddr: 40,
  rootLevel: 4,
  gigabytePages: true,
  isMmioPfn: (pfn) => !kernel.mem.isRam(pfn),
  ...changes,
});

/** How a part of the BAR is mapped; readable, writable and shared at VA when nothing is said. */
export interface Mapping {
  readonly address?: number;
  /** Byte offset in the BAR. */
  readonly offset?: number;
  readonly prot?: number;
}

/** A program that maps the BAR and gives it to a guest. */
export class BarGuest {
  readonly machine: Machine;
  readonly arch: MachineArch;
  readonly process: Process;
  readonly kvm: KvmDevice;
  readonly vm: Kvm;
  readonly vcpu: KvmVcpu;
  private readonly calls: string[] = [];
  private readonly changes: string[] = [];
  private readonly faults: string[] = [];
  private slots = 0;

  constructor(setup: Setup = {}) {
    this.arch = setup.arch ?? 'x86_64';
    this.machine = createMachine({
      arch: this.arch,
      levels: 4,
      vaBits: this.arch === 'arm64' ? 52 : 48,
      pat: true,
      l1tf: false,
      thp: 'always',
      barBytes: 8 * GiB,
      ramBytes: 32 * MiB,
      ...setup,
      config: configOf(setup),
    });
    const { kernel, layers } = this.machine;
    const { allowUnsafeMappings = false } = setup;
    this.kvm =
      setup.host === undefined
        ? this.machine.kvm
        : createKvm(kernel, { ...layers, allowUnsafeMappings }, setup.host(this.machine));
    this.process = this.machine.spawn();
    this.vm = this.kvm.createVm(this.process.mm);
    this.vcpu = this.kvm.createVcpu(this.vm);
    this.machine.watchFaults(({ order, ret, address, vma }) => {
      this.calls.push(
        `(${order}, +0x${(address - vma.vm_start).toString(16)}, 0x${ret.toString(16)})`,
      );
    });
    this.kvm.watch({
      stage2Changed: ({ gfn, level, old, new: word }) => {
        this.changes.push(
          `${gfn.toString(16)} L${level} ${old.toString(16)}->${word.toString(16)}`,
        );
      },
      guestFault: (_vm, gpa) => this.faults.push(gpa.toString(16)),
    });
  }

  /** Maps a part of the BAR. */
  map(length: number, { address = VA, offset = 0, prot = 3 }: Mapping = {}): number {
    const file = this.machine.device.file;
    return this.process.mmap({ address, length, prot, shared: true, file, offset: BAR2 + offset });
  }

  /** Maps the lab's driver, which has no permission for uncached guests. */
  mapLab(length: number, address: number, mode: 'fault' | 'remap', shared = true): number {
    const { bar2Pfn, pfnlab } = this.machine;
    pfnlab.configure({ pfn: bar2Pfn, pages: (8 * GiB) / 4096, mode, maxorder: 18 });
    return this.process.mmap({ address, length, prot: 3, shared, file: pfnlab.file, offset: 0 });
  }

  /** Anonymous memory, shared, every page touched. */
  mapAnonymous(length: number, address: number): void {
    this.process.mmap({ address, length, prot: 3, shared: true, file: null, offset: 0 });
    for (let at = address; at < address + length; at += 4096) this.process.touch(at, true);
  }

  /** KVM_SET_USER_MEMORY_REGION with the next free number. */
  slot(gpa: number, length: number, hva = VA, flags = 0): number {
    return this.region(this.slots++, gpa, length, hva, flags);
  }

  region(slot: number, gpa: number, length: number, hva = VA, flags = 0): number {
    return this.kvm.kvm_set_memory_region(this.vm, {
      slot,
      flags,
      guest_phys_addr: gpa,
      memory_size: length,
      userspace_addr: hva,
    });
  }

  /** One access of the guest: how it ended. */
  access(gpa: number, kind: AccessKind = 'read'): number {
    return this.vm.mmu.access(gpa, kind);
  }

  /** The leaf that maps a guest-physical address, as `L3 200000ee7`, or `none`. */
  leaf(gpa: number): string {
    const leaf = this.vm.mmu.leafAt(gpa / this.machine.kernel.arch.geometry.pageSize);
    return leaf === undefined ? 'none' : `L${leaf.level} ${leaf.word.toString(16)}`;
  }

  /** Leaves by size: [1G, 2M, 4K]. */
  sizes(): [number, number, number] {
    const found: [number, number, number] = [0, 0, 0];
    for (const { level } of this.vm.mmu.leaves()) found[3 - level]!++;
    return found;
  }

  /** What the handler was asked and answered since the last call. */
  takeCalls(): string[] {
    return this.calls.splice(0);
  }

  /** Changes of stage 2 since the last call. */
  takeChanges(): string[] {
    return this.changes.splice(0);
  }

  /** Guest faults that were told since the last call. */
  takeFaults(): string[] {
    return this.faults.splice(0);
  }

  /** Events of one kind during some work. */
  record(kind: 'notifier' | 'lock' | 'stage2', work: () => void): string[] {
    const { events } = this.machine.kernel;
    events.take();
    events.recording = true;
    work();
    events.recording = false;
    const happened = events.take().filter((event) => event.kind === kind);
    return happened.map(formatEvent);
  }

  /** Zaps a part of the mapping at VA, as a driver does. */
  zap(offset: number, length: number): void {
    const vma = this.process.mm.vma_lookup(VA + offset)!;
    this.process.mm.mmap_lock = 'read';
    this.machine.layers.memory.zap_vma_ptes(vma, VA + offset, length);
    this.process.mm.mmap_lock = 'free';
  }
}
