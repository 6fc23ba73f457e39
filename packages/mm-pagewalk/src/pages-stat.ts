import { EFAULT, ENOENT, type Kernel, type MmStruct } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { type FolioWalkStart, FW_ZEROPAGE } from './folio-walk.ts';

/** Tells on which memory node the page of an address is. */
export type PagesStat = (mm: MmStruct, address: number) => number;

/** Makes do_pages_stat() for a kernel. */
export function createPagesStat(kernel: Kernel, folio_walk_start: FolioWalkStart): PagesStat {
  const { mem, anon } = kernel;

  /**
   * What move_pages() answers for a page when it is given no nodes to move to.
   *
   * @returns the node of the page; -ENOENT where no page of memory is mapped, -EFAULT for pages of zeroes and outside of all
   * mappings.
   * @context takes mmap_lock for reading.
   * @fidelity partial one node
   * @patch none
   */
  return function do_pages_stat(mm, address) {
    const vma = mm.vma_lookup(address);
    if (vma === null) return -EFAULT;
    const pfn = folio_walk_start(vma, address, FW_ZEROPAGE);
    if (pfn < 0) return -ENOENT;
    if (pfn === anon.zeroPage || anon.large.isHugeZero(pfn)) return -EFAULT;
    if (!mem.isRam(pfn))
      throw new KernelBug('a struct page is taken for a frame of device memory', 'do_pages_stat', {
        pfn,
      });
    return 0;
  };
}
