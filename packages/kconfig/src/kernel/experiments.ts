import type { KernelChange } from './kernel-change.ts';

/**
 * What the cover letter of the series lists as to do, and what its thread asks for: in no released kernel, so off in
 * every profile. They are turned on with `with`.
 */
export const experiments: readonly KernelChange[] = /* @__PURE__ */ Object.freeze([
  {
    symbol: 'EXPERIMENT_SPLIT_LEAVES',
    title: 'mm/huge_memory: split leaves of device memory into smaller ones',
    topic: 'mm/huge_memory',
    entry: 'E1',
    help: 'Splitting a leaf of device memory clears it, so an munmap() of one page costs the mapping of 1 GiB, and a VMA boundary inside a PUD leaf that is not PMD-aligned crashes. The leaf now becomes a table of the next smaller entries, and VMA boundaries split PUD leaves too.',
    dependsOn: 'SERIES_PATCH_19 && TRANSPARENT_HUGEPAGE',
  },
  {
    symbol: 'EXPERIMENT_REMAP_PFN_HUGE',
    title: 'mm/memory: huge leaves in remap_pfn_range()',
    topic: 'mm/memory',
    entry: 'E2',
    help: 'remap_pfn_range() maps with PTEs only. It now uses PUD and PMD leaves where address, pfn and length allow, except for private mappings. Nobody faults such a mapping in again, so its leaves must be split, not cleared. The requests for comments of September and October 2025 do so for PMDs, and keep a table for each to split into; here tables are allocated when they are needed.',
    dependsOn: 'EXPERIMENT_SPLIT_LEAVES && ARCH_SUPPORTS_PMD_PFNMAP',
  },
  {
    symbol: 'EXPERIMENT_ARM64_PUD_PFNMAP',
    title: 'arm64: huge pfn mappings in PUD entries',
    topic: 'arch/arm64',
    entry: 'E3',
    help: 'arm64 has no helpers for huge leaves in PUD entries, so device memory is mapped with 2 MiB at most, although the CPU has blocks of 1 GiB. The helpers are there now, with the special bit of PMDs. With 4K pages and a PUD level only: the kernel uses no larger blocks with 16K pages, and the CPU has none with 64K pages.',
    dependsOn: 'SERIES_PATCH_19 && TRANSPARENT_HUGEPAGE && ARM64_4K_PAGES && PGTABLE_LEVELS > 3',
  },
  {
    symbol: 'EXPERIMENT_MAPPING_ORDER',
    title: 'mm/mmap: let drivers ask for aligned addresses',
    topic: 'mm/mmap, vfio/pci',
    entry: 'E4',
    help: 'A program that names no address gets one that agrees with the BAR modulo 2 MiB at best, and by chance since 7.x, so huge entries need a program that aligns by itself. A driver can now say the order that it could map (get_mapping_order, as proposed in December 2025), and the address agrees with the offset modulo that size. vfio-pci asks for the largest entry that the BAR and the length can hold.',
    dependsOn: 'SERIES_PATCH_19',
  },
  {
    symbol: 'EXPERIMENT_MEMORY_FAILURE_UNMAP',
    title: 'mm/memory-failure: unmap one failed page of device memory',
    topic: 'mm/memory-failure, vfio/pci',
    entry: 'E5',
    help: 'A memory error in device memory changes no entry: it is ignored, or, where a driver registered the range, its users are signalled. The page alone is now unmapped, out of the leaf that held it, and vfio-pci registers its BARs and remembers the page: it maps around it, and an access to it gets SIGBUS.',
    dependsOn: 'EXPERIMENT_SPLIT_LEAVES && MEMORY_FAILURE_PFN && MEMORY_FAILURE',
  },
]);
