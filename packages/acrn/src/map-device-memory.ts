import { type FollowApi, FollowPfnmapArgs } from '@pfnmap/follow-pfnmap';
import { EFAULT, EINVAL, type Kernel, type VmAreaStruct } from '@pfnmap/mm-core';
import { type Pfn, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';
import { ACRN_MEM_ACCESS_WRITE, type AcrnServices } from './acrn-vm.ts';

/** The frame behind an address that is mapped, and whether its entry allows writes. */
export interface MappedFrame {
  readonly pfn: Pfn;
  readonly writable: boolean;
}

/** Looks up one page. It faults nothing in: -EINVAL for an empty entry. */
export type LookUpPage = (vma: VmAreaStruct, address: number) => MappedFrame | number;

/** The form of patch 14: the frame is found at whatever level it is mapped. */
export const createLookUpPage =
  ({ pfnmap }: FollowApi): LookUpPage =>
  (vma, address) => {
    const args = new FollowPfnmapArgs(vma, address);
    const error = pfnmap?.follow_pfnmap_start(args) ?? -EINVAL;
    if (error !== 0) return error;
    const { pfn, writable } = args;
    pfnmap?.follow_pfnmap_end(args);
    return { pfn, writable };
  };

/** The form before patch 14, which knows PTEs only. */
export const createLookUpPageByPte =
  ({ arch, pt }: Kernel, { follow_pte }: FollowApi): LookUpPage =>
  (vma, address) => {
    const slot = follow_pte?.(vma, address) ?? -EINVAL;
    if (slot < 0) return slot;
    return {
      pfn: pt.pfnAt(PGTABLE_LEVEL_PTE, slot),
      writable: arch.pte_write(pt.ptep_get(slot)),
    };
  };

/** First frame of a range of device memory, or a negative error number. */
export type FindDeviceFrames = (
  vma: VmAreaStruct,
  address: number,
  pages: number,
  attr: number,
) => Pfn | number;

/** Makes the walk over a range, page by page also where one entry maps them all. */
export function createFindDeviceFrames(
  kernel: Kernel,
  lookUp: LookUpPage,
  services: AcrnServices,
): FindDeviceFrames {
  const { mem } = kernel;
  const { pageSize } = kernel.arch.geometry;
  return (vma, address, pages, attr) => {
    const wantsWrite = (attr & ACRN_MEM_ACCESS_WRITE) !== 0;
    let first: Pfn = 0;
    for (let page = 0; page < pages; page++) {
      const found = lookUp(vma, address + page * pageSize);
      if (typeof found === 'number') return found;
      const { pfn, writable } = found;
      if (page === 0) first = pfn;
      if (wantsWrite && !writable) return -EFAULT;
      if (mem.isRam(pfn) && !services.PageReserved(pfn)) return -EFAULT;
      if (pfn !== first + page) return -EINVAL;
    }
    return first;
  };
}
