import type { Prot } from '@pfnmap/pgtable-core';
import type { AddressSpace, File } from './file.ts';
import type { MmStruct } from './mm-struct.ts';
import type { VmOperations } from './vm-operations.ts';

/** What {@link VmAreaStruct} is made from. */
export interface VmAreaInit {
  readonly vm_mm: MmStruct;
  readonly vm_start: number;
  readonly vm_end: number;
  readonly vm_pgoff: number;
  readonly vm_flags: number;
  readonly vm_page_prot: Prot;
  readonly vm_file: File | null;
}

/** The operations of a new VMA before its driver set any: a table without callbacks, so the VMA is not anonymous. */
export const dummy_vm_ops: VmOperations = Object.freeze({});

/** One mapping of an address space. Addresses are bytes, page aligned; vm_pgoff counts pages. */
export class VmAreaStruct {
  declare readonly vm_mm: MmStruct;
  declare vm_start: number;
  declare vm_end: number;
  declare vm_pgoff: number;
  /** Bits 0 to 31 of vm_flags; write through {@link vm_flags_set} and its kind. */
  declare vm_flags: number;
  /** Bits 32 to 63 of vm_flags. */
  vm_flags_high = 0;
  declare vm_page_prot: Prot;
  declare vm_file: File | null;
  vm_ops: VmOperations | null = dummy_vm_ops;
  vm_private_data: unknown = null;
  /** The reverse map of private pages, by identity: VMAs with different ones are not joined. Null before the first page. */
  anon_vma: symbol | null = null;
  /** True in a child whose parent had private pages here: the anon_vma_chain has more than one link. */
  anon_vma_inherited = false;
  /** Memory policy as /proc/PID/numa_maps prints it. */
  vm_policy = 'default';
  /** Tracking context of x86's memory types from Linux 6.16 on; null elsewhere. */
  pfnmap_track_ctx: object | null = null;

  constructor(init: VmAreaInit) {
    this.vm_mm = init.vm_mm;
    this.vm_start = init.vm_start;
    this.vm_end = init.vm_end;
    this.vm_pgoff = init.vm_pgoff;
    this.vm_flags = init.vm_flags;
    this.vm_page_prot = init.vm_page_prot;
    this.vm_file = init.vm_file;
  }
}

/**
 * True when the VMA has no operations: anonymous memory.
 *
 * @fidelity exact
 * @patch none
 */
export const vma_is_anonymous = (vma: VmAreaStruct): boolean => vma.vm_ops === null;

/**
 * The mapping of the VMA's file, or null.
 *
 * @fidelity exact
 * @patch none
 */
export const vma_mapping = (vma: VmAreaStruct): AddressSpace | null =>
  vma.vm_file === null ? null : vma.vm_file.f_mapping;

/**
 * The page of the file at an address.
 *
 * @param address byte address in the VMA.
 * @fidelity exact
 * @patch none
 */
export const linear_page_index = (vma: VmAreaStruct, address: number, pageSize: number): number =>
  Math.floor((address - vma.vm_start) / pageSize) + vma.vm_pgoff;

/**
 * A VMA like another, not linked anywhere. What tracks its PFNs is not shared: the caller decides.
 *
 * @param vm_mm the address space of the new VMA.
 * @fidelity exact
 * @patch none
 */
export function vm_area_dup(vma: VmAreaStruct, vm_mm = vma.vm_mm): VmAreaStruct {
  const { vm_start, vm_end, vm_pgoff, vm_flags, vm_page_prot, vm_file } = vma;
  const copy = new VmAreaStruct({
    vm_mm,
    vm_start,
    vm_end,
    vm_pgoff,
    vm_flags,
    vm_page_prot,
    vm_file,
  });
  copy.vm_flags_high = vma.vm_flags_high;
  copy.vm_ops = vma.vm_ops;
  copy.vm_private_data = vma.vm_private_data;
  copy.anon_vma = vma.anon_vma;
  copy.anon_vma_inherited = vma.anon_vma_inherited;
  copy.vm_policy = vma.vm_policy;
  return copy;
}
