export type { AddressSpace } from './address-space.ts';
export type { ArchX86 } from './arch-x86.ts';
export {
  __PAGE_KERNEL,
  __PAGE_KERNEL_LARGE,
  __PAGE_KERNEL_LARGE_EXEC,
  __PAGE_KERNEL_RO,
  __PAGE_KERNEL_VVAR,
  _KERNPG_TABLE,
  _PAGE_ACCESSED,
  _PAGE_CACHE_MASK,
  _PAGE_DEVMAP,
  _PAGE_DIRTY,
  _PAGE_DIRTY_BITS,
  _PAGE_GLOBAL,
  _PAGE_KNL_ERRATUM_MASK,
  _PAGE_NOPTISHADOW,
  _PAGE_NX,
  _PAGE_PAT,
  _PAGE_PAT_LARGE,
  _PAGE_PCD,
  _PAGE_PKEY_MASK,
  _PAGE_PRESENT,
  _PAGE_PROTNONE,
  _PAGE_PSE,
  _PAGE_PWT,
  _PAGE_RW,
  _PAGE_SAVED_DIRTY,
  _PAGE_SOFT_DIRTY,
  _PAGE_SPECIAL,
  _PAGE_SWP_EXCLUSIVE,
  _PAGE_SWP_SOFT_DIRTY,
  _PAGE_SWP_UFFD_WP,
  _PAGE_TABLE,
  _PAGE_UFFD_WP,
  _PAGE_USER,
  PAGE_NONE,
  PAGE_READONLY,
  PAGE_READONLY_EXEC,
  PAGE_SHARED,
  PAGE_SHARED_EXEC,
} from './bits.ts';
export {
  _PAGE_CACHE_MODE_UC,
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_WB,
  _PAGE_CACHE_MODE_WC,
  _PAGE_CACHE_MODE_WP,
  _PAGE_CACHE_MODE_WT,
  CACHE_MODE_NAMES,
  type CacheModes,
  IA32_PAT,
  type PageCacheMode,
  type PatSupport,
} from './cache-mode.ts';
export { createArchX86 } from './create-arch-x86.ts';
export type { MemoryEncryption } from './memory-encryption.ts';
export type { MigrationOffset } from './migration-offset.ts';
export type { ArchX86Options, X86Cpu } from './options.ts';
export type { RootSlot } from './page-table-isolation.ts';
export { __swp_entry, __swp_offset, __swp_type } from './swap-entry.ts';
export {
  PTE_MARKER_GUARD,
  PTE_MARKER_POISONED,
  PTE_MARKER_UFFD_WP,
  type SwapTypes,
} from './swap-types.ts';
