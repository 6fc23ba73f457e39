import {
  EFAULT,
  EINVAL,
  ENOMEM,
  type Kernel,
  type MmStruct,
  VM_DONTEXPAND,
  VM_MAYSHARE,
  VM_PFNMAP,
  VM_SHARED,
  type VmAreaStruct,
  vm_area_dup,
  vma_is_anonymous,
  vma_link_file,
} from '@pfnmap/mm-core';
import { alignUp, isAligned } from '@pfnmap/pgtable-core';
import type { MovePageTables } from './move-page-tables.ts';
import type { Unmapper } from './munmap.ts';

/** MREMAP_* flags. */
export const MREMAP_MAYMOVE = 1;
export const MREMAP_FIXED = 2;
export const MREMAP_DONTUNMAP = 4;

/** A call of mremap(). Bytes. */
export interface MremapRequest {
  readonly address: number;
  readonly oldLength: number;
  readonly newLength: number;
  readonly flags: number;
  /** With MREMAP_FIXED: where to. */
  readonly newAddress: number;
}

/** The gates of mremap, read once. */
export interface MremapGates {
  /** From Linux 6.17 on a move of the same size may span several VMAs, and all checks come before any unmapping. */
  readonly movesSeveralVmas: boolean;
}

/** Makes mremap() for a kernel. */
export function createMremap(
  kernel: Kernel,
  gates: MremapGates,
  unmapper: Unmapper,
  movePageTables: MovePageTables,
): (mm: MmStruct, request: MremapRequest) => number {
  const { tracking, arch } = kernel;
  const { pageSize } = arch.geometry;

  /** move_vma(): the part [from, from + length) of a VMA goes to `to`, where it may be longer. */
  const moveVma = (
    vma: VmAreaStruct,
    from: number,
    length: number,
    to: number,
    newLength: number,
  ): number => {
    const mm = vma.vm_mm;
    const { may_split } = vma.vm_ops ?? {};
    if (may_split !== undefined) {
      let refused = vma.vm_start === from ? 0 : may_split(vma, from);
      if (refused === 0 && vma.vm_end !== from + length) refused = may_split(vma, from + length);
      if (refused !== 0) return refused;
    }
    const moved = vm_area_dup(vma);
    moved.vm_pgoff = vma.vm_pgoff + (from - vma.vm_start) / pageSize;
    moved.vm_start = to;
    moved.vm_end = to + newLength;
    vma.vm_ops?.open?.(moved);
    tracking.share(moved, vma);
    mm.link(moved);
    vma_link_file(kernel.events, moved);
    mm.total_vm += newLength / pageSize;
    if (movePageTables(vma, from, moved, to, length) < length) {
      movePageTables(moved, to, vma, from, length);
      unmapper.munmap(mm, to, newLength);
      return -ENOMEM;
    }
    if ((vma.vm_flags & VM_PFNMAP) !== 0) tracking.clear(vma);
    unmapper.munmap(mm, from, length);
    return 0;
  };

  /** Several VMAs side by side, each moved by the same distance; holes between them stay holes. The last may grow. */
  const moveRange = (
    mm: MmStruct,
    from: number,
    length: number,
    to: number,
    newLength: number,
  ): number => {
    for (const vma of mm.overlapping(from, from + length)) {
      const start = Math.max(vma.vm_start, from);
      const end = Math.min(vma.vm_end, from + length);
      const grown = end === from + length ? newLength - length : 0;
      const error = moveVma(vma, start, end - start, to + (start - from), end - start + grown);
      if (error !== 0) return error;
    }
    return 0;
  };

  /** The rules about sizes: vma_to_resize(). Only a call that changes no size may span several VMAs. */
  const checkSize = (vma: VmAreaStruct, request: MremapRequest, movesOnly: boolean): number => {
    const { address, oldLength, newLength, flags } = request;
    const isShared = (vma.vm_flags & (VM_SHARED | VM_MAYSHARE)) !== 0;
    if (oldLength === 0 && !isShared) return -EINVAL;
    const fixedSize = (vma.vm_flags & (VM_DONTEXPAND | VM_PFNMAP)) !== 0;
    if ((flags & MREMAP_DONTUNMAP) !== 0 && fixedSize) return -EINVAL;
    const beyond = oldLength > vma.vm_end - address;
    if (beyond && !(gates.movesSeveralVmas && movesOnly)) return -EFAULT;
    if (newLength === oldLength) return 0;
    if (fixedSize) return -EFAULT;
    return vma_is_anonymous(vma) ? 0 : -ENOMEM;
  };

  const shrink = (mm: MmStruct, request: MremapRequest): number => {
    const { address, oldLength, newLength } = request;
    return unmapper.munmap(mm, address + newLength, oldLength - newLength);
  };

  const moveTo = (mm: MmStruct, request: MremapRequest): number => {
    const { address, newLength, newAddress } = request;
    const oldLength = Math.min(request.oldLength, newLength);
    const refusal = (): number => {
      const vma = mm.vma_lookup(address);
      if (vma === null) return -EFAULT;
      return checkSize(vma, { ...request, oldLength }, request.oldLength === newLength);
    };
    if (!isAligned(newAddress, pageSize)) return -EINVAL;
    if (newAddress + newLength > address && newAddress < address + request.oldLength) {
      return -EINVAL;
    }
    // Older kernels look at the mapping when the target and the tail are unmapped already.
    const early = gates.movesSeveralVmas ? refusal() : 0;
    if (early !== 0) return early;
    const cleared = unmapper.munmap(mm, newAddress, newLength);
    if (cleared !== 0) return cleared;
    if (oldLength < request.oldLength) {
      const error = shrink(mm, request);
      if (error !== 0) return error;
    }
    const late = refusal();
    if (late !== 0) return late;
    const error = moveRange(mm, address, oldLength, newAddress, newLength);
    return error === 0 ? newAddress : error;
  };

  /**
   * mremap(): moves a mapping, or shrinks it. Anonymous memory may grow when it moves; a PFN mapping cannot.
   *
   * @returns the new address; -EINVAL for bad arguments; -EFAULT when the range is not one mapping (until 6.16) or would
   * grow; -ENOMEM.
   * @throws KernelBug when shrinking cuts a PUD leaf at an address that is not PMD-aligned.
   * @context takes mmap_lock for writing.
   * @fidelity partial nothing grows in place; what a locked mapping grew by is not populated
   * @patch none
   */
  return function mremap(mm, call) {
    const request = {
      ...call,
      oldLength: alignUp(call.oldLength, pageSize),
      newLength: alignUp(call.newLength, pageSize),
    };
    const { address, oldLength, newLength, flags } = request;
    if (!isAligned(address, pageSize) || newLength === 0) return -EINVAL;
    if ((flags & MREMAP_FIXED) !== 0) {
      return (flags & MREMAP_MAYMOVE) === 0 ? -EINVAL : moveTo(mm, request);
    }
    const vma = mm.vma_lookup(address);
    if (vma === null) return -EFAULT;
    if (oldLength > newLength) {
      const error = shrink(mm, request);
      return error === 0 ? address : error;
    }
    const refused = checkSize(vma, request, oldLength === newLength);
    if (refused !== 0) return refused;
    return newLength === oldLength ? address : -ENOMEM;
  };
}
