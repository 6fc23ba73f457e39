import { type FollowApi, FollowPfnmapArgs } from '@pfnmap/follow-pfnmap';
import { EFAULT, EINVAL, type Kernel, type VmAreaStruct } from '@pfnmap/mm-core';
import { type Pfn, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';

/** ZPCI_IOMAP_ADDR_BASE: cookies of PCI memory begin here. What is below is no PCI memory. */
export const ZPCI_IOMAP_ADDR_BASE = 2n ** 62n;

/** Access to PCI memory while its mapping is held: 0, or a negative error number. */
export type UseIoAddress = (ioAddress: bigint) => number;

/**
 * Finds the PCI memory behind an address of a program and lets `use` access it, with the page-table lock held.
 *
 * @param fault_flags of the fault that fills an empty entry: FAULT_FLAG_WRITE or 0.
 */
export type WithIoAddress = (
  vma: VmAreaStruct,
  mmio_addr: number,
  fault_flags: number,
  use: UseIoAddress,
) => number;

/** The address of a byte in a frame, if it is one of PCI memory. */
const useFrame = (pfn: Pfn, offset: number, pageSize: number, use: UseIoAddress): number => {
  const ioAddress = BigInt(pfn) * BigInt(pageSize) + BigInt(offset);
  return ioAddress < ZPCI_IOMAP_ADDR_BASE ? -EFAULT : use(ioAddress);
};

/** Faults the address in. Its answer does not matter: the second look tells. */
const faultIn = (follow: FollowApi, vma: VmAreaStruct, address: number, flags: number): void =>
  void follow.fixup_user_fault(vma.vm_mm, address, flags, false);

/** The form of patch 11. */
export function createWithIoAddress(kernel: Kernel, follow: FollowApi): WithIoAddress {
  const { pageSize } = kernel.arch.geometry;
  const { pfnmap } = follow;
  return (vma, mmio_addr, fault_flags, use) => {
    const args = new FollowPfnmapArgs(vma, mmio_addr);
    let error = pfnmap?.follow_pfnmap_start(args) ?? -EINVAL;
    if (error !== 0) {
      faultIn(follow, vma, mmio_addr, fault_flags);
      error = pfnmap?.follow_pfnmap_start(args) ?? -EINVAL;
      if (error !== 0) return error;
    }
    const result = useFrame(args.pfn, mmio_addr % pageSize, pageSize, use);
    pfnmap?.follow_pfnmap_end(args);
    return result;
  };
}

/** The form before patch 11. s390 has nothing but PTEs here, so the answers are the same. */
export function createWithIoAddressByPte(kernel: Kernel, follow: FollowApi): WithIoAddress {
  const { pt } = kernel;
  const { pageSize } = kernel.arch.geometry;
  const follow_pte = (vma: VmAreaStruct, address: number): number =>
    follow.follow_pte?.(vma, address) ?? -EINVAL;
  return (vma, mmio_addr, fault_flags, use) => {
    let slot = follow_pte(vma, mmio_addr);
    if (slot < 0) {
      faultIn(follow, vma, mmio_addr, fault_flags);
      slot = follow_pte(vma, mmio_addr);
      if (slot < 0) return slot;
    }
    return useFrame(pt.pfnAt(PGTABLE_LEVEL_PTE, slot), mmio_addr % pageSize, pageSize, use);
  };
}
