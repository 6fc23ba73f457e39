import { type FollowApi, FollowPfnmapArgs } from '@pfnmap/follow-pfnmap';
import {
  EAGAIN,
  EFAULT,
  EINVAL,
  FAULT_FLAG_REMOTE,
  FAULT_FLAG_WRITE,
  type Kernel,
  type MmStruct,
  mmap_read_lock,
  mmap_read_unlock,
  VM_PFNMAP,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { MmGup } from '@pfnmap/mm-gup';
import type { Pfn } from '@pfnmap/pgtable-core';

/** The gates of the lookup, read once. */
export interface LookupGates {
  /** Patch 13: leaves of any size are found. */
  readonly usesPfnmap: boolean;
  /** One lookup covers the rest of the leaf (from 6.15 on); before, one page. */
  readonly batchesByLeaf: boolean;
  /** A mapping that went away after the fault is looked up again (proposed in 2026); before, the map fails. */
  readonly looksAgain: boolean;
}

/** Frames in a row from one address on. A device's frames are reserved: not pinned, not accounted. */
export interface FoundPfns {
  readonly pfn: Pfn;
  readonly pages: number;
  readonly reserved: boolean;
}

/** Finds the frames behind an address, faulting in what is missing. A negative error number when there is none. */
export type VaddrGetPfns = (
  mm: MmStruct,
  vaddr: number,
  npages: number,
  write: boolean,
) => readonly FoundPfns[] | number;

/** What a lookup of a PFN mapping found: the frame, whether it may be written, bytes of its leaf. */
interface Followed {
  readonly pfn: Pfn;
  readonly writable: boolean;
  readonly leafSize: number;
}

/** Makes the lookup for a kernel. */
export function createVaddrGetPfns(
  kernel: Kernel,
  gates: LookupGates,
  gup: MmGup,
  follow: FollowApi,
): VaddrGetPfns {
  const { events } = kernel;
  const { pageSize } = kernel.arch.geometry;

  const lookUp = (vma: VmAreaStruct, vaddr: number): Followed | number => {
    if (gates.usesPfnmap && follow.pfnmap !== undefined) {
      const args = new FollowPfnmapArgs(vma, vaddr);
      const error = follow.pfnmap.follow_pfnmap_start(args);
      if (error !== 0) return error;
      const { pfn, writable, leafSize } = args;
      follow.pfnmap.follow_pfnmap_end(args);
      return { pfn, writable, leafSize };
    }
    const slot = follow.follow_pte?.(vma, vaddr) ?? -EINVAL;
    if (slot < 0) return slot;
    const writable = kernel.arch.pte_write(kernel.pt.ptep_get(slot));
    return { pfn: kernel.pt.pfnAt(0, slot), writable, leafSize: pageSize };
  };

  /**
   * The frame of a PFN mapping; an empty entry is faulted in first.
   *
   * @returns the lookup; -EAGAIN when mmap_lock was dropped, or with F10 when the entry is gone again; -EFAULT when the
   * fault fails or the entry forbids writing; -EINVAL when it is gone again.
   * @context mmap_lock held for reading.
   * @fidelity exact
   * @patch 13/19
   */
  const follow_fault_pfn = (
    mm: MmStruct,
    vma: VmAreaStruct,
    vaddr: number,
    write: boolean,
  ): Followed | number => {
    let found = lookUp(vma, vaddr);
    if (typeof found === 'number') {
      events.race?.('follow_fault_pfn_before');
      const flags = FAULT_FLAG_REMOTE | (write ? FAULT_FLAG_WRITE : 0);
      const { error, unlocked } = follow.fixup_user_fault(mm, vaddr, flags, true);
      if (unlocked) return -EAGAIN;
      if (error !== 0) return error;
      events.race?.('follow_fault_pfn_after');
      found = lookUp(vma, vaddr);
      if (typeof found === 'number') return gates.looksAgain ? -EAGAIN : found;
    }
    return write && !found.writable ? -EFAULT : found;
  };

  /** Pages of the leaf from an address to its end, or one. */
  const pagesFrom = (vaddr: number, leafSize: number, npages: number): number =>
    gates.batchesByLeaf ? Math.min(npages, (leafSize - (vaddr % leafSize)) / pageSize) : 1;

  /** {@link VaddrGetPfns} with mmap_lock held. */
  const getPfnsLocked: VaddrGetPfns = (mm, vaddr, npages, write) => {
    const pinned = gup.pin_user_pages_remote(mm, {
      address: vaddr,
      nr_pages: npages,
      write,
      longterm: true,
    });
    if (typeof pinned !== 'number') {
      return pinned.map((pfn) => ({ pfn, pages: 1, reserved: false }));
    }
    for (;;) {
      const vma = mm.vma_lookup(vaddr);
      if (vma === null || (vma.vm_flags & VM_PFNMAP) === 0) return pinned;
      const found = follow_fault_pfn(mm, vma, vaddr, write);
      if (found === -EAGAIN) continue;
      if (typeof found === 'number') return found;
      if (kernel.mem.isRam(found.pfn)) return -EFAULT;
      const pages = pagesFrom(vaddr, found.leafSize, npages);
      return [{ pfn: found.pfn, pages, reserved: true }];
    }
  };

  /**
   * Pins pages, or follows a PFN mapping, from an address on.
   *
   * @param npages at most so many.
   * @returns runs of frames; -EFAULT and its kind when the first page cannot be had.
   * @context takes mmap_lock for reading.
   * @fidelity partial pages of the kernel's own that are reserved do not occur
   * @patch 13/19
   */
  return function vaddr_get_pfns(mm, vaddr, npages, write) {
    mmap_read_lock(events, mm);
    const found = getPfnsLocked(mm, vaddr, npages, write);
    mmap_read_unlock(events, mm);
    return found;
  };
}
