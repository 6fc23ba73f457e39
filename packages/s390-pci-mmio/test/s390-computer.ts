import { createArchS390 } from '@pfnmap/arch-s390';
import { createFollowApi, type FollowApi } from '@pfnmap/follow-pfnmap';
import { type KernelConfig, resolveKernel } from '@pfnmap/kconfig';
import {
  AddressSpace,
  createAnonPages,
  createEventLog,
  FAULT_FLAG_DEFAULT,
  FAULT_FLAG_USER,
  FAULT_FLAG_WRITE,
  type File,
  type Kernel,
  MmStruct,
  noPfnTracking,
  VM_FAULT_SIGBUS,
  VM_IO,
  VM_PFNMAP,
  type VmAreaStruct,
  type VmFault,
} from '@pfnmap/mm-core';
import { createMmHuge } from '@pfnmap/mm-huge';
import { createMmMemory, type MmMemory } from '@pfnmap/mm-memory';
import { createMmMmap, type MmMmap } from '@pfnmap/mm-mmap';
import { createMmPagewalk } from '@pfnmap/mm-pagewalk';
import { createPgtable, createPhysMem, wordAt } from '@pfnmap/pgtable-core';
import {
  createS390PciMmio,
  createZpciBytes,
  type MmioServices,
  ZPCI_IOMAP_ADDR_BASE,
} from '../src/index.ts';

export const PAGE = 4096;
export const VA = 0x3ff80000000;
export const BUFFER = 0x10000;
/** The cookie of PCI function 3, as a page frame. */
export const BAR_PFN = Number((ZPCI_IOMAP_ADDR_BASE | (3n << 48n)) >> 12n);

/** How a kernel differs from 6.12.117 on a machine without MIO. */
export interface Wanted {
  readonly profile?: string;
  readonly reverted?: readonly string[];
  /** First frame of the BAR. */
  readonly pfn?: number;
  readonly zpci?: boolean;
  readonly mio?: MmioServices['mio'];
}

function configOf({ profile = '6.12.117', reverted = [] }: Wanted): KernelConfig {
  const config = resolveKernel({ profile, arch: 's390', with: ['TRANSPARENT_HUGEPAGE'] });
  const enabled = (symbol: string): boolean => !reverted.includes(symbol) && config.enabled(symbol);
  return Object.create(config, { enabled: { value: enabled } }) as KernelConfig;
}

/** An s390 with a PCI function whose driver maps its BAR page by page, and one program. */
export class S390Computer {
  readonly kernel: Kernel;
  readonly memory: MmMemory;
  readonly syscalls: MmMmap;
  readonly follow: FollowApi;
  readonly mm: MmStruct;
  /** What was done, in order: faults, stores, loads, locks while `watchLocks`. */
  readonly done: string[] = [];
  readonly bytes = createZpciBytes();
  userIsBad = false;
  hasMemory = true;
  /** What the device answers in place of data. */
  deviceError = 0;
  sigbus = false;
  private readonly pfn: number;
  private readonly file: File;
  private readonly calls: ReturnType<typeof createS390PciMmio>;

  constructor(wanted: Wanted = {}) {
    const config = configOf(wanted);
    const arch = createArchS390({ config, levels: 3 });
    const mem = createPhysMem({ pageShift: 12, frames: 1024 });
    this.kernel = {
      ...{ config, arch, mem, pt: createPgtable(arch, mem), anon: createAnonPages(mem, 8) },
      ...{ events: createEventLog(), tracking: noPfnTracking, taskSize: 2 ** 42 },
      sysfs: { thpEnabled: 'always' },
    };
    const huge = createMmHuge(this.kernel);
    this.memory = createMmMemory(this.kernel, huge);
    const pagewalk = createMmPagewalk(this.kernel, huge, this.memory);
    const layers = { huge, memory: this.memory, pagewalk, mayCommit: () => true };
    this.syscalls = createMmMmap(this.kernel, layers);
    this.follow = createFollowApi(this.kernel, this.memory);
    this.pfn = wanted.pfn ?? BAR_PFN;
    this.mm = new MmStruct(1, this.kernel.pt.pgd_alloc());
    this.file = {
      name: '/dev/uio0',
      f_mapping: new AddressSpace(),
      writable: true,
      f_op: { mmap: (_file, vma) => this.mapBar(vma) },
    };
    this.calls = createS390PciMmio(this.kernel, this.follow, this.services(wanted));
  }

  private mapBar(vma: VmAreaStruct): number {
    vma.vm_flags |= VM_IO | VM_PFNMAP;
    vma.vm_ops = { fault: (vmf) => this.fault(vmf) };
    return 0;
  }

  private fault({ vma, address, flags }: VmFault): number {
    this.done.push((flags & FAULT_FLAG_WRITE) === 0 ? 'fault' : 'write fault');
    if (this.sigbus) return VM_FAULT_SIGBUS;
    return this.memory.vmf_insert_pfn(vma, address, this.pfn + (address - vma.vm_start) / PAGE);
  }

  private services(wanted: Wanted): MmioServices {
    const held = (): string => (this.locked.length === 0 ? '' : ` under ${this.locked.join(', ')}`);
    return {
      zpci_is_enabled: () => wanted.zpci ?? true,
      mio: wanted.mio,
      kmalloc: () => this.hasMemory,
      copy_from_user: (...args) =>
        this.userIsBad ? undefined : this.bytes.copy_from_user(...args),
      copy_to_user: (...args) => {
        this.done.push(`copy to user${held()}`);
        return !this.userIsBad && this.bytes.copy_to_user(...args);
      },
      zpci_memcpy_toio: (ioAddress, bytes) => {
        this.done.push(`store ${bytes.length} at 0x${ioAddress.toString(16)}${held()}`);
        return this.deviceError || this.bytes.zpci_memcpy_toio(ioAddress, bytes);
      },
      zpci_memcpy_fromio: (ioAddress, bytes) => {
        this.done.push(`load ${bytes} at 0x${ioAddress.toString(16)}${held()}`);
        return this.deviceError || this.bytes.zpci_memcpy_fromio(ioAddress, bytes);
      },
    };
  }

  /** Locks that are held, while they are watched. */
  locked: readonly string[] = [];
  watchLocks(): void {
    const { events } = this.kernel;
    events.recording = true;
    events.listener = (event) => {
      if (event.kind !== 'lock') return;
      if (event.action === 'acquire') this.locked = [...this.locked, event.lock];
      else this.locked = this.locked.filter((name) => name !== event.lock);
    };
  }

  map(length: number, prot: number): number {
    const { file } = this;
    return this.syscalls.mmap(this.mm, {
      address: VA,
      ...{ length, prot, shared: true, file, offset: 0 },
    });
  }
  mapAnon(length: number): number {
    const anon = { shared: false, file: null, offset: 0 };
    return this.syscalls.mmap(this.mm, { address: VA, length, prot: 3, ...anon });
  }
  vma(): VmAreaStruct {
    return this.mm.vma_lookup(VA)!;
  }
  /** What the program's own access to an address would fault in. */
  touch(address: number, write: boolean): number {
    const flags = FAULT_FLAG_DEFAULT | FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0);
    return this.memory.handle_mm_fault(this.vma(), address, flags);
  }
  entry(address: number): { level: number; word: bigint } {
    const { pt, mem } = this.kernel;
    const slot = pt.walk(this.mm, address);
    return { level: pt.walked.level, word: wordAt(mem.lanes, slot) };
  }

  write(address: number, length: number): number {
    return this.calls.s390_pci_mmio_write(this.mm, address, BUFFER, length);
  }
  read(address: number, length: number): number {
    return this.calls.s390_pci_mmio_read(this.mm, address, BUFFER, length);
  }
}
