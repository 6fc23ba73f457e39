import { EBUSY, EINVAL } from '@pfnmap/mm-core';
import type { Pfn } from '@pfnmap/pgtable-core';
import {
  _PAGE_CACHE_MODE_UC,
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_WB,
  _PAGE_CACHE_MODE_WP,
  type CacheMode,
} from './cache-mode.ts';
import { type KernelLog, memRange } from './kernel-log.ts';

/** An error number or 0, and the type that came of a request. */
export interface TypedResult {
  readonly error: number;
  readonly type: CacheMode;
}

/** The types of RAM pages, which Linux keeps in page flags: one type a page, without counting users. */
export interface RamTypes {
  /** The type of a page; write-back unless something else was reserved. */
  get_page_memtype(pfn: Pfn): CacheMode;
  /**
   * Gives the pages of a range a type, if all are write-back now.
   *
   * @returns -EINVAL for write-protected, which has no flag; -EBUSY when a page has a type, which is then returned.
   * @fidelity exact
   * @patch none
   */
  reserve_ram_pages_type(start: number, end: number, type: CacheMode): TypedResult;
  /**
   * Makes the pages of a range write-back.
   *
   * @fidelity exact
   * @patch none
   */
  free_ram_pages_type(start: number, end: number): number;
}

const PAGE_SIZE = 4096;

/** All RAM write-back. */
export function createRamTypes(log: KernelLog): RamTypes {
  const types = new Map<Pfn, CacheMode>();
  let warned = false;

  const get_page_memtype = (pfn: Pfn): CacheMode => types.get(pfn) ?? _PAGE_CACHE_MODE_WB;
  return {
    get_page_memtype,
    reserve_ram_pages_type(start, end, requested) {
      if (requested === _PAGE_CACHE_MODE_WP) {
        return { error: -EINVAL, type: _PAGE_CACHE_MODE_UC_MINUS };
      }
      let type = requested;
      if (type === _PAGE_CACHE_MODE_UC) {
        if (!warned) log.warn('reserve_ram_pages_type', 'RAM cannot be strongly uncached');
        warned = true;
        type = _PAGE_CACHE_MODE_UC_MINUS;
      }
      const endPfn = Math.floor(end / PAGE_SIZE);
      for (let pfn = Math.floor(start / PAGE_SIZE); pfn < endPfn; pfn++) {
        const held = get_page_memtype(pfn);
        if (held !== _PAGE_CACHE_MODE_WB) {
          log.printk(
            `x86/PAT: reserve_ram_pages_type failed ${memRange(start, end)}, track 0x${held.toString(16)}, req 0x${type.toString(16)}`,
          );
          return { error: -EBUSY, type: held };
        }
      }
      for (let pfn = Math.floor(start / PAGE_SIZE); pfn < endPfn; pfn++) types.set(pfn, type);
      return { error: 0, type };
    },
    free_ram_pages_type(start, end) {
      const endPfn = Math.floor(end / PAGE_SIZE);
      for (let pfn = Math.floor(start / PAGE_SIZE); pfn < endPfn; pfn++) types.delete(pfn);
      return 0;
    },
  };
}
