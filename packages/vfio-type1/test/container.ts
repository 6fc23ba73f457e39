import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine, type Machine, type Process } from '@pfnmap/machine';

export const KiB = 2 ** 10;
export const MiB = 2 ** 20;
export const GiB = 2 ** 30;
/** Where the BAR is mapped: a multiple of 1 GiB. */
export const VA = 0x7f0000000000;
/** Where DMA is mapped: a multiple of 1 GiB. */
export const IOVA = 4 * GiB;
export const R = 1;
export const RW = 3;

/** Debian's kernels of the captures, by profile. */
const RELEASES: Readonly<Record<string, string>> = {
  '6.12.117': '6.12.117+deb12-amd64',
  '7.3': '7.3.4+deb13-amd64',
};

/** A program on the computer of the captures, with a container for its device. */
export class Container {
  readonly machine: Machine;
  readonly process: Process;
  private readonly calls: string[] = [];

  constructor(kernel = '6.12.117', changes: { readonly with?: readonly string[] } = {}) {
    const config = resolveKernel({
      ...configForRelease(RELEASES[kernel] ?? RELEASES['6.12.117']!),
      ...(RELEASES[kernel] === undefined ? { profile: kernel } : {}),
      ...changes,
    });
    const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
    this.machine = createMachine({
      ...cpu,
      config,
      thp: 'always',
      barBytes: 8 * GiB,
      ramBytes: 64 * MiB,
    });
    this.process = this.machine.spawn();
    this.machine.watchFaults(({ order, ret }) => {
      this.calls.push(`${order} 0x${ret.toString(16)}`);
    });
  }

  /** Maps BAR 2 from an offset on; shared. */
  mapBar(length: number, { at = VA, offset = 0, prot = RW } = {}): number {
    return this.process.mmap({
      address: at,
      length,
      prot,
      shared: true,
      file: this.machine.device.file,
      offset: 2 * 2 ** 40 + offset,
    });
  }

  mapAnon(length: number, at: number): number {
    return this.process.mmap({
      address: at,
      length,
      prot: RW,
      shared: false,
      file: null,
      offset: 0,
    });
  }

  /** VFIO_IOMMU_MAP_DMA: 0, or a negative error number. */
  dma(size: number, { iova = IOVA, vaddr = VA, read = true, write = true } = {}): number {
    return this.machine.dma.mapDma(this.process.mm, { iova, vaddr, size, read, write });
  }

  /** What the fault handler of vfio-pci was asked and answered since the last call: orders and results. */
  handlerCalls(): string[] {
    return this.calls.splice(0);
  }

  /** Entries of the IOMMU by bytes. */
  entries(): [size: number, count: number][] {
    return [...this.machine.dma.domain.entries()].sort(([a], [b]) => b - a);
  }
}
