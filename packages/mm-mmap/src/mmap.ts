import {
  EEXIST,
  EINVAL,
  ENOMEM,
  EPERM,
  type File,
  type Kernel,
  type MmStruct,
  MmuGather,
  VM_ACCOUNT,
  VM_EXEC,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_READ,
  VM_SHARED,
  VM_SOFTDIRTY,
  VM_SPECIAL,
  VM_WRITE,
  VmAreaStruct,
  vma_link_file,
  vma_set_page_prot,
} from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import { alignUp, isAligned } from '@pfnmap/pgtable-core';
import type { GetUnmappedArea } from './get-unmapped-area.ts';
import type { Unmapper } from './munmap.ts';

/** PROT_* of mmap() and mprotect(). */
export const PROT_NONE = 0;
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

/** A call of mmap(): with an address MAP_FIXED and its kind. */
export interface MmapRequest {
  /** Where, page aligned; the kernel chooses when it is left out. */
  readonly address?: number;
  readonly length: number;
  /** PROT_* bits. */
  readonly prot: number;
  readonly shared: boolean;
  /** MAP_NORESERVE. */
  readonly noreserve?: boolean;
  /** MAP_FIXED_NOREPLACE: an occupied range is refused; without it, it is unmapped first. */
  readonly noreplace?: boolean;
  /** The file, or null for anonymous memory. */
  readonly file: File | null;
  /** Byte offset in the file, page aligned. */
  readonly offset: number;
}

/** VM_READ, VM_WRITE and VM_EXEC of PROT_* bits: calc_vm_prot_bits(). */
export const vmFlagsOfProt = (prot: number): number =>
  ((prot & PROT_READ) !== 0 ? VM_READ : 0) |
  ((prot & PROT_WRITE) !== 0 ? VM_WRITE : 0) |
  ((prot & PROT_EXEC) !== 0 ? VM_EXEC : 0);

/** Makes mmap() for a kernel. `mayCommit` answers whether a private writable mapping of so many pages is granted. */
export function createMmap(
  kernel: Kernel,
  memory: MmMemory,
  unmapper: Unmapper,
  getUnmappedArea: GetUnmappedArea,
  mayCommit: (pages: number) => boolean,
): (mm: MmStruct, request: MmapRequest) => number {
  const { arch, tracking } = kernel;
  const { pageSize } = arch.geometry;

  const flagsOf = (request: MmapRequest): number => {
    let flags = vmFlagsOfProt(request.prot) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
    if (arch.update.hasSoftDirty) flags |= VM_SOFTDIRTY;
    if (request.shared) {
      flags |= VM_SHARED | VM_MAYSHARE;
      if (request.file !== null && !request.file.writable) flags &= ~(VM_MAYWRITE | VM_SHARED);
    } else if (request.noreserve === true) flags |= VM_NORESERVE;
    else if ((flags & VM_WRITE) !== 0) flags |= VM_ACCOUNT;
    if (request.file?.noexec === true) flags &= ~VM_MAYEXEC;
    return flags;
  };

  /** The driver refused: what it mapped goes away again. */
  const undo = (vma: VmAreaStruct): void => {
    const tlb = new MmuGather(kernel, vma.vm_mm);
    memory.unmap_page_range(tlb, vma, vma.vm_start, vma.vm_end);
    vma.vm_mm.link(vma);
    const { previous, next } = vma.vm_mm.neighbours(vma);
    const ceiling = next?.vm_start ?? Number.POSITIVE_INFINITY;
    const { vm_mm, vm_start, vm_end } = vma;
    memory.free_pgtables(tlb, vm_mm, vm_start, vm_end, previous?.vm_end ?? 0, ceiling);
    vm_mm.unlink(vma);
    tlb.finish();
  };

  /**
   * mmap(), at a given address or where the kernel likes.
   *
   * @returns the address; -EINVAL for a bad range; -EPERM for PROT_EXEC on a file that may not be executed; -EEXIST when it is occupied and must not be replaced; -ENOMEM when the
   * commit limit refuses; or what the driver's ->mmap answered.
   * @context takes mmap_lock for writing.
   * @fidelity partial shared anonymous memory has no file behind it
   * @patch none
   */
  return function mmap(mm, request) {
    const bytes = alignUp(request.length, pageSize);
    if (bytes <= 0 || !isAligned(request.offset, pageSize)) return -EINVAL;
    const address = request.address ?? getUnmappedArea(mm, request);
    if (address < 0) return address;
    if (!isAligned(address, pageSize)) return -EINVAL;
    if (request.file?.noexec === true && (request.prot & PROT_EXEC) !== 0) return -EPERM;
    const end = address + bytes;
    if (mm.overlapping(address, end).length > 0) {
      if (request.noreplace === true) return -EEXIST;
      const error = unmapper.munmap(mm, address, bytes);
      if (error !== 0) return error;
    }
    const vm_flags = flagsOf(request);
    if ((vm_flags & VM_ACCOUNT) !== 0 && !mayCommit(bytes / pageSize)) return -ENOMEM;
    const vma = new VmAreaStruct({
      vm_mm: mm,
      vm_start: address,
      vm_end: end,
      vm_pgoff: request.file === null ? address / pageSize : request.offset / pageSize,
      vm_flags,
      vm_page_prot: arch.vm_get_page_prot(vm_flags),
      vm_file: request.file,
    });
    if (request.file === null) vma.vm_ops = null;
    else {
      const error = request.file.f_op.mmap(request.file, vma);
      if (error !== 0) {
        undo(vma);
        tracking.close(vma);
        return error;
      }
    }
    if ((vma.vm_flags & VM_SPECIAL) !== 0) vma.vm_flags &= ~VM_LOCKED;
    mm.link(vma);
    vma_link_file(kernel.events, vma);
    mm.total_vm += bytes / pageSize;
    vma_set_page_prot(arch, vma);
    return address;
  };
}
