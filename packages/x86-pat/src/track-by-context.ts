import { EINVAL, type PfnTracking, type VmAreaStruct } from '@pfnmap/mm-core';
import type { Pfn } from '@pfnmap/pgtable-core';
import type { PfnRanges } from './pfn-range.ts';

/** A reserved range with the number of VMAs that hold it: struct pfnmap_track_ctx. Frames and bytes. */
export class PfnmapTrackCtx {
  readonly pfn: Pfn;
  readonly size: number;
  refcount = 1;

  constructor(pfn: Pfn, size: number) {
    this.pfn = pfn;
    this.size = size;
  }
}

const PAGE_SIZE = 4096;

const contextOf = (vma: VmAreaStruct): PfnmapTrackCtx | null =>
  vma.pfnmap_track_ctx instanceof PfnmapTrackCtx ? vma.pfnmap_track_ctx : null;

/**
 * Tracking from Linux 6.16 on: a VMA that remap_pfn_range() filled whole holds a counted context with the range. Every
 * VMA that is made from it, by a split, a move or fork, holds the same context; the last one gone frees the range.
 *
 * @fidelity exact
 * @patch none
 */
export function createContextTracking(ranges: PfnRanges): Omit<PfnTracking, 'insert'> {
  const release = (vma: VmAreaStruct): void => {
    const context = contextOf(vma);
    if (context === null) return;
    vma.pfnmap_track_ctx = null;
    context.refcount--;
    if (context.refcount === 0) ranges.free_pfn_range(context.pfn * PAGE_SIZE, context.size);
  };
  const share = (vma: VmAreaStruct, from: VmAreaStruct): void => {
    const context = contextOf(from);
    if (context === null || vma.pfnmap_track_ctx === context) return;
    context.refcount++;
    vma.pfnmap_track_ctx = context;
  };

  return {
    remap(vma, pfn, address, size, prot) {
      if (address !== vma.vm_start || address + size !== vma.vm_end) {
        return ranges.pfnmap_setup_cachemode(pfn, size, prot);
      }
      if (contextOf(vma) !== null) return { error: -EINVAL, prot };
      const reserved = ranges.reserve_pfn_range(pfn * PAGE_SIZE, size, prot, false);
      // Whatever the store says, a running 7.3 answers -EINVAL, also for a conflict.
      if (reserved.error !== 0) return { error: -EINVAL, prot };
      vma.pfnmap_track_ctx = new PfnmapTrackCtx(pfn, size);
      return reserved;
    },
    untrack(vma, pfn, size) {
      // Only a remap_pfn_range() that failed half-way gives its range back here; unmapping does not.
      const context = contextOf(vma);
      if (context?.pfn === pfn && context.size === size) release(vma);
    },
    copy(child, parent) {
      share(child, parent);
      return 0;
    },
    // A VMA keeps its reference until it is freed; 6.16 removed untrack_pfn_clear().
    clear() {},
    uncopy: release,
    share,
    close: release,
  };
}
