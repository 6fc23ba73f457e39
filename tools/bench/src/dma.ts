import { expectZero, GiB, machineWithBar, mapBar, nanoseconds } from './bar.ts';
import { best, type Timings } from './timings.ts';

const BYTES = 32 * GiB;
const NS_PER_MS = 1e6;

/** Kernels by how they look frames up for DMA, and the lookups that 32 GiB by 1G entries take. */
const FORMS = [
  { name: 'DMA map 32G, by entries', kernel: '7.3', lookups: 32, times: 200 },
  { name: 'DMA map 32G, by pages', kernel: '6.12.117', lookups: BYTES / 4096, times: 2 },
] as const;

/** Milliseconds of VFIO_IOMMU_MAP_DMA of a BAR of 32 GiB, mapped and faulted in by 1G entries. */
export function timeDmaMaps(): Timings {
  const rounds: Timings[] = [];
  for (const { name, kernel, lookups, times } of FORMS) {
    const machine = machineWithBar('x86_64', kernel, BYTES);
    const process = machine.spawn();
    const vaddr = mapBar(machine, process, 0, BYTES);
    for (let at = vaddr; at < vaddr + BYTES; at += GiB) process.touch(at, true);
    const { mm } = process;
    const { counts } = machine.dma;
    const request = { iova: BYTES, vaddr, size: BYTES, read: true, write: true };
    for (let time = 0; time < times; time++) {
      const before = counts.lookups;
      const taken = nanoseconds(() => expectZero('mapDma', machine.dma.mapDma(mm, request)));
      if (counts.lookups - before !== lookups) throw new Error(`${name}: other lookups`);
      expectZero('unmapDma', machine.dma.unmapDma(BYTES, BYTES));
      rounds.push({ [name]: taken / NS_PER_MS });
    }
  }
  return best(rounds);
}
