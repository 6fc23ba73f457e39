import type { Prot } from '@pfnmap/pgtable-core';
import type { Arm64Gates } from './gates.ts';
import * as levels from './levels.ts';
import * as types from './memory-types.ts';
import { alwaysFlush, pte_needs_flush } from './needs-flush.ts';
import * as is from './predicates.ts';
import * as make from './transforms.ts';

const never = (_entry: Prot): boolean => false;
const same = (entry: Prot): Prot => entry;
const zero = (_entry: Prot): Prot => 0;

/**
 * Predicates of leaves. PMD and PUD helpers of arm64 are its PTE helpers on the same bits; in every kernel pud_special() is
 * the generic answer, since arm64 has no PUD THP but by experiment.
 */
export function leafPredicates(gates: Arm64Gates, mte: boolean) {
  const devmap = gates.devmap ? is.pte_devmap : never;
  const uffdWp = gates.uffdWp ? is.pte_uffd_wp : never;
  return {
    ...{ pte_present: is.pte_present, pmd_present: is.pte_present },
    ...{ pte_write: is.pte_write, pmd_write: is.pte_write, pud_write: is.pte_write },
    ...{ pte_dirty: is.pte_dirty, pmd_dirty: is.pte_dirty, pud_dirty: is.pte_dirty },
    ...{ pte_young: is.pte_young, pmd_young: is.pte_young, pud_young: is.pte_young },
    pte_special: is.pte_special,
    pmd_special: gates.pmdPfnmap ? is.pte_special : never,
    pud_special: gates.pudPfnmap ? is.pte_special : never,
    ...{ pte_devmap: devmap, pmd_devmap: gates.thp ? devmap : never, pud_devmap: never },
    pte_access_permitted: is.pte_access_permitted,
    pmd_access_permitted: is.pte_access_permitted,
    pud_access_permitted: is.pte_access_permitted,
    pte_protnone: gates.protnone ? is.pte_protnone : never,
    pmd_protnone: gates.protnone ? is.pte_protnone : never,
    ...{ pte_valid: is.pte_valid, pmd_valid: is.pte_valid },
    pte_present_invalid: is.pte_present_invalid,
    ...{ pte_rdonly: is.pte_rdonly, pte_hw_dirty: is.pte_hw_dirty, pte_sw_dirty: is.pte_sw_dirty },
    ...{ pte_user: is.pte_user, pmd_user: is.pte_user },
    ...{ pte_user_exec: is.pte_user_exec, pmd_user_exec: is.pte_user_exec },
    ...{ pte_cont: is.pte_cont, pmd_cont: is.pte_cont, pte_valid_cont: is.pte_valid_cont },
    ...{ pte_uffd_wp: uffdWp, pmd_uffd_wp: uffdWp },
    ...{ pte_tagged: is.pte_tagged, pte_valid_not_user: is.pte_valid_not_user },
    pte_accessible: is.pte_accessible,
    pte_user_accessible_page: is.pte_user_accessible_page,
    pte_swp_exclusive: is.pte_swp_exclusive,
    pte_swp_uffd_wp: gates.uffdWp ? is.pte_swp_uffd_wp : never,
    syncsInstructionCache: is.syncsInstructionCache,
    syncsTags: mte ? is.syncsTags : never,
    ...{ pte_soft_dirty: never, pmd_soft_dirty: never, pud_soft_dirty: never },
  };
}

/**
 * Transformations of leaves. Linux defines fewer for the PUD of arm64 (mkyoung and mkhuge; 7.3 also mkwrite); the rest
 * is here the same arithmetic.
 */
export function leafTransforms(gates: Arm64Gates) {
  const mkwrite = gates.mkwriteKeepsClean ? make.pte_mkwrite : make.mkwriteAndDirty;
  const mkuffdWp = gates.uffdWp ? make.pte_mkuffd_wp : same;
  const clearUffdWp = gates.uffdWp ? make.pte_clear_uffd_wp : same;
  const { pte_wrprotect, pte_mkdirty, pte_mkclean, pte_mkold, pte_mkyoung, pte_modify } = make;
  return {
    ...{ pte_wrprotect, pmd_wrprotect: pte_wrprotect, pud_wrprotect: pte_wrprotect },
    ...{ pte_mkdirty, pmd_mkdirty: pte_mkdirty, pud_mkdirty: pte_mkdirty },
    ...{ pte_mkclean, pmd_mkclean: pte_mkclean, pud_mkclean: pte_mkclean },
    ...{ pte_mkold, pmd_mkold: pte_mkold, pud_mkold: pte_mkold },
    ...{ pte_mkyoung, pmd_mkyoung: pte_mkyoung, pud_mkyoung: pte_mkyoung },
    ...{ pte_mkwrite: mkwrite, pmd_mkwrite: mkwrite, pud_mkwrite: mkwrite },
    ...{ pte_modify, pmd_modify: pte_modify, pud_modify: pte_modify },
    pte_mkspecial: make.pte_mkspecial,
    pmd_mkspecial: gates.pmdPfnmap ? make.pmd_mkspecial : same,
    pud_mkspecial: gates.pudPfnmap ? make.pmd_mkspecial : same,
    ...{ pte_mksoft_dirty: same, pmd_mksoft_dirty: same, pud_mksoft_dirty: same },
    ...{ pte_clear_soft_dirty: same, pmd_clear_soft_dirty: same, pud_clear_soft_dirty: same },
    ...{ pte_mkuffd_wp: mkuffdWp, pmd_mkuffd_wp: mkuffdWp },
    ...{ pte_clear_uffd_wp: clearUffdWp, pmd_clear_uffd_wp: clearUffdWp },
    pte_mkdevmap: gates.devmap ? make.pte_mkdevmap : same,
    pmd_mkdevmap: gates.devmap ? make.pmd_mkdevmap : same,
    pte_mkcont: gates.mkcontBitOnly ? make.pte_mkcont : make.mkcontAsPage,
    pmd_mkcont: make.pte_mkcont,
    ...{ pte_mknoncont: make.pte_mknoncont, pmd_mknoncont: make.pte_mknoncont },
    pte_swp_mkexclusive: make.pte_swp_mkexclusive,
    pte_swp_clear_exclusive: make.pte_swp_clear_exclusive,
    pte_swp_mkuffd_wp: gates.uffdWp ? make.pte_swp_mkuffd_wp : same,
    pte_swp_clear_uffd_wp: gates.uffdWp ? make.pte_swp_clear_uffd_wp : same,
  };
}

/** Helpers of the levels that can be a leaf or a table. The PUD's predicates depend on the levels and are elsewhere. */
export function hugeEntries(gates: Arm64Gates) {
  const flush = gates.needsFlush ? pte_needs_flush : alwaysFlush;
  return {
    pmd_leaf: levels.pmd_leaf,
    pmd_trans_huge: gates.thp ? levels.pmd_trans_huge : never,
    pud_trans_huge: gates.pudThp ? levels.pmd_trans_huge : never,
    ...{ pmd_table: levels.pmd_table, pmd_sect: levels.pmd_sect, pmd_bad: levels.pmd_bad },
    pmd_user_accessible_page: levels.pmd_user_accessible_page,
    ...{ pte_mkhuge: make.pmd_mkhuge, pmd_mkhuge: make.pmd_mkhuge, pud_mkhuge: make.pmd_mkhuge },
    ...{ pteProtOfLeaf: make.pteProtOfLeaf, leafProtOfPte: same },
    pte_mkinvalid: make.pte_mkinvalid,
    ...{ pmd_mkinvalid: make.pte_mkinvalid, pud_mkinvalid: make.pte_mkinvalid },
    ...{ pte_needs_flush: flush, huge_pmd_needs_flush: flush },
    pte_pgprot: same,
    ...{ pmd_pgprot: gates.hugePgprot ? same : zero, pud_pgprot: gates.hugePgprot ? same : zero },
    ...{ mk_pmd_sect_prot: levels.mk_pmd_sect_prot, mk_pud_sect_prot: levels.mk_pmd_sect_prot },
  };
}

/** Changes of protection values. `bti` is the kernel's own. */
export function protectionValues(bti: boolean) {
  const { pgprot_noncached, pgprot_writecombine, pgprot_device, pgprot_tagged } = types;
  return {
    ...{ pgprot_noncached, pgprot_writethrough: pgprot_noncached, pgprot_writecombine },
    ...{ pgprot_device, pgprot_tagged, pgprot_mhp: pgprot_tagged },
    pgprot_dmacoherent: types.pgprot_dmacoherent,
    pgprot_nx: bti ? types.pgprotNxUnderBti : types.pgprot_nx,
    ...{ pgprot_decrypted: types.pgprot_decrypted, pgprot_encrypted: types.pgprot_decrypted },
    pgprot_modify: types.pgprot_modify,
    arch_has_pfn_modify_check: (): boolean => false,
    pfn_modify_allowed: (): boolean => true,
  };
}
