import type { Kernel, VmAreaStruct } from '@pfnmap/mm-core';
import { alignDown, type Pfn, PGTABLE_LEVEL_PMD } from '@pfnmap/pgtable-core';
import type { FolioEntries } from './folio-entries.ts';

/** Makes single pages of the huge page that has a page at an address; false when it cannot. */
export type SplitFolio = (vma: VmAreaStruct, address: number, pfn: Pfn) => boolean;

/** Makes split_folio() for a kernel. */
export function createSplitFolio(kernel: Kernel, entries: FolioEntries): SplitFolio {
  const { arch, anon } = kernel;
  const { pageSize } = arch.geometry;
  const pages = 2 ** arch.geometry.levels[PGTABLE_LEVEL_PMD].order;

  /**
   * split_folio(): every page of a huge one is a page of its own. Its entries are taken out and put back, with the page
   * of zeroes in place of each that holds nothing else.
   *
   * @returns false, and nothing changes, where a page is pinned or another process maps one.
   * @context mmap_lock held.
   * @fidelity partial a folio that several processes map stays whole, where Linux mostly leaves it too
   * @patch none
   */
  return function split_folio(vma, address, pfn) {
    const head = alignDown(pfn, pages);
    if (anon.isPinned(head) || !anon.isAloneIn(head, vma.vm_mm.id)) return false;
    const base = address - (pfn - head) * pageSize;
    const taken = entries.takeOut({ vma, address: base, pfn: head, pages }, true);
    anon.dissolve(head);
    entries.putBack(taken, true);
    return true;
  };
}
