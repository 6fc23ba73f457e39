import type { FollowApi } from '@pfnmap/follow-pfnmap';
import {
  EFAULT,
  EINVAL,
  ENOMEM,
  type Kernel,
  lock,
  type MmStruct,
  unlock,
  VM_PFNMAP,
} from '@pfnmap/mm-core';
import type { MmGup } from '@pfnmap/mm-gup';
import type { Pfn } from '@pfnmap/pgtable-core';
import {
  ACRN_MEM_ACCESS_RIGHT_MASK,
  ACRN_MEM_MAPPING_MAX,
  ACRN_MEM_TYPE_WB,
  type AcrnRegion,
  type AcrnServices,
  type AcrnVm,
  type AcrnVmMemmap,
} from './acrn-vm.ts';
import {
  createFindDeviceFrames,
  createLookUpPage,
  createLookUpPageByPte,
} from './map-device-memory.ts';

/** The memory of guests, as ACRN's service module maps it. */
export interface Acrn {
  /** 0, or a negative error number. */
  acrn_vm_ram_map(mm: MmStruct, vm: AcrnVm | null, memmap: AcrnVmMemmap | null): number;
}

/** Makes the service module for a kernel: the only place where its gate is read. */
export function createAcrn(
  kernel: Kernel,
  gup: MmGup,
  follow: FollowApi,
  services: AcrnServices,
): Acrn {
  const { events } = kernel;
  const { pageSize } = kernel.arch.geometry;
  const lookUp = kernel.config.enabled('SERIES_PATCH_14')
    ? createLookUpPage(follow)
    : createLookUpPageByPte(kernel, follow);
  const findDeviceFrames = createFindDeviceFrames(kernel, lookUp, services);

  /** Memory from a frame on, for a guest from `done` bytes into the request on. The type is write-back whatever it is. */
  const regionOf = (memmap: AcrnVmMemmap, pfn: Pfn, size: number, done: number): AcrnRegion => ({
    user_vm_pa: memmap.user_vm_pa + done,
    service_vm_pa: BigInt(pfn) * BigInt(pageSize),
    size,
    attr: ACRN_MEM_TYPE_WB | (memmap.attr & ACRN_MEM_ACCESS_RIGHT_MASK),
  });

  /** First frame of a range that lies in device memory, `undefined` when it is ordinary memory, or an error. */
  const deviceFrames = (
    mm: MmStruct,
    { vma_base, len, attr }: AcrnVmMemmap,
    pages: number,
  ): Pfn | number | undefined => {
    const vma = mm.vma_lookup(vma_base);
    if (vma === null || (vma.vm_flags & VM_PFNMAP) === 0) return undefined;
    if (vma_base + len > vma.vm_end) return -EINVAL;
    return findDeviceFrames(vma, vma_base, pages, attr);
  };

  const mapPages = (mm: MmStruct, vm: AcrnVm, memmap: AcrnVmMemmap, pages: number): number => {
    const request = { address: memmap.vma_base, nr_pages: pages, write: true };
    const pinned = gup.pin_user_pages_remote(mm, request);
    if (typeof pinned === 'number') return pinned;
    if (pinned.length < pages) return -EFAULT;
    if (!services.vmap(pinned)) return -ENOMEM;
    if (vm.regions_mapping_count >= ACRN_MEM_MAPPING_MAX) return -ENOMEM;
    vm.regions_mapping_count++;
    const error = services.hcall_set_memory_regions(
      vm,
      pinned.map((pfn, index) => regionOf(memmap, pfn, pageSize, index * pageSize)),
    );
    if (error !== 0) vm.regions_mapping_count--;
    return error;
  };

  return {
    /**
     * Gives memory of a program to a guest. Device memory must be there already (nothing is faulted in), must be one run of
     * frames, and is mapped write-back; what is looked up is used after mmap_lock is given up, without a notifier.
     *
     * @returns 0, or what the hypervisor answers; -EINVAL without guest or request, for less than a page, a range beyond the
     * VMA, a page that is not mapped, or a gap between frames; -EFAULT for a read-only page that the guest shall write, or
     * an ordinary one; -ENOMEM. Until patch 14, -EINVAL for every huge entry.
     * @throws KernelBug before patch 14, with DEBUG_VM, on a PMD leaf.
     * @context takes mmap_lock for reading.
     * @fidelity partial ordinary memory is told page by page, not folio by folio, and stays pinned
     * @patch 14/19
     */
    acrn_vm_ram_map(mm, vm, memmap) {
      if (vm === null || memmap === null) return -EINVAL;
      const pages = Math.floor(memmap.len / pageSize);
      if (pages === 0) return -EINVAL;
      mm.mmap_lock = 'read';
      lock(events, mm, 'mmap_lock (read)');
      const first = deviceFrames(mm, memmap, pages);
      unlock(events, mm, 'mmap_lock (read)');
      mm.mmap_lock = 'free';
      if (first === undefined) return mapPages(mm, vm, memmap, pages);
      if (first < 0) return first;
      return services.hcall_set_memory_regions(vm, [regionOf(memmap, first, memmap.len, 0)]);
    },
  };
}
