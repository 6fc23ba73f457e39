import {
  type FollowApi,
  type FollowPfnmap,
  FollowPfnmapArgs,
  type FollowPte,
} from '@pfnmap/follow-pfnmap';
import { EAGAIN, EINVAL, FAULT_FLAG_WRITE, type Kernel, type VmAreaStruct } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';
import { KVM_PFN_ERR_RO_FAULT } from './kvm-pfn.ts';
import type { PfnLookup } from './pfn-lookup.ts';

/** Looks a frame of device memory up: 0 and `lookup.pfn`, or a negative error number. */
export type HvaToPfnRemapped = (vma: VmAreaStruct, address: number, lookup: PfnLookup) => number;

/** Faults the address in: 0, -EAGAIN when mmap_lock was dropped (the VMA may be another then), or the fault's error. */
const faultIn = (
  follow: FollowApi,
  vma: VmAreaStruct,
  address: number,
  lookup: PfnLookup,
): number => {
  const flags = lookup.write_fault ? FAULT_FLAG_WRITE : 0;
  const { error, unlocked } = follow.fixup_user_fault(vma.vm_mm, address, flags, true);
  return unlocked ? -EAGAIN : error;
};

/** The gates of the lookup, read once. */
interface RemappedGates {
  /** Later kernels give nobody a pin on memory without references, unless told to. */
  readonly refusesPins: boolean;
  /** A mapping that went away after the fault is looked up again; in no kernel, there the guest's access fails. */
  readonly looksAgain: boolean;
}

/** The form of patch 10: the frame is found at whatever level it is mapped. */
export function createRemappedByFollowPfnmap(
  { events }: Kernel,
  follow: FollowApi,
  pfnmap: FollowPfnmap,
  gates: RemappedGates,
): HvaToPfnRemapped {
  /**
   * A frame behind a VM_IO or VM_PFNMAP mapping, faulted in when the entry is empty. An entry that is there but too weak
   * is not faulted again: a write meets KVM_PFN_ERR_RO_FAULT.
   *
   * @returns 0 with the frame; -EAGAIN when the VMA must be looked up again; -EINVAL; -EFAULT, -ENOMEM of the fault.
   * @context mmap_lock held for reading; the page-table lock only between start and end.
   * @fidelity partial no reference is tried on frames that have a struct page
   * @patch 10/19
   */
  return function hva_to_pfn_remapped(vma, address, lookup) {
    if (gates.refusesPins && lookup.pin) return -EINVAL;
    const args = new FollowPfnmapArgs(vma, address);
    if (pfnmap.follow_pfnmap_start(args) !== 0) {
      const failed = faultIn(follow, vma, address, lookup);
      if (failed !== 0) return failed;
      events.race?.('hva_to_pfn_remapped');
      const error = pfnmap.follow_pfnmap_start(args);
      if (error !== 0) return gates.looksAgain ? -EAGAIN : error;
    }
    if (lookup.write_fault && !args.writable) lookup.pfn = KVM_PFN_ERR_RO_FAULT;
    else {
      lookup.writable = args.writable;
      lookup.pfn = args.pfn;
    }
    pfnmap.follow_pfnmap_end(args);
    return 0;
  };
}

/** The form before patch 10, which knows PTEs only. */
export function createRemappedByFollowPte(
  kernel: Kernel,
  follow: FollowApi,
  follow_pte: FollowPte,
): HvaToPfnRemapped {
  const { arch, pt } = kernel;
  /**
   * The older form. A huge leaf fails: the fault finds it in place and does nothing, and the second look fails as the
   * first did.
   *
   * @returns 0 with the frame; -EAGAIN; -EINVAL, also for every huge leaf; -EFAULT, -ENOMEM of the fault.
   * @throws KernelBug with DEBUG_VM on a PMD leaf.
   * @context mmap_lock held for reading.
   * @fidelity partial no reference is tried on frames that have a struct page
   * @patch 10/19
   */
  return function hva_to_pfn_remapped(vma, address, lookup) {
    let slot = follow_pte(vma, address);
    if (slot < 0) {
      const failed = faultIn(follow, vma, address, lookup);
      if (failed !== 0) return failed;
      slot = follow_pte(vma, address);
      if (slot < 0) return slot;
    }
    const writable = arch.pte_write(pt.ptep_get(slot));
    if (lookup.write_fault && !writable) lookup.pfn = KVM_PFN_ERR_RO_FAULT;
    else {
      lookup.writable = writable;
      lookup.pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, slot);
    }
    return 0;
  };
}
