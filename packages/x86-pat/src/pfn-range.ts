import { EINVAL } from '@pfnmap/mm-core';
import type { Pfn, Prot } from '@pfnmap/pgtable-core';
import { cattr_name } from './cache-mode.ts';
import type { CacheTables } from './cache-tables.ts';
import { is_new_memtype_allowed } from './is-new-memtype-allowed.ts';
import { type KernelLog, memRange, taskName } from './kernel-log.ts';
import type { Memtypes } from './memtype.ts';

/** An error number or 0, and the protection to map with. */
export interface ProtResult {
  readonly error: number;
  readonly prot: Prot;
}

/** Types of the physical ranges behind user mappings. Addresses and sizes are bytes. */
export interface PfnRanges {
  /**
   * Reserves a range with the type of a protection word and says with which one it can be mapped. RAM is only looked up,
   * since pages keep no count of users: it is mapped with the type of the first page.
   *
   * @param strict no other type is accepted (fork, before 6.16).
   * @returns what {@link Memtypes.memtype_reserve} says, or -EINVAL for a type that may not replace the one asked for.
   * @fidelity partial a failure to change the kernel's own mapping is not modelled
   * @patch none
   */
  reserve_pfn_range(start: number, size: number, prot: Prot, strict: boolean): ProtResult;
  /**
   * Gives a range back, unless it is RAM.
   *
   * @fidelity exact
   * @patch none
   */
  free_pfn_range(start: number, size: number): void;
  /**
   * pfnmap_setup_cachemode(): the protection word with the type of the first page, without reserving anything.
   *
   * @returns -EINVAL when a later page of the range has another type.
   * @fidelity exact
   * @patch none
   */
  pfnmap_setup_cachemode(pfn: Pfn, size: number, prot: Prot): ProtResult;
}

const PAGE_SIZE = 4096;

/** Makes the functions for a machine's memory types. */
export function createPfnRanges(
  memtypes: Memtypes,
  tables: CacheTables,
  patEnabled: boolean,
  log: KernelLog,
): PfnRanges {
  const rangeOfRam = (start: number, size: number, prot: Prot): Prot => {
    if (!patEnabled) return prot;
    const wanted = tables.pgprot2cachemode(prot);
    const type = memtypes.lookup_memtype(start);
    if (type === wanted) return prot;
    log.printk(
      `x86/PAT: ${taskName(log)} map pfn RAM range req ${cattr_name(wanted)} for ${memRange(start, start + size)}, got ${cattr_name(type)}`,
    );
    return tables.withCachemode(prot, type);
  };

  return {
    reserve_pfn_range(start, size, prot, strict) {
      const end = start + size;
      if (memtypes.ramOfRange(start, end) !== 0) {
        return { error: 0, prot: rangeOfRam(start, size, prot) };
      }
      const wanted = tables.pgprot2cachemode(prot);
      const { error, type } = memtypes.memtype_reserve(start, end, wanted);
      if (error !== 0) return { error, prot };
      if (type === wanted) return { error: 0, prot };
      if (strict || !is_new_memtype_allowed(start, size, wanted, type)) {
        memtypes.memtype_free(start, end);
        log.printk(
          `x86/PAT: ${taskName(log)} map pfn expected mapping type ${cattr_name(wanted)} for ${memRange(start, end)}, got ${cattr_name(type)}`,
        );
        return { error: -EINVAL, prot };
      }
      return { error: 0, prot: tables.withCachemode(prot, type) };
    },
    free_pfn_range(start, size) {
      if (memtypes.ramOfRange(start, start + size) === 0) {
        memtypes.memtype_free(start, start + size);
      }
    },
    pfnmap_setup_cachemode(pfn, size, prot) {
      if (!patEnabled) return { error: 0, prot };
      const start = pfn * PAGE_SIZE;
      const type = memtypes.lookup_memtype(start);
      for (let at = start + PAGE_SIZE; at < start + size; at += PAGE_SIZE) {
        if (memtypes.lookup_memtype(at) !== type) return { error: -EINVAL, prot };
      }
      return { error: 0, prot: tables.withCachemode(prot, type) };
    },
  };
}
