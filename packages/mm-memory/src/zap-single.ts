import {
  type Kernel,
  MmuGather,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  type VmAreaStruct,
} from '@pfnmap/mm-core';

/** What may be zapped of private pages. */
export interface ZapDetails {
  readonly evenCows: boolean;
  /** PTE tables whose whole span the range covers go as well, where the kernel can. */
  readonly reclaimTables?: boolean;
}

/** Removal of the entries of a range of one VMA that stays. */
export interface ZapSingle {
  zap_page_range_single(
    vma: VmAreaStruct,
    address: number,
    size: number,
    details?: ZapDetails,
  ): void;
  zap_page_range_single_batched(
    tlb: MmuGather,
    vma: VmAreaStruct,
    address: number,
    size: number,
    details?: ZapDetails,
  ): void;
}

/** Makes it for a kernel. `unmap` empties the part of a range that lies in a VMA. */
export function createZapSingle(
  kernel: Kernel,
  unmap: (
    tlb: MmuGather,
    vma: VmAreaStruct,
    start: number,
    end: number,
    details?: ZapDetails,
  ) => void,
): ZapSingle {
  const { events } = kernel;
  const zap_page_range_single_batched: ZapSingle['zap_page_range_single_batched'] = (
    tlb,
    vma,
    address,
    size,
    details,
  ) => {
    const end = address + size;
    const range = { mm: vma.vm_mm, reason: 'CLEAR', start: address, end } as const;
    mmu_notifier_invalidate_range_start(events, range);
    unmap(tlb, vma, address, end, details);
    mmu_notifier_invalidate_range_end(events, range);
  };
  return {
    /**
     * Empties a range of one VMA, with its own notifier pair and TLB flush.
     *
     * @fidelity exact
     * @patch none
     */
    zap_page_range_single(vma, address, size, details) {
      const tlb = new MmuGather(kernel, vma.vm_mm);
      zap_page_range_single_batched(tlb, vma, address, size, details);
      tlb.finish();
    },
    /**
     * The same without the flush, which is left to what was gathered.
     *
     * @fidelity exact
     * @patch none
     */
    zap_page_range_single_batched,
  };
}
