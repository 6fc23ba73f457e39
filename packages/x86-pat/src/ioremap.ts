import type { CacheMode } from './cache-mode.ts';
import { is_new_memtype_allowed } from './is-new-memtype-allowed.ts';
import type { KernelLog } from './kernel-log.ts';
import type { Memtypes } from './memtype.ts';
import { holdsRam, type RamMap } from './physical-ranges.ts';

/** A device range that the kernel mapped for itself: whole pages, with the type it got. */
export interface IoMapping {
  readonly start: number;
  readonly end: number;
  readonly type: CacheMode;
}

/** Kernel mappings of device memory. */
export interface IoRemapper {
  /**
   * Maps device memory into the kernel. Plain ioremap() asks for uncached-minus, ioremap_wc() for write-combining,
   * ioremap_cache() for write-back. While the mapping lasts its type rules all other mappings of the range.
   *
   * @param start physical address in bytes, @param size bytes; both may be anything, pages are mapped.
   * @returns null when the range is empty, too high or holds RAM, or when the type cannot be had.
   * @fidelity partial no mapping is built; physical addresses are 52 bits wide; reserved pages of RAM count as RAM
   * @patch none
   */
  ioremap(start: number, size: number, type: CacheMode): IoMapping | null;
  /**
   * Takes a mapping away and frees its type.
   *
   * @fidelity partial no mapping is torn down
   * @patch none
   */
  iounmap(mapping: IoMapping): void;
}

const PAGE_SIZE = 4096;
/** No x86 CPU has wider physical addresses. */
const PHYSICAL_LIMIT = 2 ** 52;

/** Makes ioremap for a machine's memory types. */
export function createIoRemapper(memtypes: Memtypes, ramMap: RamMap, log: KernelLog): IoRemapper {
  let warnedRam = false;
  let warnedWidth = false;

  const refuseRam = (start: number, last: number): null => {
    const [from, to] = [start, last].map((at) => `0x${at.toString(16).padStart(16, '0')}`);
    if (!warnedRam) log.warn('__ioremap_caller', `ioremap on RAM at ${from} - ${to}`);
    warnedRam = true;
    return null;
  };

  const refuseWidth = (address: number): null => {
    log.printk(`ioremap: invalid physical address ${address.toString(16)}`);
    if (!warnedWidth) log.warn('__ioremap_caller', 'the physical address is too wide');
    warnedWidth = true;
    return null;
  };

  return {
    ioremap(address, size, requested) {
      if (size <= 0) return null;
      if (address >= PHYSICAL_LIMIT) return refuseWidth(address);
      const start = Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
      const end = Math.ceil((address + size) / PAGE_SIZE) * PAGE_SIZE;
      if (holdsRam(ramMap, start, end)) return refuseRam(address, address + size - 1);
      const { error, type } = memtypes.memtype_reserve(start, end, requested);
      if (error !== 0) {
        log.printk(`ioremap memtype_reserve failed ${error}`);
        return null;
      }
      if (type !== requested && !is_new_memtype_allowed(start, end - start, requested, type)) {
        const span = `0x${start.toString(16)}-0x${end.toString(16)}`;
        log.printk(
          `ioremap error for ${span}, requested 0x${requested.toString(16)}, got 0x${type.toString(16)}`,
        );
        memtypes.memtype_free(start, end);
        return null;
      }
      return { start, end, type };
    },
    iounmap({ start, end }) {
      memtypes.memtype_free(start, end);
    },
  };
}
