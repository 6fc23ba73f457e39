import { seriesPatches } from './series-patches.ts';

/** A state of the kernel: a version and what is in it. Real Kconfig options are not part of it. */
export interface KernelProfile {
  readonly name: string;
  /** `major.minor.patch`. */
  readonly version: string;
  /** One line for people. */
  readonly title: string;
  /** The patches and changes that are in, by symbol. */
  readonly selects: readonly string[];
}

const allPatches = /* @__PURE__ */ seriesPatches.map(({ symbol }) => symbol);

/** What 6.12-rc1 has beyond 6.11, as far as the model tells it apart. */
const merged612 = [
  'THP_UNMAPPED_AREA_FILES',
  'MPROTECT_HUGE_PUD',
  ...allPatches,
  'FIX_FOLIO_WALK_PRESENT_PMD',
];

const released612 = [...merged612, 'FIX_PMD_SPECIAL_PRESENT', 'FIX_FOLLOW_LOCKDEP_NO_FILE'];

const stable612 = [
  ...released612,
  'FIX_VFIO_PFN_ALIGNED',
  'FIX_VFIO_ALIGN_TO_ORDER',
  'FIX_FOLLOW_PFNMAP_REREAD',
  'FIX_PAGEWALK_PUD_REFAULT',
  'FIX_THP_SYSFS_PFNMAP',
  'FIX_KVM_ARM64_HOST_LEAF',
  'FIX_PAT_FORK_FAILURE',
  'FIX_ARM64_MKWRITE_CLEAN',
  'ARM64_IOREMAP_USER_ONLY',
];

const released73 = [
  ...stable612.filter((symbol) => symbol !== 'THP_UNMAPPED_AREA_FILES'),
  'FIX_PUD_CACHEMODE',
  'INSERT_FOLIO_HUGE',
  'FIX_FOLIO_NOT_SPECIAL',
  'FIX_ARM64_PUD_SPECIAL',
  'FIX_VFIO_POWERPC_BUILD',
  'FIX_ACCESS_PHYS_ONE_PAGE',
  'FIX_ZAP_NO_MMAP_ASSERT',
  'FIX_MBIND_PMD_PFNMAP',
  'FOLLOW_ADDR_MASK',
  'NO_DEVMAP',
  'VM_NORMAL_PAGE_PUD',
  'FOLIO_WALK_NO_MIGRATION',
  'SPECIAL_HUGE_NO_FILE',
  'HUGE_ZERO_SPECIAL',
  'HUGE_ZERO_WRITE',
  'REUSE_LARGE_FOLIO',
  'PTE_BATCHES',
  'PMD_ACCESS_FLUSH_LEAF',
  'MEMORY_FAILURE_PFN',
  'SPURIOUS_FAULT_PMD',
  'REMAP_PFN_FLAGS_FIRST',
  'ZAP_SPECIAL_VMA_RANGE',
  'THP_PRCTL_EXCEPT_ADVISED',
  'GUARD_REGIONS',
  'MERGE_UNFAULTED',
  'ANON_INODE_NOEXEC',
  'PROC_NORMAL_PMD',
  'PROCESS_MADVISE_SELF',
  'MADVISE_BATCHED_FLUSH',
  'MADVISE_NORMAL_PMD',
  'RMAP_SPLITS_IN_WALK',
  'RMAP_BATCHES',
  'SPLIT_LISTS_UPWARDS',
  'COLLAPSE_READ_ONLY',
  'COLLAPSE_EMPTY_RANGE',
  'MREMAP_SEVERAL_VMAS',
  'MINCORE_PFNMAP',
  'SWAP_THREE_DEVICE_TYPES',
  'PTE_PROTNONE_BY_ARCH',
  'TYPE1_BATCH',
  'TYPE1_BULK_ACCOUNTING',
  'VFIO_INSERT_PFN_HELPER',
  'VFIO_CLAIM_BARS_AT_ENABLE',
  'VFIO_NON_MAPPABLE_BARS',
  'NVGRACE_HUGE_FAULT',
  'IOMMUFD_DMABUF',
  'KVM_FOLLOW_PFN',
  'MMU_GATHER_FREE_VMAS',
  'X86_SECONDARY_TLB_RANGE',
  'KVM_X86_CHILDREN_FIRST',
  'KVM_ARM64_CACHEABLE_PFNMAP',
  'KVM_ARM64_STAGE2_XNX',
  'KVM_RISCV_LAZY_PFNMAP',
  'PAT_TRACK_CTX',
  'MEMTYPE_ERASE_EXACT',
  'PGPROT_WRITECOMBINE_REPLACES',
  'X86_5LEVEL_ALWAYS',
  'X86_PFN_PTE_DIRTY_WARN',
  'GENERIC_P4D_LEAF',
  'ARM64_TABLE_AF',
  'ARM64_TABLE_TYPE_FIELD',
  'ARM64_MKCONT_ONLY_CONT',
  'ARM64_CONT_LIVE_CHANGE',
  'ARM64_REALM_SHARED',
  'ARM64_LAZY_BARRIERS',
  'ARM64_SPURIOUS_FLUSH',
  'ARM64_NEEDS_FLUSH',
  'S390_RSTE_PRESENT',
  'RISCV_HUGE_PFNMAP',
  'POWERPC_HUGE_PFNMAP',
];

const baseSelects = ['THP_UNMAPPED_AREA_FILES', 'MPROTECT_HUGE_PUD'];

function profile(
  name: string,
  version: string,
  title: string,
  selects: readonly string[],
): KernelProfile {
  return Object.freeze({ name, version, title, selects: Object.freeze([...selects]) });
}

/** The series cut off after patch `number`, on the tree it was written for, as it was posted. */
function postedUpTo(number: number): KernelProfile {
  const digits = String(number).padStart(2, '0');
  const title = number === 19 ? 'the series as posted' : `the series as posted, up to ${digits}/19`;
  return profile(`posted-${digits}`, '6.11.0', title, [
    ...baseSelects,
    ...allPatches.slice(0, number),
  ]);
}

/** All known states of the kernel, oldest first. */
export const kernelProfiles: readonly KernelProfile[] = /* @__PURE__ */ Object.freeze([
  profile('6.11', '6.11.0', 'Linux 6.11', ['THP_UNMAPPED_AREA_FILES']),
  profile('base', '6.11.0', 'mm-unstable of 26 August 2024, before the series', baseSelects),
  ...seriesPatches.map(({ number }) => postedUpTo(number)),
  profile('6.12-rc1', '6.12.0', 'Linux 6.12-rc1: the series as merged', merged612),
  profile('6.12', '6.12.0', 'Linux 6.12: the series with two early fixes', released612),
  profile('6.12.117', '6.12.117', 'Linux 6.12.117, a stable kernel', stable612),
  profile('7.3', '7.3.4', 'Linux 7.3.4', released73),
]);
