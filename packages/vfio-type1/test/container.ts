import type { Machine, Process } from '@pfnmap/machine';
import {
  type BarMapping,
  computer,
  GiB,
  MiB,
  mapAnon,
  mapBar,
  VA,
  type Wanted,
} from '@pfnmap/testbed';

/** Where DMA is mapped: a multiple of 1 GiB. */
export const IOVA = 4 * GiB;

/** A program with a container for its device. */
export class Container {
  readonly machine: Machine;
  readonly process: Process;
  private readonly calls: string[] = [];

  constructor(kernel = '6.12.117', wanted: Wanted = {}) {
    this.machine = computer({ kernel, ramBytes: 64 * MiB, ...wanted });
    this.process = this.machine.spawn();
    this.machine.watchFaults(({ order, ret }) => {
      this.calls.push(`${order} 0x${ret.toString(16)}`);
    });
  }

  mapBar(length: number, mapping: Omit<BarMapping, 'length'> = {}): void {
    mapBar(this.machine, this.process, { length, ...mapping });
  }

  mapAnon(length: number, at: number): void {
    mapAnon(this.process, at, length);
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
