import type { Pfn } from '@pfnmap/pgtable-core';

/** Rights of a mapping, as the hypervisor takes them. Names as in Linux's uapi/linux/acrn.h. */
export const ACRN_MEM_ACCESS_READ = 0x1;
export const ACRN_MEM_ACCESS_WRITE = 0x2;
export const ACRN_MEM_ACCESS_EXEC = 0x4;
export const ACRN_MEM_ACCESS_RIGHT_MASK = 0x7;
/** Memory type of a mapping: write-back. */
export const ACRN_MEM_TYPE_WB = 0x40;

/** A request to give a range of the service VM's program to a guest: struct acrn_vm_memmap. Bytes. */
export interface AcrnVmMemmap {
  readonly user_vm_pa: number;
  /** Address in the calling program. */
  readonly vma_base: number;
  readonly len: number;
  /** ACRN_MEM_ACCESS_* bits. */
  readonly attr: number;
}

/** Memory that the hypervisor is told to map for a guest. */
export interface AcrnRegion {
  readonly user_vm_pa: number;
  /** Physical address in the service VM; a bigint, as memory of devices may lie anywhere. */
  readonly service_vm_pa: bigint;
  readonly size: number;
  /** Memory type and rights. */
  readonly attr: number;
}

/** A guest, as the service module keeps it. */
export interface AcrnVm {
  /** Ranges of ordinary memory that are pinned for the guest: regions_mapping_count, at most {@link ACRN_MEM_MAPPING_MAX}. */
  regions_mapping_count: number;
}

/** Ranges of ordinary memory that a guest can have. */
export const ACRN_MEM_MAPPING_MAX = 256;

/** What the service module needs from hypervisor and kernel. */
export interface AcrnServices {
  /** Tells the hypervisor of memory, all regions in one call: 0, or a negative error number. */
  hcall_set_memory_regions(vm: AcrnVm, regions: readonly AcrnRegion[]): number;
  /** True for a frame with a struct page that is marked reserved. */
  PageReserved(pfn: Pfn): boolean;
  /** Maps pinned pages into the kernel: false without room. */
  vmap(pages: readonly Pfn[]): boolean;
}
