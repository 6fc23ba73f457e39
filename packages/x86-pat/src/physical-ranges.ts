import type { Pfn } from '@pfnmap/pgtable-core';

const PAGE_SIZE = 4096;
const ISA_START_ADDRESS = 0xa0000;
const ISA_END_ADDRESS = 0x100000;
const ISA_END_PFN = ISA_END_ADDRESS / PAGE_SIZE;

/**
 * True for a range inside the legacy ISA hole, 0xa0000 to 0xfffff, which is write-back whatever is asked.
 *
 * @fidelity exact
 * @patch none
 */
export function is_untracked_pat_range(start: number, end: number): boolean {
  return start >= ISA_START_ADDRESS && end <= ISA_END_ADDRESS;
}

/** Which physical pages are RAM. */
export interface RamMap {
  /** True for a page of RAM: "System RAM" of /proc/iomem. */
  isRam(pfn: Pfn): boolean;
  /** The page after the highest one of RAM, so that large device ranges need no search. Without it all are asked for. */
  readonly max_pfn?: Pfn;
}

/**
 * Sorts a range into RAM and the rest: 0 no RAM, 1 RAM, -1 mixed. Pages below 1 MiB never count as RAM. A range is
 * mixed only when something else comes before its RAM: RAM with something else after it passes as RAM, as on a running
 * kernel.
 *
 * @fidelity exact
 * @patch none
 */
export function pat_pagerange_is_ram(ram: RamMap, start: number, end: number): -1 | 0 | 1 {
  const first = Math.floor(start / PAGE_SIZE);
  const endPfn = Math.min(Math.ceil(end / PAGE_SIZE), ram.max_pfn ?? Number.POSITIVE_INFINITY);
  let hole = first < ISA_END_PFN;
  let found = false;
  for (let pfn = Math.max(first, ISA_END_PFN); pfn < endPfn; pfn++) {
    if (!ram.isRam(pfn)) hole = true;
    else if (hole) return -1;
    else found = true;
  }
  return found ? 1 : 0;
}

/** True when a range of whole pages holds a page of RAM. */
export function holdsRam(ram: RamMap, start: number, end: number): boolean {
  const endPfn = Math.min(end / PAGE_SIZE, ram.max_pfn ?? Number.POSITIVE_INFINITY);
  for (let pfn = start / PAGE_SIZE; pfn < endPfn; pfn++) if (ram.isRam(pfn)) return true;
  return false;
}
