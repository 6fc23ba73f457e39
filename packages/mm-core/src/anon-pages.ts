import type { Pfn, PhysMem } from '@pfnmap/pgtable-core';

/** Anonymous pages of RAM with the number of entries that map each. What they hold is not modelled. */
export interface AnonPages {
  /** The page of zeroes, which read faults map, special and not counted. */
  readonly zeroPage: Pfn;
  /** A new page, mapped once, or -1 when RAM is exhausted. */
  alloc(): Pfn;
  /** One entry less; the last one frees the page. */
  put(pfn: Pfn): void;
  /** PageAnonExclusive: the page belongs to one process, so its entry may be writable. */
  isExclusive(pfn: Pfn): boolean;
  /** Fork shares the page: it is exclusive no more. */
  share(pfn: Pfn): void;
  /** True when one entry alone maps the page; it is exclusive again then. */
  reuse(pfn: Pfn): boolean;
}

/** The anonymous pages of a machine. */
export function createAnonPages(mem: PhysMem): AnonPages {
  const mappedBy = new Map<Pfn, number>();
  const exclusive = new Set<Pfn>();
  return {
    zeroPage: mem.allocFrame(),
    alloc() {
      const pfn = mem.allocFrame();
      if (pfn >= 0) {
        mappedBy.set(pfn, 1);
        exclusive.add(pfn);
      }
      return pfn;
    },
    put(pfn) {
      const left = (mappedBy.get(pfn) ?? 0) - 1;
      if (left > 0) {
        mappedBy.set(pfn, left);
        return;
      }
      mappedBy.delete(pfn);
      exclusive.delete(pfn);
      mem.freeFrame(pfn);
    },
    isExclusive: (pfn) => exclusive.has(pfn),
    share(pfn) {
      exclusive.delete(pfn);
      mappedBy.set(pfn, (mappedBy.get(pfn) ?? 0) + 1);
    },
    reuse(pfn) {
      if (mappedBy.get(pfn) !== 1) return false;
      exclusive.add(pfn);
      return true;
    },
  };
}
