import type { Prot, Slot } from '@pfnmap/pgtable-core';
import { linear_page_index, type VmAreaStruct } from './vma.ts';

/**
 * One page fault on its way down: struct vm_fault. The object is reused from fault to fault; a handler must not keep
 * it.
 */
export class VmFault {
  vma!: VmAreaStruct;
  /** Page-aligned, not huge-page-aligned. */
  address = 0;
  /** FAULT_FLAG_* bits. */
  flags = 0;
  /** Slot of the PUD entry. */
  pud: Slot = 0;
  /** Slot of the PMD entry. */
  pmd: Slot = 0;
  /** Slot of the PTE, or -1 while there is no PTE table. */
  pte: Slot = -1;
  orig_pmd: Prot = 0;
  orig_pte: Prot = 0;
  private readonly pageSize: number;

  /** @param pageSize bytes of a page: what {@link pgoff} counts. */
  constructor(pageSize = 4096) {
    this.pageSize = pageSize;
  }

  /** Page of the file: ((address - vm_start) >> PAGE_SHIFT) + vm_pgoff. */
  get pgoff(): number {
    return linear_page_index(this.vma, this.address, this.pageSize);
  }
}

/** What a driver gives a VMA: struct vm_operations_struct, as far as PFN mappings meet it. Results are VM_FAULT_*. */
export interface VmOperations {
  /** Order 0. Called with mmap_lock held for reading, never under the per-VMA lock alone. */
  readonly fault?: (vmf: VmFault) => number;
  /** Order of the PMD or the PUD. Called under the per-VMA lock or mmap_lock. FALLBACK asks for the next smaller order. */
  readonly huge_fault?: (vmf: VmFault, order: number) => number;
  readonly pfn_mkwrite?: (vmf: VmFault) => number;
  readonly page_mkwrite?: (vmf: VmFault) => number;
  /** Present when fault-around may fill neighbours, which also lets ->fault run under the per-VMA lock. */
  readonly map_pages?: (vmf: VmFault) => number;
  /** 0 when the VMA may be split at the address, else a negative error number. */
  readonly may_split?: (vma: VmAreaStruct, address: number) => number;
  readonly open?: (vma: VmAreaStruct) => void;
  readonly close?: (vma: VmAreaStruct) => void;
  /** Bytes read from or written to memory that GUP cannot give, or a negative error number. */
  readonly access?: (vma: VmAreaStruct, address: number, length: number, write: boolean) => number;
}
