export {
  _PAGE_CACHE_MODE_UC,
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_WB,
  _PAGE_CACHE_MODE_WC,
  _PAGE_CACHE_MODE_WP,
  _PAGE_CACHE_MODE_WT,
  type CacheMode,
  cattr_name,
} from './cache-mode.ts';
export { _PAGE_CACHE_MASK, type CacheTables } from './cache-tables.ts';
export { createX86Pat, type X86Pat, type X86PatOptions } from './create-x86-pat.ts';
export type { FollowedPfn, FollowedPte, Lookups } from './follow-phys.ts';
export type { IoMapping, IoRemapper } from './ioremap.ts';
export { is_new_memtype_allowed } from './is-new-memtype-allowed.ts';
export type { CurrentTask, KernelLog } from './kernel-log.ts';
export type { Memtypes } from './memtype.ts';
export type { Memtype } from './memtype-tree.ts';
export type { PfnRanges, ProtResult } from './pfn-range.ts';
export type { RamMap } from './physical-ranges.ts';
export type { TypedResult } from './ram-types.ts';
export type { SetMemory } from './set-memory.ts';
export { PfnmapTrackCtx } from './track-by-context.ts';
