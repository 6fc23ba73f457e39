import type { Pfn } from '@pfnmap/pgtable-core';
import type { SpteFormat } from './spte-format.ts';

/** The CPU and the memory of a host with nested or extended page tables. */
export interface X86Host {
  readonly format: SpteFormat;
  /** Bits of a physical address of the CPU; guest addresses beyond have no entries. */
  readonly maxphyaddr: number;
  /** Levels of the second stage: 5 where the host runs with five. */
  readonly rootLevel: 4 | 5;
  /** The second stage may have leaves of 1G. */
  readonly gigabytePages: boolean;
  /** kvm_is_mmio_pfn(): true for a frame that is device memory, and not RAM. */
  isMmioPfn(pfn: Pfn): boolean;
}
