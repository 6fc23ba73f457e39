import type { Machine } from '@pfnmap/machine';
import { VM_READ, VM_SHARED, VM_WRITE } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PMD, type Prot } from '@pfnmap/pgtable-core';
import { measure } from 'mitata';
import { machineWithBar } from './bar.ts';
import type { HelperTimings } from './report.ts';

/** Entries that a call of the measured function works on, so that a loop and memory are part of the work, and the clock is not. */
const ENTRIES = 512;

/** Protection words of PMD leaves, no two neighbours the same. */
function protections({ kernel: { arch } }: Machine): Int32Array {
  const prot = arch.pmd_mkhuge(arch.vm_get_page_prot(VM_READ | VM_WRITE | VM_SHARED));
  const kinds = [prot, arch.pmd_mkspecial(prot), arch.pmd_mkold(prot), arch.pmd_wrprotect(prot)];
  return Int32Array.from({ length: ENTRIES }, (_, at) => kinds[at % kinds.length] as Prot);
}

/**
 * What each helper does with all entries. Each loop is written out: one loop for all would call functions that the
 * compiler does not know.
 */
function workOf(machine: Machine): Record<string, () => void> {
  const { arch, pt, mem } = machine.kernel;
  const from = protections(machine);
  const to = new Int32Array(ENTRIES);
  const pfns = new Float64Array(ENTRIES);
  const first = mem.slotOfFrame(mem.allocFrame());
  const readOnly = arch.vm_get_page_prot(VM_READ | VM_SHARED);
  const { pmd_mkspecial, pmd_special, pmd_mkhuge, pmd_modify, pte_modify } = arch;
  return {
    pmd_mkspecial: () => {
      for (let at = 0; at < ENTRIES; at++) to[at] = pmd_mkspecial(from[at] as Prot);
    },
    pmd_special: () => {
      for (let at = 0; at < ENTRIES; at++) to[at] = pmd_special(from[at] as Prot) ? 1 : 0;
    },
    pmd_mkhuge: () => {
      for (let at = 0; at < ENTRIES; at++) to[at] = pmd_mkhuge(from[at] as Prot);
    },
    pmd_modify: () => {
      for (let at = 0; at < ENTRIES; at++) to[at] = pmd_modify(from[at] as Prot, readOnly);
    },
    pte_modify: () => {
      for (let at = 0; at < ENTRIES; at++) to[at] = pte_modify(from[at] as Prot, readOnly);
    },
    'write an entry': () => {
      for (let at = 0; at < ENTRIES; at++) {
        pt.set(PGTABLE_LEVEL_PMD, first + at * 2, machine.bar2Pfn + at * 512, from[at] as Prot);
      }
    },
    'read an entry': () => {
      for (let at = 0; at < ENTRIES; at++) {
        to[at] = pt.pmdp_get(first + at * 2);
        pfns[at] = pt.pfnAt(PGTABLE_LEVEL_PMD, first + at * 2);
      }
    },
  };
}

/** Nanoseconds of single helpers: the fastest of many calls, through the entries that a call works on. */
export async function timeHelpers(): Promise<HelperTimings> {
  const timings: Record<string, number> = {};
  for (const [name, work] of Object.entries(workOf(machineWithBar('x86_64', '6.12.117')))) {
    const { min } = await measure(work);
    timings[name] = min / ENTRIES;
  }
  return timings;
}
