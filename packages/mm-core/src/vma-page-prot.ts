import type { ArchPgtable, Prot } from '@pfnmap/pgtable-core';
import { VM_SHARED, VM_SOFTDIRTY, VM_WRITE } from './vm-flags.ts';
import type { VmAreaStruct } from './vma.ts';

/**
 * True when a shared writable VMA wants to see the first write to each entry: its driver has a mkwrite handler, or
 * soft-dirty tracking was armed by clear_refs.
 *
 * @fidelity partial userfaultfd and files with writeback, which no PFN mapping has, are not modelled
 * @patch none
 */
export function vma_wants_writenotify(arch: ArchPgtable, vma: VmAreaStruct, prot: Prot): boolean {
  const { vm_flags } = vma;
  if ((vm_flags & (VM_WRITE | VM_SHARED)) !== (VM_WRITE | VM_SHARED)) return false;
  if (vma.vm_ops?.page_mkwrite !== undefined || vma.vm_ops?.pfn_mkwrite !== undefined) return true;
  if (prot !== arch.pgprot_modify(prot, arch.vm_get_page_prot(vm_flags))) return false;
  return arch.update.hasSoftDirty && (vm_flags & VM_SOFTDIRTY) === 0;
}

/**
 * Recomputes vm_page_prot from vm_flags; cache bits are kept. Write-notify takes the write permission away.
 *
 * @context mmap_lock held for writing.
 * @fidelity exact
 * @patch none
 */
export function vma_set_page_prot(arch: ArchPgtable, vma: VmAreaStruct): void {
  const ofFlags = (flags: number): Prot =>
    arch.pgprot_modify(vma.vm_page_prot, arch.vm_get_page_prot(flags));
  const prot = ofFlags(vma.vm_flags);
  vma.vm_page_prot = vma_wants_writenotify(arch, vma, prot)
    ? ofFlags(vma.vm_flags & ~VM_SHARED)
    : prot;
}
