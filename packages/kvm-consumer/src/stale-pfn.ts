import type { Kernel } from '@pfnmap/mm-core';
import { KernelBug, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PUD } from '@pfnmap/pgtable-core';
import type { GuestFault } from './guest-fault.ts';
import type { Kvm } from './kvm.ts';

/** Makes the check that no frame goes to the guest which the host took away after the lookup. */
export function createStalePfnCheck(
  kernel: Kernel,
): (kvm: Kvm, fault: GuestFault, where: string) => void {
  const { pt, arch } = kernel;
  const { levels, pageSize } = arch.geometry;

  /** The frame that the host has at an address now, or -1. */
  const currentPfn = (kvm: Kvm, hva: number): number => {
    const slot = pt.walk(kvm.mm, hva);
    const { level } = pt.walked;
    if (level > PGTABLE_LEVEL_PUD || pt.pte_none(slot)) return -1;
    const present =
      level === PGTABLE_LEVEL_PUD
        ? arch.pud_present(pt.pudp_get(slot))
        : level === PGTABLE_LEVEL_PMD
          ? arch.pmd_present(pt.pmdp_get(slot))
          : arch.pte_present(pt.ptep_get(slot));
    if (!present) return -1;
    return pt.pfnAt(level, slot) + Math.floor((hva % levels[level].size) / pageSize);
  };

  /**
   * The rule behind the sequence count, checked by itself: when an invalidation came after the lookup, the frame may
   * be used only if the host still has it. KVM asks the sequence count first, so this is never met there; a user of
   * frames that does not ask meets it.
   *
   * @throws KernelBug when the frame is gone.
   */
  return (kvm, fault, where) => {
    const { invalidation } = kvm;
    if (!invalidation.mmu_invalidate_retry(fault.mmu_seq)) return;
    const now = currentPfn(kvm, fault.hva);
    if (now === fault.pfn) return;
    throw new KernelBug(
      'a frame is given to the guest after the host took it away: an invalidation came between the lookup and mmu_lock, and nobody asked mmu_invalidate_retry()',
      where,
      {
        gfn: `0x${fault.gfn.toString(16)}`,
        pfn: `0x${fault.pfn.toString(16)}`,
        host: now < 0 ? 'none' : `0x${now.toString(16)}`,
        mmu_seq: fault.mmu_seq,
        mmu_invalidate_seq: invalidation.mmu_invalidate_seq,
      },
    );
  };
}
