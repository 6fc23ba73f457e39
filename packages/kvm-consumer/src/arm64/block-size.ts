import { EAGAIN, type Kernel, VM_PFNMAP, type VmAreaStruct } from '@pfnmap/mm-core';
import type { PgtableLevel } from '@pfnmap/pgtable-core';
import type { Kvm } from '../kvm.ts';
import type { MemorySlot } from '../memory-slot.ts';

/** The choices of a stage-2 leaf's level. */
export interface BlockSizes {
  /** The level that the VMA alone asks for: get_vma_page_shift(), brought down to what the slot allows. */
  fromVma(slot: MemorySlot, vma: VmAreaStruct, hva: number): PgtableLevel;
  /** The level that the host's own leaf allows: transparent_hugepage_adjust(); -EAGAIN when it is gone. */
  fromHostLeaf(kvm: Kvm, slot: MemorySlot, hva: number): PgtableLevel | number;
  /** True when blocks of the level fit the slot around the address. */
  fault_supports_stage2_huge_mapping(slot: MemorySlot, hva: number, level: PgtableLevel): boolean;
}

/**
 * Makes the choices for a kernel.
 *
 * @param trustsOffset before FIX_KVM_ARM64_HOST_LEAF: vm_pgoff of a PFN mapping is taken for its frame.
 */
export function createBlockSizes(kernel: Kernel, trustsOffset: boolean): BlockSizes {
  const { pt, arch, mem } = kernel;
  const { levels, pageSize } = arch.geometry;
  const { validMask } = arch.format;
  const PMD: PgtableLevel = 1;
  const PUD: PgtableLevel = 2;

  /**
   * True when a block of the level around a host address lies in the slot, and guest and host addresses agree within it.
   *
   * @fidelity exact
   * @patch none
   */
  const fault_supports_stage2_huge_mapping = (
    slot: MemorySlot,
    hva: number,
    level: PgtableLevel,
  ): boolean => {
    if (level === 0) return true;
    const { size } = levels[level];
    const start = slot.userspace_addr;
    if ((slot.base_gfn * pageSize) % size !== start % size) return false;
    const block = hva - (hva % size);
    return block >= start && block + size <= start + slot.npages * pageSize;
  };

  /** The older rule: offset in the file and address agree, and the block lies in the VMA. Host entries are not asked. */
  const fitsOffset = (vma: VmAreaStruct, hva: number, level: PgtableLevel): boolean => {
    const { size } = levels[level];
    const pa = vma.vm_pgoff * pageSize + (hva - vma.vm_start);
    if (hva % size !== pa % size) return false;
    const block = hva - (hva % size);
    return block >= vma.vm_start && block + size <= vma.vm_end;
  };

  return {
    fault_supports_stage2_huge_mapping,
    /**
     * The block size by the VMA: pages, except for PFN mappings before FIX_KVM_ARM64_HOST_LEAF.
     *
     * @context mmap_lock held for reading.
     * @fidelity partial hugetlb VMAs are not modelled
     * @patch none
     */
    fromVma(slot, vma, hva) {
      if (!trustsOffset || (vma.vm_flags & VM_PFNMAP) === 0) return 0;
      for (const level of [PUD, PMD] as const) {
        if (levels[level].folded || !fitsOffset(vma, hva, level)) continue;
        if (fault_supports_stage2_huge_mapping(slot, hva, level)) return level;
      }
      return 0;
    },
    /**
     * The block size by the host's entry: PMD size at most, whatever larger leaf the host has.
     *
     * @returns a level, or -EAGAIN when the CPU could not use the host's entry: the fault is taken again, for ever where
     * the entry is there without access (PROT_NONE).
     * @context mmu_lock held, after the retry test; interrupts off.
     * @fidelity exact
     * @patch none
     */
    fromHostLeaf(kvm, slot, hva) {
      if (!fault_supports_stage2_huge_mapping(slot, hva, PMD)) return 0;
      const entry = pt.walk(kvm.mm, hva);
      if (((mem.lanes[entry] as number) & validMask) === 0) return -EAGAIN;
      return pt.walked.level >= PMD ? PMD : 0;
    },
  };
}
