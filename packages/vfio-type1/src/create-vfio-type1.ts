import type { FollowApi } from '@pfnmap/follow-pfnmap';
import { EEXIST, EINVAL, ENOMEM, ENOSPC, type Kernel, type MmStruct } from '@pfnmap/mm-core';
import type { MmGup } from '@pfnmap/mm-gup';
import type { Pfn } from '@pfnmap/pgtable-core';
import {
  createIommuPageTable,
  IOMMU_READ,
  IOMMU_WRITE,
  type IommuPageTable,
} from './iommu-page-table.ts';
import { createVaddrGetPfns, type FoundPfns } from './vaddr-get-pfns.ts';

/** VFIO_IOMMU_MAP_DMA. Bytes. */
export interface MapDmaRequest {
  readonly iova: number;
  readonly vaddr: number;
  readonly size: number;
  readonly read: boolean;
  readonly write: boolean;
}

/** A mapping that is there: bytes of the IOMMU's addresses, and of the program's. */
export interface DmaMapping {
  readonly iova: number;
  readonly vaddr: number;
  readonly size: number;
  readonly mm: MmStruct;
}

/** What DMA maps have cost so far. */
export interface DmaCounts {
  /** Calls of vaddr_get_pfns(). */
  lookups: number;
  /** Calls of iommu_map(). */
  iommuMaps: number;
}

/** A container with the type1v2 backend and one domain. */
export interface VfioType1 {
  /** 0, or a negative error number; an error leaves nothing mapped. */
  mapDma(mm: MmStruct, request: MapDmaRequest): number;
  /** VFIO_IOMMU_UNMAP_DMA: 0, or a negative error number. */
  unmapDma(iova: number, size: number): number;
  /** The mapping that holds an address, or undefined. */
  mappingAt(iova: number): DmaMapping | undefined;
  readonly counts: DmaCounts;
  readonly domain: IommuPageTable;
}

/** What {@link createVfioType1} needs to know. */
export interface VfioType1Options {
  /** Bytes of the entries that the IOMMU can have. */
  readonly pageSizes: readonly number[];
  /** Bytes of the IOMMU's address space. */
  readonly aperture: number;
  /** Ranges of addresses that must stay free, `end` exclusive: interrupts. */
  readonly reserved: readonly { readonly start: number; readonly end: number }[];
  /** dma_entry_limit: mappings at most. Default 65535. */
  readonly entryLimit?: number;
}

/** One mapping, and the pages that its program pays for. */
interface DmaEntry extends DmaMapping {
  accounted: number;
  /** Pages that are kept where they are until the mapping goes. */
  readonly pinned: { readonly pfn: Pfn; readonly pages: number }[];
}

/** Makes a container for a kernel: the only place where its gates are read. */
export function createVfioType1(
  kernel: Kernel,
  gup: MmGup,
  follow: FollowApi,
  options: VfioType1Options,
): VfioType1 {
  const { config, anon } = kernel;
  const { pageSize } = kernel.arch.geometry;
  const granule = Math.max(Math.min(...options.pageSizes), pageSize);
  /** A batch is one page of pointers. */
  const batchCapacity = pageSize / 8;
  const batchesByLeaf = config.enabled('TYPE1_BATCH');
  const vaddr_get_pfns = createVaddrGetPfns(
    kernel,
    {
      usesPfnmap: config.enabled('SERIES_PATCH_13'),
      batchesByLeaf,
      looksAgain: config.enabled('FIX_VFIO_DMA_RETRY'),
    },
    gup,
    follow,
  );
  const domain = createIommuPageTable(kernel.mem, options.pageSizes);
  const entries: DmaEntry[] = [];
  const counts: DmaCounts = { lookups: 0, iommuMaps: 0 };
  const limit = options.entryLimit ?? 65535;

  const overlaps = (iova: number, size: number): DmaEntry[] =>
    entries.filter((entry) => entry.iova < iova + size && iova < entry.iova + entry.size);
  const allowed = (iova: number, size: number): boolean =>
    iova + size <= options.aperture &&
    !options.reserved.some((range) => range.start < iova + size && iova < range.end);

  const check = (request: MapDmaRequest): number => {
    const { iova, vaddr, size } = request;
    if (!request.read && !request.write) return -EINVAL;
    if (size === 0 || [size, iova, vaddr].some((value) => value % granule !== 0)) return -EINVAL;
    if (iova + size > 2 ** 64 || vaddr + size > 2 ** 64) return -EINVAL;
    if (overlaps(iova, size).length > 0) return -EEXIST;
    if (entries.length >= limit) return -ENOSPC;
    return allowed(iova, size) ? 0 : -EINVAL;
  };

  /**
   * The longest run of frames in a row, reserved or not as the first is. What the last lookup found beyond it is kept in
   * `rest`.
   */
  const pinRun = (
    entry: DmaEntry,
    vaddr: number,
    npages: number,
    write: boolean,
    rest: FoundPfns[],
  ): FoundPfns | number => {
    let run: FoundPfns | undefined;
    for (let pages = 0; pages < npages; ) {
      if (rest.length === 0) {
        const wanted = batchesByLeaf ? npages - pages : Math.min(npages - pages, batchCapacity);
        counts.lookups++;
        kernel.events.race?.('vfio_pin_pages_remote');
        const found = vaddr_get_pfns(entry.mm, vaddr + pages * pageSize, wanted, write);
        if (typeof found === 'number') return run === undefined ? found : run;
        rest.push(...found);
      }
      const [next] = rest;
      if (next === undefined) break;
      const follows = run === undefined || next.pfn === run.pfn + run.pages;
      if (!follows || (run !== undefined && next.reserved !== run.reserved)) break;
      rest.shift();
      pages += next.pages;
      run = { pfn: run?.pfn ?? next.pfn, pages, reserved: next.reserved };
      if (!next.reserved) {
        entry.pinned.push({ pfn: next.pfn, pages: next.pages });
        for (let page = 0; page < next.pages; page++) anon.pin(next.pfn + page);
        entry.accounted += next.pages;
        entry.mm.locked_vm += next.pages;
      }
    }
    return run ?? -EINVAL;
  };

  const forget = (entry: DmaEntry): void => {
    domain.unmap(entry.iova, entry.size);
    for (const { pfn, pages } of entry.pinned) {
      for (let page = 0; page < pages; page++) anon.unpin(pfn + page);
    }
    entry.mm.locked_vm -= entry.accounted;
    entries.splice(entries.indexOf(entry), 1);
  };

  const pinAndMap = (entry: DmaEntry, request: MapDmaRequest): number => {
    const prot = (request.read ? IOMMU_READ : 0) | (request.write ? IOMMU_WRITE : 0);
    const rest: FoundPfns[] = [];
    for (let done = 0; done < request.size; ) {
      const npages = (request.size - done) / pageSize;
      const run = pinRun(entry, request.vaddr + done, npages, request.write, rest);
      if (typeof run === 'number') return run;
      counts.iommuMaps++;
      const bytes = run.pages * pageSize;
      if (!domain.map(request.iova + done, run.pfn * pageSize, bytes, prot)) return -ENOMEM;
      done += bytes;
    }
    return 0;
  };

  return {
    counts,
    domain,
    mappingAt: (iova) => overlaps(iova, 1)[0],
    mapDma(mm, request) {
      const refused = check(request);
      if (refused !== 0) return refused;
      const { iova, vaddr, size } = request;
      const entry: DmaEntry = { iova, vaddr, size, mm, accounted: 0, pinned: [] };
      entries.push(entry);
      const error = pinAndMap(entry, request);
      if (error !== 0) forget(entry);
      return error;
    },
    unmapDma(iova, size) {
      if (size === 0 || iova % granule !== 0 || size % granule !== 0) return -EINVAL;
      const found = overlaps(iova, size);
      const cut = found.some((entry) => entry.iova < iova || entry.iova + entry.size > iova + size);
      if (cut) return -EINVAL;
      for (const entry of found) forget(entry);
      return 0;
    },
  };
}
