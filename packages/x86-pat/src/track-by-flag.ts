import {
  EINVAL,
  is_cow_mapping,
  type PfnTracking,
  VM_PAT,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { Pfn, Prot } from '@pfnmap/pgtable-core';
import type { FollowPhys } from './follow-phys.ts';
import type { KernelLog } from './kernel-log.ts';
import type { PfnRanges } from './pfn-range.ts';

/** The gates of tracking by VM_PAT, read once. */
export interface FlagTrackingGates {
  /** A failed fork gives back what it reserved, and the child owns nothing before it reserved it. */
  readonly forkFailureFixed: boolean;
}

const PAGE_SIZE = 4096;

/**
 * Tracking before Linux 6.16: a VMA that remap_pfn_range() filled whole has VM_PAT and owns a reservation. Which range
 * that is must be read back from the page tables, so it follows splits badly.
 *
 * @fidelity exact
 * @patch 12/19
 */
export function createFlagTracking(
  gates: FlagTrackingGates,
  ranges: PfnRanges,
  followPhys: FollowPhys,
  log: KernelLog,
): Omit<PfnTracking, 'insert'> {
  /** Start of what each child reserved; Linux hands it from track_pfn_copy() to untrack_pfn_copy(). */
  const copied = new WeakMap<VmAreaStruct, Pfn>();
  const warned = new Set<string>();
  const warnOnce = (what: string): void => {
    if (!warned.has(what)) log.warn('get_pat_info', what);
    warned.add(what);
  };
  const length = (vma: VmAreaStruct): number => vma.vm_end - vma.vm_start;

  /** get_pat_info(): a private mapping without its first entry still knows its frame from vm_pgoff, but no protection. */
  const startOf = (vma: VmAreaStruct): Pfn | null => {
    const found = followPhys(vma);
    if (found !== null) return found.pfn;
    if (is_cow_mapping(vma.vm_flags)) return vma.vm_pgoff;
    warnOnce('a tracked shared mapping has lost its first entry');
    return null;
  };
  const startAndProtOf = (vma: VmAreaStruct): { pfn: Pfn; pgprot: Prot } | null => {
    const found = followPhys(vma);
    if (found === null && !is_cow_mapping(vma.vm_flags)) {
      warnOnce('a tracked shared mapping has lost its first entry');
    }
    return found;
  };

  const untrack = (vma: VmAreaStruct, pfn: Pfn, size: number): void => {
    if ((vma.vm_flags & VM_PAT) === 0) return;
    const isWhole = pfn === 0 && size === 0;
    const start = isWhole ? startOf(vma) : pfn;
    if (start === null) return;
    ranges.free_pfn_range(start * PAGE_SIZE, isWhole ? length(vma) : size);
    vma.vm_flags &= ~VM_PAT;
  };

  return {
    remap(vma, pfn, address, size, prot) {
      if (address !== vma.vm_start || size !== length(vma)) {
        return ranges.pfnmap_setup_cachemode(pfn, size, prot);
      }
      const reserved = ranges.reserve_pfn_range(pfn * PAGE_SIZE, size, prot, false);
      if (reserved.error === 0) vma.vm_flags |= VM_PAT;
      return reserved;
    },
    untrack,
    copy(child, parent) {
      if ((parent.vm_flags & VM_PAT) === 0) return 0;
      // Before the fix the child had VM_PAT from the moment its VMA was copied, whatever came of the reservation.
      if (!gates.forkFailureFixed) child.vm_flags |= VM_PAT;
      const info = startAndProtOf(parent);
      if (info === null) return -EINVAL;
      const start = info.pfn * PAGE_SIZE;
      const { error } = ranges.reserve_pfn_range(start, length(parent), info.pgprot, true);
      if (error !== 0) return error;
      child.vm_flags |= VM_PAT;
      copied.set(child, info.pfn);
      return 0;
    },
    clear(vma) {
      vma.vm_flags &= ~VM_PAT;
    },
    uncopy(child) {
      const pfn = copied.get(child);
      if (!gates.forkFailureFixed || pfn === undefined) return;
      untrack(child, pfn, length(child));
      copied.delete(child);
    },
    // VM_PAT travels with vm_flags when a VMA is copied; the reservation does not know of it.
    share() {},
    // What unmapping did not free before the VMA went stays reserved for ever.
    close() {},
  };
}
