import {
  anon_vma_fork,
  ENOMEM,
  flush_tlb_mm_range,
  type Kernel,
  lock,
  type MmStruct,
  unlock,
  VM_DONTCOPY,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MIXEDMAP,
  VM_PFNMAP,
  VM_WIPEONFORK,
  type VmAreaStruct,
  vm_area_dup,
  vma_link_file,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import { createAnonymousCopier } from './copy-anonymous.ts';
import { createHugeCopier, type HugeCopier } from './copy-huge.ts';
import { type CopyPageRange, createCopyPageRange } from './copy-page-range.ts';

/** What fork() does with an address space. */
export interface MmFork extends HugeCopier {
  readonly copy_page_range: CopyPageRange;
  vma_needs_copy(vma: VmAreaStruct): boolean;
  dup_mmap(child: MmStruct, parent: MmStruct): number;
}

/** Makes mm-fork for a kernel: the only place where its gates are read. */
export function createMmFork(kernel: Kernel, huge: MmHuge, memory: MmMemory): MmFork {
  const { config, tracking, arch, events } = kernel;
  const { pageSize, pageShift } = arch.geometry;
  const tracksByContext = config.enabled('PAT_TRACK_CTX');
  const copier = createHugeCopier(kernel, {
    acceptsPfnmaps: config.enabled('SERIES_PATCH_07'),
    specialNeedsPresent: config.enabled('FIX_PMD_SPECIAL_PRESENT'),
    readsUnderLock: config.enabled('FIX_COPY_HUGE_PMD_REREAD'),
  });
  const copy_page_range = createCopyPageRange(
    kernel,
    { tracksCopies: !tracksByContext },
    memory,
    copier,
    createAnonymousCopier(kernel, huge),
  );

  const vma_needs_copy = (vma: VmAreaStruct): boolean =>
    (vma.vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) !== 0 || vma.anon_vma !== null;

  const duplicate = (child: MmStruct, vma: VmAreaStruct): VmAreaStruct => {
    const copy = vm_area_dup(vma, child);
    copy.vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
    anon_vma_fork(copy, vma);
    if (tracksByContext) tracking.share(copy, vma);
    else tracking.clear(copy);
    return copy;
  };

  return {
    ...copier,
    copy_page_range,
    /**
     * True when fork must copy the entries: PFN mappings, whose drivers may have no fault handler, and private pages.
     *
     * @fidelity partial userfaultfd is not modelled
     * @patch none
     */
    vma_needs_copy,
    /**
     * Gives the child a copy of every VMA but those that must not be copied.
     *
     * @returns 0, or -ENOMEM whatever the reason was: the system call knows no other. The child is then incomplete, and
     * its owner tears it down.
     * @context both mmap_locks held for writing.
     * @fidelity exact for PFN mappings and anonymous memory
     * @patch none
     */
    dup_mmap(child, parent) {
      parent.mmap_lock = 'write';
      lock(events, parent, 'mmap_lock (write)');
      lock(events, child, 'mmap_lock (write)');
      let error = 0;
      for (const vma of parent.vmas) {
        if ((vma.vm_flags & VM_DONTCOPY) !== 0) continue;
        const copy = duplicate(child, vma);
        child.link(copy);
        child.total_vm += (vma.vm_end - vma.vm_start) / pageSize;
        vma.vm_ops?.open?.(copy);
        vma_link_file(events, copy, vma);
        const wiped = (vma.vm_flags & VM_WIPEONFORK) !== 0;
        if (!wiped && vma_needs_copy(vma)) error = copy_page_range(copy, vma);
        if (error !== 0) break;
      }
      flush_tlb_mm_range(kernel, parent, 0, Number.POSITIVE_INFINITY, pageShift);
      unlock(events, child, 'mmap_lock (write)');
      unlock(events, parent, 'mmap_lock (write)');
      parent.mmap_lock = 'free';
      return error === 0 ? 0 : -ENOMEM;
    },
  };
}
