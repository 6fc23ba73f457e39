import type { ArchPgtable, Pfn, Prot } from '@pfnmap/pgtable-core';
import type { AddressSpace } from './address-space.ts';
import type { CacheModes } from './cache-mode.ts';
import type { MigrationOffset } from './migration-offset.ts';
import type { RootSlot } from './page-table-isolation.ts';
import type { SwapTypes } from './swap-types.ts';

/** Predicates that only x86 has. */
interface X86Predicates {
  p4d_present(p4d: Prot): boolean;
  /** Always true with four levels, where the entry belongs to the folded P4D. */
  pgd_present(pgd: Prot): boolean;
  /** Always false: there is no leaf above 1 GiB. */
  p4d_leaf(p4d: Prot): boolean;
  pgd_leaf(pgd: Prot): boolean;
  pte_huge(pte: Prot): boolean;
  pte_global(pte: Prot): boolean;
  pte_exec(pte: Prot): boolean;
  /** Shadow-stack entry; always false on a CPU without user shadow stacks. */
  pte_shstk(pte: Prot): boolean;
  pmd_shstk(pmd: Prot): boolean;
  pud_shstk(pud: Prot): boolean;
  pte_uffd_wp(pte: Prot): boolean;
  pmd_uffd_wp(pmd: Prot): boolean;
  /** True when the CPU may still use the entry; the flag says whether a TLB flush of the process is pending. */
  pte_accessible(pte: Prot, tlbFlushPending: boolean): boolean;
  pte_user_accessible_page(pte: Prot): boolean;
  pmd_user_accessible_page(pmd: Prot): boolean;
  pud_user_accessible_page(pud: Prot): boolean;
  /** Protection key, 0 to 15. */
  pte_flags_pkey(prot: Prot): number;
}

/** Transformations that only x86 has. */
interface X86Transformations {
  pte_mksaveddirty(pte: Prot): Prot;
  pmd_mksaveddirty(pmd: Prot): Prot;
  pud_mksaveddirty(pud: Prot): Prot;
  pte_clear_saveddirty(pte: Prot): Prot;
  pmd_clear_saveddirty(pmd: Prot): Prot;
  pud_clear_saveddirty(pud: Prot): Prot;
  pte_mkwrite_novma(pte: Prot): Prot;
  pmd_mkwrite_novma(pmd: Prot): Prot;
  pte_mkwrite_shstk(pte: Prot): Prot;
  pmd_mkwrite_shstk(pmd: Prot): Prot;
  pte_mkhuge(pte: Prot): Prot;
  pte_clrhuge(pte: Prot): Prot;
  pte_mkglobal(pte: Prot): Prot;
  pte_clrglobal(pte: Prot): Prot;
  pte_mkexec(pte: Prot): Prot;
  /** Sets SPECIAL as well, unlike the other two. Identity where the kernel has no DEVMAP bit. */
  pte_mkdevmap(pte: Prot): Prot;
  pmd_mkdevmap(pmd: Prot): Prot;
  pud_mkdevmap(pud: Prot): Prot;
  pte_mkuffd_wp(pte: Prot): Prot;
  pmd_mkuffd_wp(pmd: Prot): Prot;
  p4d_pgprot(p4d: Prot): Prot;
  /** The page frame number of the entry `nr` pages on; memory counts down when the entry is inverted. */
  pte_advance_pfn(pfn: Pfn, nr: number): Pfn;
}

/** Protection values. */
interface X86Protections {
  /** Leaves out what the CPU does not support, if the value has P. */
  massage_pgprot(prot: Prot): Prot;
  pgprot_writethrough(prot: Prot): Prot;
  pgprot_nx(prot: Prot): Prot;
  pgprot_encrypted(prot: Prot): Prot;
  pgprot_4k_2_large(prot: Prot): Prot;
  pgprot_large_2_4k(prot: Prot): Prot;
  /** Memory types and the bits that select them. */
  readonly cacheModes: CacheModes;
}

/** Swap-type entries: marks on the protection word, and what type and offset mean. */
interface X86SwapEntries {
  pte_swp_soft_dirty(pte: Prot): boolean;
  pte_swp_mksoft_dirty(pte: Prot): Prot;
  pte_swp_clear_soft_dirty(pte: Prot): Prot;
  pmd_swp_soft_dirty(pmd: Prot): boolean;
  pmd_swp_mksoft_dirty(pmd: Prot): Prot;
  pmd_swp_clear_soft_dirty(pmd: Prot): Prot;
  pte_swp_uffd_wp(pte: Prot): boolean;
  pte_swp_mkuffd_wp(pte: Prot): Prot;
  pte_swp_clear_uffd_wp(pte: Prot): Prot;
  pmd_swp_uffd_wp(pmd: Prot): boolean;
  pmd_swp_mkuffd_wp(pmd: Prot): Prot;
  pmd_swp_clear_uffd_wp(pmd: Prot): Prot;
  pte_swp_exclusive(pte: Prot): boolean;
  pte_swp_mkexclusive(pte: Prot): Prot;
  pte_swp_clear_exclusive(pte: Prot): Prot;
  readonly swapTypes: SwapTypes;
  readonly migrationOffset: MigrationOffset;
}

/** The kernel's own page table. */
interface X86KernelTables {
  /** The leaf for the wanted protection in 4 KiB format, or undefined when the entry points to a table. */
  pmd_set_huge(old: Prot, prot: Prot): Prot | undefined;
  pud_set_huge(old: Prot, prot: Prot): Prot | undefined;
  /** True when the entry is a leaf and is to be cleared. */
  pmd_clear_huge(old: Prot): boolean;
  pud_clear_huge(old: Prot): boolean;
  /** What a store to slot `index` of the root table leaves in the kernel's and the user's root table. */
  pti_set_user_pgtbl(index: number, pgd: Prot): RootSlot;
}

/** Everything about x86-64: what generic code knows, and what only x86 has. */
export interface ArchX86
  extends ArchPgtable,
    X86Predicates,
    X86Transformations,
    X86Protections,
    X86SwapEntries,
    X86KernelTables {
  readonly addressSpace: AddressSpace;
  /** First page frame number whose inverse L1TF could expose; Infinity on other CPUs. */
  readonly l1tf_pfn_limit: number;
}
