import {
  EAGAIN,
  EINTR,
  type Kernel,
  lock,
  type MmStruct,
  unlock,
  VM_IO,
  VM_PFNMAP,
} from '@pfnmap/mm-core';
import type { MmGup } from '@pfnmap/mm-gup';
import type { HvaToPfnRemapped } from './hva-to-pfn-remapped.ts';
import { is_error_pfn, KVM_PFN_ERR_FAULT, KVM_PFN_ERR_SIGPENDING } from './kvm-pfn.ts';
import type { PfnLookup } from './pfn-lookup.ts';

/** Finds the frame behind a host-virtual address; the answer is in the lookup. */
export type HvaToPfn = (mm: MmStruct, address: number, lookup: PfnLookup) => void;

/** Makes the lookup for a kernel. */
export function createHvaToPfn(
  kernel: Kernel,
  gup: MmGup,
  hva_to_pfn_remapped: HvaToPfnRemapped,
): HvaToPfn {
  const { pt, arch, events } = kernel;
  const { levels, pageSize } = arch.geometry;
  const request = { address: 0, nr_pages: 1, write: true };

  /** hva_to_pfn_fast(): only for those who could use a writable page. */
  const hva_to_pfn_fast = (mm: MmStruct, address: number, lookup: PfnLookup): boolean => {
    if (!lookup.write_fault && !lookup.wantsWritable) return false;
    const pfn = gup.get_user_page_fast_only(mm, address, true);
    if (pfn < 0) return false;
    lookup.pfn = pfn;
    lookup.writable = true;
    return true;
  };
  /** The frame of a page that GUP has just given. */
  const pageAt = (mm: MmStruct, address: number): number => {
    const slot = pt.walk(mm, address);
    const { level } = pt.walked;
    return pt.pfnAt(level, slot) + Math.floor((address % levels[level].size) / pageSize);
  };
  /** hva_to_pfn_slow(): faults a page in. A read takes the page writable where that costs nothing. */
  const hva_to_pfn_slow = (mm: MmStruct, address: number, lookup: PfnLookup): number => {
    request.address = address;
    request.write = lookup.write_fault;
    const pages = gup.get_user_pages(mm, request);
    if (pages !== 1) return pages;
    lookup.writable =
      lookup.write_fault ||
      (lookup.wantsWritable && gup.get_user_page_fast_only(mm, address, true) >= 0);
    lookup.pfn = pageAt(mm, address);
    return 1;
  };

  const remapped = (mm: MmStruct, address: number, lookup: PfnLookup): void => {
    for (;;) {
      const vma = mm.vma_lookup(address);
      if (vma === null || (vma.vm_flags & (VM_IO | VM_PFNMAP)) === 0) break;
      const error = hva_to_pfn_remapped(vma, address, lookup);
      if (error === 0) return;
      if (error !== -EAGAIN) break;
    }
    lookup.pfn = KVM_PFN_ERR_FAULT;
  };

  /**
   * The frame behind a host-virtual address: pages by GUP, device memory by its entry.
   *
   * @param lookup what is asked; `pfn` and `writable` are filled in. `pfn` is KVM_PFN_ERR_FAULT for anything that is not
   * there, KVM_PFN_ERR_RO_FAULT for a write to a read-only entry, KVM_PFN_ERR_SIGPENDING.
   * @context may sleep; takes mmap_lock for reading. The frame is safe only as long as no invalidation comes.
   * @fidelity partial pages are never read back from swap asynchronously, and none is poisoned
   * @patch 10/19
   */
  return function hva_to_pfn(mm, address, lookup) {
    if (hva_to_pfn_fast(mm, address, lookup)) return;
    mm.mmap_lock = 'read';
    lock(events, mm, 'mmap_lock (read)');
    const pages = hva_to_pfn_slow(mm, address, lookup);
    if (pages === -EINTR) lookup.pfn = KVM_PFN_ERR_SIGPENDING;
    else if (pages !== 1) remapped(mm, address, lookup);
    unlock(events, mm, 'mmap_lock (read)');
    mm.mmap_lock = 'free';
    if (is_error_pfn(lookup.pfn)) lookup.writable = false;
  };
}
