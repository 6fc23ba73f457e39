import { type Kernel, type MmStruct, mmap_read_lock, mmap_read_unlock } from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import { alignDown, type Pfn } from '@pfnmap/pgtable-core';
import { createGupFast } from './gup-fast.ts';
import { createSlowPage } from './slow-page.ts';

/** What a caller of GUP asks for. */
export interface GupRequest {
  readonly address: number;
  /** Pages. */
  readonly nr_pages: number;
  /** FOLL_WRITE. */
  readonly write: boolean;
  /** FOLL_LONGTERM, which pin_user_pages_fast() always has here. */
  readonly longterm?: boolean;
  /** FOLL_FORCE of a read: what the program itself may not read may be read if it ever could. */
  readonly force?: boolean;
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
export function createMmGup(kernel: Kernel, huge: MmHuge, memory: MmMemory): MmGup {
  const { anon, arch, config, events } = kernel;
  const { pageSize } = arch.geometry;
  const gup_fast = createGupFast(kernel, {
    refusesSpecialLeaves: config.enabled('SERIES_PATCH_05'),
  });

  const followPage = createSlowPage(kernel, huge, memory);

  const fastPages = (mm: MmStruct, request: GupRequest, pin: boolean): number => {
    const first = alignDown(request.address, pageSize);
    let done = 0;
    while (done < request.nr_pages) {
      if (gup_fast(mm, first + done * pageSize, request.write, pin) < 0) break;
      done++;
    }
    return done;
  };

  const slowPages = (mm: MmStruct, request: GupRequest, pin: boolean): number => {
    const first = alignDown(request.address, pageSize);
    const { write, force = false } = request;
    for (let done = 0; done < request.nr_pages; done++) {
      const wanted = { write, pin, longterm: pin, force };
      const pfn = followPage(mm, first + done * pageSize, wanted);
      if (pfn < 0) return done > 0 ? done : pfn;
    }
    return request.nr_pages;
  };
  const fastThenSlow = (mm: MmStruct, request: GupRequest, pin: boolean): number => {
    const done = fastPages(mm, request, pin);
    if (done === request.nr_pages) return done;
    mmap_read_lock(events, mm);
    const left = {
      address: request.address + done * pageSize,
      nr_pages: request.nr_pages - done,
      write: request.write,
    };
    const rest = slowPages(mm, left, pin);
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
    get_user_pages: (mm, request) => slowPages(mm, request, false),
    /**
     * A pin of one or more pages, FOLL_LONGTERM included.
     *
     * @returns pages, or a negative error number; while fork copies, the fast path is not taken.
     * @fidelity partial pin counts are not modelled
     * @patch 05/19
     */
    pin_user_pages_fast: (mm, request) =>
      mm.write_protect_seq % 2 === 1
        ? slowPages(mm, request, true)
        : fastThenSlow(mm, request, true),
    /**
     * A pin in an address space that need not be the caller's, FOLL_LONGTERM included.
     *
     * @returns the frames; or a negative error number when the first page cannot be had: -EFAULT for a PFN mapping.
     * @context mmap_lock held for reading.
     * @fidelity partial who keeps the pages pins them again
     * @patch none
     */
    pin_user_pages_remote(mm, request) {
      const first = alignDown(request.address, pageSize);
      const { write, longterm = false, force = false } = request;
      const wanted = { write, pin: true, longterm, force };
      const pages: Pfn[] = [];
      let error = 0;
      while (pages.length < request.nr_pages && error === 0) {
        const pfn = followPage(mm, first + pages.length * pageSize, wanted);
        if (pfn < 0) error = pfn;
        else {
          // A page that is pinned keeps the others of its folio from being used again instead of copied.
          anon.pin(pfn);
          pages.push(pfn);
        }
      }
      for (const pfn of pages) anon.unpin(pfn);
      return pages.length > 0 ? pages : error;
    },
  };
}
