import { type Kernel, VM_WRITE, type VmAreaStruct } from '@pfnmap/mm-core';
import { type Pfn, PGTABLE_LEVEL_PMD, type Slot } from '@pfnmap/pgtable-core';

/** Maps a folio of one's own by an empty PMD. */
export type MapAnonFolio = (vma: VmAreaStruct, pmdp: Slot, folio: Pfn) => void;

/** Makes map_anon_folio_pmd() for a kernel. */
export function createMapAnonFolio({ arch, pt }: Kernel): MapAnonFolio {
  const { order } = arch.geometry.levels[PGTABLE_LEVEL_PMD];
  /**
   * The entry is dirty, and writable if the VMA is; the pages are counted.
   *
   * @context PMD lock held; a table has been put aside.
   * @fidelity exact
   * @patch none
   */
  return function map_anon_folio_pmd(vma, pmdp, folio) {
    const entry = arch.pmd_mkdirty(arch.pmd_mkhuge(vma.vm_page_prot));
    const isWritable = (vma.vm_flags & VM_WRITE) !== 0;
    pt.set(PGTABLE_LEVEL_PMD, pmdp, folio, isWritable ? arch.pmd_mkwrite(entry) : entry);
    vma.vm_mm.rss.anon += 2 ** order;
  };
}
