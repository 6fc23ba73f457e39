import type { Pfn, Prot } from '@pfnmap/pgtable-core';
import { mkdevmapHuge, pte_mkdevmap } from './devmap.ts';
import {
  clear_saveddirty,
  mkclean,
  mkdirty,
  mkdirtyOnly,
  mksaveddirty,
  mkwrite,
  mkwrite_novma,
  mkwrite_shstk,
  pud_mkwrite,
  wrprotect,
} from './dirty.ts';
import { unchanged } from './fallbacks.ts';
import type { Gates } from './gates.ts';
import {
  mkhuge,
  mkinvalid,
  pte_clrglobal,
  pte_clrhuge,
  pte_mkexec,
  pte_mkglobal,
} from './leaf-flags.ts';
import { clear_soft_dirty, mksoft_dirty } from './soft-dirty.ts';
import { mkspecial } from './special.ts';
import { clear_uffd_wp, mkuffd_wp } from './uffd-wp.ts';
import { mkold, mkyoung } from './young.ts';

/** Write access and dirtiness. */
export function buildDirtyTransformations(gates: Gates) {
  const mkdirtyOfBuild = gates.softDirty ? mkdirty : mkdirtyOnly;
  return {
    pte_wrprotect: wrprotect,
    pmd_wrprotect: wrprotect,
    pud_wrprotect: wrprotect,
    pte_mkdirty: mkdirtyOfBuild,
    pmd_mkdirty: mkdirtyOfBuild,
    pud_mkdirty: mkdirtyOfBuild,
    pte_mkclean: mkclean,
    pmd_mkclean: mkclean,
    pud_mkclean: mkclean,
    pte_mksaveddirty: mksaveddirty,
    pmd_mksaveddirty: mksaveddirty,
    pud_mksaveddirty: mksaveddirty,
    pte_clear_saveddirty: clear_saveddirty,
    pmd_clear_saveddirty: clear_saveddirty,
    pud_clear_saveddirty: clear_saveddirty,
    pte_mkwrite: mkwrite,
    pmd_mkwrite: mkwrite,
    pud_mkwrite,
    pte_mkwrite_novma: mkwrite_novma,
    pmd_mkwrite_novma: mkwrite_novma,
    pte_mkwrite_shstk: mkwrite_shstk,
    pmd_mkwrite_shstk: mkwrite_shstk,
  };
}

/** Everything else that makes one protection word from another. */
export function buildFlagTransformations(gates: Gates, modify: (old: Prot, newprot: Prot) => Prot) {
  const mksoftIfBuilt = gates.softDirty ? mksoft_dirty : unchanged;
  const clearSoftIfBuilt = gates.softDirty ? clear_soft_dirty : unchanged;
  const mkuffdIfBuilt = gates.uffdWp ? mkuffd_wp : unchanged;
  const clearUffdIfBuilt = gates.uffdWp ? clear_uffd_wp : unchanged;
  const mkdevmapHugeOfBuild = gates.devmapBit ? mkdevmapHuge : unchanged;
  return {
    pte_mkold: mkold,
    pmd_mkold: mkold,
    pud_mkold: mkold,
    pte_mkyoung: mkyoung,
    pmd_mkyoung: mkyoung,
    pud_mkyoung: mkyoung,
    pte_mkspecial: mkspecial,
    pmd_mkspecial: gates.specialPmd ? mkspecial : unchanged,
    pud_mkspecial: gates.specialPud ? mkspecial : unchanged,
    pte_mkdevmap: gates.devmapBit ? pte_mkdevmap : unchanged,
    pmd_mkdevmap: mkdevmapHugeOfBuild,
    pud_mkdevmap: mkdevmapHugeOfBuild,
    pte_mkhuge: mkhuge,
    pmd_mkhuge: mkhuge,
    pud_mkhuge: mkhuge,
    pte_clrhuge,
    pmd_mkinvalid: mkinvalid,
    pud_mkinvalid: mkinvalid,
    pte_mkglobal,
    pte_clrglobal,
    pte_mkexec,
    pte_mksoft_dirty: mksoftIfBuilt,
    pmd_mksoft_dirty: mksoftIfBuilt,
    pud_mksoft_dirty: mksoftIfBuilt,
    pte_clear_soft_dirty: clearSoftIfBuilt,
    pmd_clear_soft_dirty: clearSoftIfBuilt,
    pud_clear_soft_dirty: clearSoftIfBuilt,
    pte_mkuffd_wp: mkuffdIfBuilt,
    pmd_mkuffd_wp: mkuffdIfBuilt,
    pte_clear_uffd_wp: clearUffdIfBuilt,
    pmd_clear_uffd_wp: clearUffdIfBuilt,
    pte_modify: modify,
    pmd_modify: modify,
    pud_modify: modify,
    // The protection word holds exactly the bits outside the address field of the level.
    pte_pgprot: unchanged,
    pmd_pgprot: unchanged,
    pud_pgprot: unchanged,
    p4d_pgprot: unchanged,
    pte_advance_pfn: (pfn: Pfn, nr: number): Pfn => pfn + nr,
  };
}
