import {
  type File,
  MmStruct,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  VmAreaStruct,
} from '@pfnmap/mm-core';

/** An address space without page tables. */
export const emptyMm = (id = 1): MmStruct => new MmStruct(id, { pgd: 0, pgtables_bytes: 0 });

/** Flags of a shared mapping that may be read and written. */
export const SHARED_RW = VM_READ | VM_WRITE | VM_SHARED | VM_MAYREAD | VM_MAYWRITE | VM_MAYSHARE;

/** A mapping that is linked nowhere. Bytes; `pages` count from `vm_start`. */
export function mapping(
  vm_start: number,
  vm_end: number,
  rest: {
    readonly mm?: MmStruct;
    readonly vm_pgoff?: number;
    readonly vm_flags?: number;
    readonly vm_page_prot?: number;
    readonly vm_file?: File | null;
  } = {},
): VmAreaStruct {
  return new VmAreaStruct({
    vm_mm: rest.mm ?? emptyMm(),
    vm_start,
    vm_end,
    vm_pgoff: rest.vm_pgoff ?? 0,
    vm_flags: rest.vm_flags ?? SHARED_RW,
    vm_page_prot: rest.vm_page_prot ?? 0,
    vm_file: rest.vm_file ?? null,
  });
}
