import type { AccessPermitted } from './access.ts';
import { pte_flags_pkey, pte_user_accessible_page, userAccessibleHuge } from './access.ts';
import { devmap } from './devmap.ts';
import { dirty } from './dirty.ts';
import { never } from './fallbacks.ts';
import type { Gates } from './gates.ts';
import { pte_exec, pte_global } from './leaf-flags.ts';
import {
  pmd_present,
  presentBit,
  protnone,
  pseBit,
  pte_accessible,
  pte_present,
  transHugeNotDevmap,
} from './present.ts';
import { soft_dirty } from './soft-dirty.ts';
import { special } from './special.ts';
import { uffd_wp } from './uffd-wp.ts';
import { pmdWriteOrShstk, pte_shstk, pteWriteOrShstk, shstkHuge, writable } from './write.ts';
import { young } from './young.ts';

/** The tests of presence and kind, real or fallback by gate. */
export function buildKindPredicates(gates: Gates, p4dFolded: boolean) {
  const transHuge = gates.devmapBit ? transHugeNotDevmap : pseBit;
  const protnoneIfBuilt = gates.protnone ? protnone : never;
  return {
    pte_present,
    pmd_present,
    pud_present: presentBit,
    p4d_present: presentBit,
    pgd_present: p4dFolded ? () => true : presentBit,
    pmd_leaf: pseBit,
    pud_leaf: pseBit,
    p4d_leaf: never,
    pgd_leaf: never,
    pte_huge: pseBit,
    pmd_trans_huge: gates.thp ? transHuge : never,
    pud_trans_huge: gates.thpPud ? transHuge : never,
    pte_protnone: protnoneIfBuilt,
    pmd_protnone: protnoneIfBuilt,
    pte_devmap: gates.devmap ? devmap : never,
    pmd_devmap: gates.devmap && gates.thp ? devmap : never,
    pud_devmap: gates.devmap && gates.thpPud ? devmap : never,
    pte_accessible,
  };
}

/** The tests of single bits of a leaf, real or fallback by gate. */
export function buildLeafPredicates(gates: Gates, permitted: AccessPermitted) {
  const softDirtyIfBuilt = gates.softDirty ? soft_dirty : never;
  const uffdIfBuilt = gates.uffdWp ? uffd_wp : never;
  const shstkHugeIfBuilt = gates.shstk ? shstkHuge : never;
  return {
    pte_write: gates.shstk ? pteWriteOrShstk : writable,
    pmd_write: gates.shstk ? pmdWriteOrShstk : writable,
    pud_write: writable,
    pte_shstk: gates.shstk ? pte_shstk : never,
    pmd_shstk: shstkHugeIfBuilt,
    pud_shstk: shstkHugeIfBuilt,
    pte_dirty: dirty,
    pmd_dirty: dirty,
    pud_dirty: dirty,
    pte_young: young,
    pmd_young: young,
    pud_young: young,
    pte_special: special,
    pmd_special: gates.specialPmd ? special : never,
    pud_special: gates.specialPud ? special : never,
    pte_global,
    pte_exec,
    pte_soft_dirty: softDirtyIfBuilt,
    pmd_soft_dirty: softDirtyIfBuilt,
    pud_soft_dirty: softDirtyIfBuilt,
    pte_uffd_wp: uffdIfBuilt,
    pmd_uffd_wp: uffdIfBuilt,
    pte_access_permitted: permitted,
    pmd_access_permitted: permitted,
    pud_access_permitted: permitted,
    pte_user_accessible_page,
    pmd_user_accessible_page: userAccessibleHuge,
    pud_user_accessible_page: userAccessibleHuge,
    pte_flags_pkey: gates.pkeys ? pte_flags_pkey : () => 0,
  };
}
