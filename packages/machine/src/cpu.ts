import type { Kernel, MmStruct } from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import {
  KernelBug,
  LEVEL_NAMES,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Slot,
  wordAt,
} from '@pfnmap/pgtable-core';
import { createUserFault } from './user-fault.ts';

/** A fault that changes nothing may happen once or twice; this often, and it happens for ever. */
const FAULTS_WITHOUT_PROGRESS = 4;

const PTE_LEVEL = PGTABLE_LEVEL_PTE;

/** The CPU of a machine, as user programs see it. */
export interface Cpu {
  /** A user program reads or writes one byte. 0, or the signal that ends it. */
  access(mm: MmStruct, address: number, write: boolean): number;
  /** Page faults taken so far. */
  faults(): number;
}

/** Makes the CPU: the hardware's walk, and around it the faults. */
export function createCpu(kernel: Kernel, memory: MmMemory): Cpu {
  const { arch, pt, mem, anon } = kernel;
  const { levels, pageSize } = arch.geometry;
  const { lanes } = mem;
  const { validMask } = arch.format;
  const { prot: protOf } = arch.codec;
  const { permits, accessed, refused } = arch.hardware;
  const { walk, walked, flipProt } = pt;
  const doUserFault = createUserFault(kernel, memory);
  let faults = 0;

  /** True when an entry allows the access; the hardware then marks it accessed and dirty. */
  const entryAllows = (level: PgtableLevel, slot: Slot, write: boolean): boolean => {
    const lo = lanes[slot] as number;
    if ((lo & validMask) === 0) return false;
    const prot = protOf(level, lo, lanes[slot + 1] as number);
    const allows = permits(level, prot, write, false);
    const after = allows ? accessed(level, prot, write) : refused(level, prot);
    if (after !== prot) flipProt(slot, after ^ prot);
    return allows;
  };

  /** What was stored is not zero, which decides what becomes of the page when its folio is split. */
  const store = (level: PgtableLevel, slot: Slot, address: number): void => {
    const { size } = levels[level];
    const pfn = pt.pfnAt(level, slot);
    if (mem.isRam(pfn)) anon.write(pfn + Math.floor((address % size) / pageSize));
  };

  const repeats = (mm: MmStruct, address: number, write: boolean): never => {
    const slot = walk(mm, address);
    const { level } = walked;
    const used = mem.framesInUse();
    throw new KernelBug(
      used >= mem.frames - 1
        ? 'memory is exhausted'
        : 'the same access faults again and again: the handler finds the entry occupied and changes nothing',
      'handle_mm_fault',
      {
        address: `0x${address.toString(16)}`,
        write,
        entry: `0x${wordAt(lanes, slot).toString(16)}`,
        level: LEVEL_NAMES[level] as string,
      },
    );
  };

  return {
    access(mm, address, write) {
      let slot = walk(mm, address);
      let { level } = walked;
      for (let tries = 0; !entryAllows(level, slot, write); tries++) {
        if (tries >= FAULTS_WITHOUT_PROGRESS) repeats(mm, address, write);
        faults++;
        const signal = doUserFault(mm, address, write, level === PTE_LEVEL ? slot : -1);
        if (signal !== 0) return signal;
        // The tables on the way to a PTE stay during its fault. Above it, a table or a larger leaf may have come.
        if (level !== PTE_LEVEL) {
          slot = walk(mm, address);
          level = walked.level;
        }
      }
      if (write) store(level, slot, address);
      return 0;
    },
    faults: () => faults,
  };
}
