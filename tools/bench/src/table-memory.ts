import { BAR_BYTES, machineWithBar, VA } from './bar.ts';
import type { Timings } from './timings.ts';

/** Resident memory of this process in bytes, after a garbage collection where the runtime was told to offer one. */
function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** What the host gives for the tables of 8 GiB mapped by 4K, divided by what the simulated tables are large. */
export function measureTableMemory(): Timings {
  const { kernel, spawn, bar2Pfn } = machineWithBar('x86_64', '6.12.117');
  const { pt, mem, arch } = kernel;
  const { mm } = spawn();
  const range = { pfn: bar2Pfn, prot: arch.vm_get_page_prot(0), largest: 0 } as const;
  // Once before, so that code and heap are there; its tables stay, so that what is measured lies in fresh memory.
  if (pt.mapRange(mm, { ...range, address: VA, bytes: BAR_BYTES }) !== BAR_BYTES) throw used();
  const before = { resident: residentBytes(), frames: mem.framesInUse() };
  const address = VA + BAR_BYTES;
  if (pt.mapRange(mm, { ...range, address, bytes: BAR_BYTES }) !== BAR_BYTES) throw used();
  const frames = mem.framesInUse() - before.frames;
  const resident = residentBytes() - before.resident;
  return { 'table memory': resident / (frames * arch.geometry.pageSize) };
}

const used = (): Error => new Error('an entry is in use, or RAM is exhausted');
