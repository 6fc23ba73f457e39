import {
  EFAULT,
  ENOMEM,
  FAULT_FLAG_WRITE,
  type Kernel,
  type MmStruct,
  mmap_read_lock,
  mmap_read_unlock,
  VM_FAULT_ERROR,
  VM_FAULT_OOM,
  VM_IO,
  VM_PFNMAP,
  VM_READ,
  VM_WRITE,
} from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import { alignDown, type Pfn, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';
import { createGupFast } from './gup-fast.ts';

/** What a caller of GUP asks for. */
export interface GupRequest {
  readonly address: number;
  /** Pages. */
  readonly nr_pages: number;
  /** FOLL_WRITE. */
  readonly write: boolean;
}

/** get_user_pages() in its forms. Answers are pages, or a negative error number. */
export interface MmGup {
  get_user_pages_fast(mm: MmStruct, request: GupRequest): number;
  get_user_pages_fast_only(mm: MmStruct, request: GupRequest): number;
  /** The frame of one page, -1 when the fast path stops there. */
  get_user_page_fast_only(mm: MmStruct, address: number, write: boolean): Pfn;
  get_user_pages(mm: MmStruct, request: GupRequest): number;
  pin_user_pages_fast(mm: MmStruct, request: GupRequest): number;
  /** The frames of the pages from the first on, in order; a negative error number when there is not one. */
  pin_user_pages_remote(mm: MmStruct, request: GupRequest): readonly Pfn[] | number;
}

/** Makes mm-gup for a kernel: the only place where its gates are read. */
export function createMmGup(kernel: Kernel, memory: MmMemory): MmGup {
  const { arch, pt, config, events } = kernel;
  const { pageSize } = arch.geometry;
  const gup_fast = createGupFast(kernel, {
    refusesSpecialLeaves: config.enabled('SERIES_PATCH_05'),
  });

  const fastPages = (mm: MmStruct, request: GupRequest, pin: boolean): number => {
    const first = alignDown(request.address, pageSize);
    let done = 0;
    while (done < request.nr_pages) {
      if (gup_fast(mm, first + done * pageSize, request.write, pin) < 0) break;
      done++;
    }
    return done;
  };

  /** The frame of one page by the slow path, or a negative error number. */
  const slowPage = (mm: MmStruct, address: number, write: boolean): number => {
    const vma = mm.vma_lookup(address);
    if (vma === null || (vma.vm_flags & (VM_IO | VM_PFNMAP)) !== 0) return -EFAULT;
    if ((vma.vm_flags & (write ? VM_WRITE : VM_READ)) === 0) return -EFAULT;
    for (;;) {
      const slot = pt.walk(mm, address);
      if (pt.walked.level === PGTABLE_LEVEL_PTE && !pt.pte_none(slot)) {
        const pte = pt.ptep_get(slot);
        if (arch.pte_present(pte) && (!write || arch.pte_write(pte))) {
          const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, slot);
          const hasPage = memory.vm_normal_page(vma, address, pte, pfn) >= 0;
          return hasPage || pfn === kernel.anon.zeroPage ? pfn : -EFAULT;
        }
      }
      const fault = memory.handle_mm_fault(vma, address, write ? FAULT_FLAG_WRITE : 0);
      if ((fault & VM_FAULT_ERROR) !== 0) return (fault & VM_FAULT_OOM) !== 0 ? -ENOMEM : -EFAULT;
    }
  };
  const get_user_pages = (mm: MmStruct, request: GupRequest): number => {
    const first = alignDown(request.address, pageSize);
    for (let done = 0; done < request.nr_pages; done++) {
      const pfn = slowPage(mm, first + done * pageSize, request.write);
      if (pfn < 0) return done > 0 ? done : pfn;
    }
    return request.nr_pages;
  };
  const fastThenSlow = (mm: MmStruct, request: GupRequest, pin: boolean): number => {
    const done = fastPages(mm, request, pin);
    if (done === request.nr_pages) return done;
    mmap_read_lock(events, mm);
    const rest = get_user_pages(mm, {
      address: request.address + done * pageSize,
      nr_pages: request.nr_pages - done,
      write: request.write,
    });
    mmap_read_unlock(events, mm);
    if (rest < 0) return done > 0 ? done : rest;
    return done + rest;
  };

  return {
    /**
     * Lockless first, then with faults. A PFN mapping always ends in -EFAULT, whatever its entries are.
     *
     * @returns pages, or a negative error number when there was none.
     * @context may sleep; takes mmap_lock where the fast path stops.
     * @fidelity partial reference counts are not modelled
     * @patch 05/19
     */
    get_user_pages_fast: (mm, request) => fastThenSlow(mm, request, false),
    /**
     * The lockless part alone.
     *
     * @returns pages, 0 when there was none.
     * @fidelity exact
     * @patch 05/19
     */
    get_user_pages_fast_only: (mm, request) => fastPages(mm, request, false),
    /**
     * The lockless part alone, for one page.
     *
     * @returns the frame, or -1.
     * @fidelity exact
     * @patch 05/19
     */
    get_user_page_fast_only: (mm, address, write) =>
      gup_fast(mm, alignDown(address, pageSize), write, false),
    /**
     * With mmap_lock: the VMA's flags decide before any entry is read.
     *
     * @returns pages, or a negative error number.
     * @context mmap_lock held for reading.
     * @fidelity partial MIXEDMAP leaves without VM_IO are refused, where Linux takes a page that is none
     * @patch none
     */
    get_user_pages,
    /**
     * A pin of one or more pages, FOLL_LONGTERM included.
     *
     * @returns pages, or a negative error number; while fork copies, the fast path is not taken.
     * @fidelity partial pin counts are not modelled
     * @patch 05/19
     */
    pin_user_pages_fast: (mm, request) =>
      mm.write_protect_seq % 2 === 1
        ? get_user_pages(mm, request)
        : fastThenSlow(mm, request, true),
    /**
     * A pin in an address space that need not be the caller's, FOLL_LONGTERM included.
     *
     * @returns the frames; or a negative error number when the first page cannot be had: -EFAULT for a PFN mapping.
     * @context mmap_lock held for reading.
     * @fidelity partial pin counts are not modelled
     * @patch none
     */
    pin_user_pages_remote(mm, request) {
      const first = alignDown(request.address, pageSize);
      const pages: Pfn[] = [];
      while (pages.length < request.nr_pages) {
        const pfn = slowPage(mm, first + pages.length * pageSize, request.write);
        if (pfn < 0) return pages.length > 0 ? pages : pfn;
        pages.push(pfn);
      }
      return pages;
    },
  };
}
