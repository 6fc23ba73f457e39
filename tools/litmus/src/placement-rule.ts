import type { Machine, Process } from '@pfnmap/machine';
import { VM_NOHUGEPAGE, VM_PFNMAP, type VmAreaStruct } from '@pfnmap/mm-core';
import {
  LEVEL_NAMES,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
} from '@pfnmap/pgtable-core';
import { BrokenInvariant } from '@pfnmap/sim';

/** True when the entry of a level around an address would lie in the VMA, with a frame aligned to it. */
function fits(machine: Machine, vma: VmAreaStruct, address: number, level: PgtableLevel): boolean {
  const { pageSize, levels } = machine.kernel.arch.geometry;
  const { size } = levels[level];
  const start = Math.floor(address / size) * size;
  if (start < vma.vm_start || start + size > vma.vm_end) return false;
  const page = (start - vma.vm_start) / pageSize + (vma.vm_pgoff % 2 ** 28);
  return (machine.bar2Pfn + page) % (size / pageSize) === 0;
}

/**
 * The level of the entry that a first touch of an address must make: the largest for which there is room in the tables,
 * in the VMA and in the device. undefined when the touch makes none.
 */
function levelWanted(
  machine: Machine,
  process: Process,
  address: number,
): PgtableLevel | undefined {
  const { pt, arch } = machine.kernel;
  const vma = process.mm.vma_lookup(address);
  if (vma === null || (vma.vm_flags & VM_PFNMAP) === 0) return undefined;
  const slot = pt.walk(process.mm, address);
  const room = Math.min(pt.walked.level, PGTABLE_LEVEL_PUD) as PgtableLevel;
  if (!pt.pmd_none(slot) && !pt.pte_none(slot)) return undefined;
  const huge = (vma.vm_flags & VM_NOHUGEPAGE) === 0;
  const has = [true, huge && arch.hasPmdThp, huge && arch.hasPudThp];
  for (let level = room; level > PGTABLE_LEVEL_PTE; level--) {
    if (has[level] === true && fits(machine, vma, address, level)) return level;
  }
  return PGTABLE_LEVEL_PTE;
}

/**
 * L1: the size of an entry follows from the place of the mapping, not from which of its bytes is touched first. Gives the
 * check to make after the touch.
 */
export function placementRule(machine: Machine, process: Process, address: number): () => void {
  const wanted = levelWanted(machine, process, address);
  return () => {
    const { pt } = machine.kernel;
    const slot = pt.walk(process.mm, address);
    const { level } = pt.walked;
    if (wanted === undefined || pt.pte_none(slot) || level === wanted) return;
    throw new BrokenInvariant(
      'L1',
      `the first touch of 0x${address.toString(16)} made a ${LEVEL_NAMES[level]}, where the mapping has room for a ${LEVEL_NAMES[wanted]}`,
    );
  };
}
