import { EEXIST, EFAULT, EINVAL, ENOMEM, type Kernel, type MmStruct } from '@pfnmap/mm-core';
import type { MmGup } from '@pfnmap/mm-gup';
import type { MapDmaRequest } from './create-vfio-type1.ts';
import {
  createIommuPageTable,
  IOMMU_READ,
  IOMMU_WRITE,
  type IommuPageTable,
} from './iommu-page-table.ts';

/** An I/O address space of iommufd with one domain. */
export interface IommufdIoas {
  /** IOMMU_IOAS_MAP at a given address: 0, or a negative error number; an error leaves nothing mapped. */
  IOMMU_IOAS_MAP(mm: MmStruct, request: MapDmaRequest): number;
  /** IOMMU_IOAS_UNMAP of one map: 0, or a negative error number. */
  IOMMU_IOAS_UNMAP(iova: number, size: number): number;
  readonly domain: IommuPageTable;
}

/** One map, and the pages that its program pays for. */
interface Area {
  readonly iova: number;
  readonly size: number;
  readonly mm: MmStruct;
  pages: number;
}

/**
 * Makes an I/O address space.
 *
 * @param pageSizes bytes of the entries that the IOMMU can have; 4K must be among them.
 */
export function createIommufdIoas(
  kernel: Kernel,
  gup: MmGup,
  pageSizes: readonly number[],
): IommufdIoas {
  const { pageSize } = kernel.arch.geometry;
  const domain = createIommuPageTable(kernel.mem, pageSizes);
  const areas: Area[] = [];

  const forget = (area: Area): void => {
    domain.unmap(area.iova, area.size);
    area.mm.locked_vm -= area.pages;
    areas.splice(areas.indexOf(area), 1);
  };

  /** Pins and maps from where `area.pages` stands. */
  const fill = (area: Area, { vaddr, read, write }: MapDmaRequest): number => {
    const prot = (read ? IOMMU_READ : 0) | (write ? IOMMU_WRITE : 0);
    while (area.pages < area.size / pageSize) {
      const done = area.pages * pageSize;
      const nr_pages = area.size / pageSize - area.pages;
      const pinned = gup.pin_user_pages_remote(area.mm, { address: vaddr + done, nr_pages, write });
      if (typeof pinned === 'number') return pinned;
      if (pinned.length === 0) return -EFAULT;
      for (const [index, pfn] of pinned.entries()) {
        const iova = area.iova + done + index * pageSize;
        if (!domain.map(iova, pfn * pageSize, pageSize, prot)) return -ENOMEM;
      }
      area.pages += pinned.length;
      area.mm.locked_vm += pinned.length;
    }
    return 0;
  };

  return {
    domain,
    /**
     * Pins the pages of a range and maps them. iommufd promises that what it maps stays, so a page that cannot be pinned
     * is refused: there is no lookup of frames as type1 has it, and a BAR is -EFAULT whatever its entries are.
     *
     * @returns 0; -EINVAL for a range that is not whole pages; -EEXIST where something is mapped; -EFAULT; -ENOMEM.
     * @context takes mmap_lock for reading.
     * @fidelity partial read from the source only; no limit of pages, no ranges to keep free
     * @patch none
     */
    IOMMU_IOAS_MAP(mm, request) {
      const { iova, vaddr, size } = request;
      if (size === 0 || [iova, vaddr, size].some((value) => value % pageSize !== 0)) return -EINVAL;
      if (areas.some((area) => area.iova < iova + size && iova < area.iova + area.size)) {
        return -EEXIST;
      }
      const area: Area = { iova, size, mm, pages: 0 };
      areas.push(area);
      const error = fill(area, request);
      if (error !== 0) forget(area);
      return error;
    },
    IOMMU_IOAS_UNMAP(iova, size) {
      const area = areas.find((each) => each.iova === iova && each.size === size);
      if (area === undefined) return -EINVAL;
      forget(area);
      return 0;
    },
  };
}
