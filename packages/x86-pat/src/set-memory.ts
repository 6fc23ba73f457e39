import { _PAGE_CACHE_MODE_UC_MINUS, _PAGE_CACHE_MODE_WC, type CacheMode } from './cache-mode.ts';
import type { Memtypes } from './memtype.ts';

/** Changes of the type of RAM pages by drivers. Linux takes the kernel's virtual address; here it is the physical one. */
export interface SetMemory {
  /**
   * Makes pages uncached-minus.
   *
   * @returns 0, or -EBUSY when a page already has a type other than write-back.
   * @fidelity partial the kernel's own mapping is not modelled
   * @patch none
   */
  set_memory_uc(start: number, numpages: number): number;
  /**
   * Makes pages write-combining.
   *
   * @returns as {@link set_memory_uc}.
   * @fidelity partial the kernel's own mapping is not modelled
   * @patch none
   */
  set_memory_wc(start: number, numpages: number): number;
  /**
   * Makes pages write-back again.
   *
   * @fidelity partial the kernel's own mapping is not modelled
   * @patch none
   */
  set_memory_wb(start: number, numpages: number): number;
}

const PAGE_SIZE = 4096;

/** Makes the functions for a machine's memory types. */
export function createSetMemory(memtypes: Memtypes): SetMemory {
  const reserve = (start: number, numpages: number, type: CacheMode): number =>
    memtypes.memtype_reserve(start, start + numpages * PAGE_SIZE, type, false).error;
  return {
    set_memory_uc: (start, numpages) => reserve(start, numpages, _PAGE_CACHE_MODE_UC_MINUS),
    set_memory_wc: (start, numpages) => reserve(start, numpages, _PAGE_CACHE_MODE_WC),
    set_memory_wb(start, numpages) {
      memtypes.memtype_free(start, start + numpages * PAGE_SIZE);
      return 0;
    },
  };
}
