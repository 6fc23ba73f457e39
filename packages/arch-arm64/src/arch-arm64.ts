import type { ArchPgtable, Pfn, PgtableLevel, Prot } from '@pfnmap/pgtable-core';
import type { ContiguousGroups } from './geometry.ts';
import type { PudPredicates } from './levels.ts';
import type { PgattrChangeIsSafe } from './live-change.ts';
import type { Protections } from './protections.ts';

/** Predicates that only arm64 has. */
interface Arm64Predicates {
  pte_valid(pte: Prot): boolean;
  pmd_valid(pmd: Prot): boolean;
  pte_present_invalid(pte: Prot): boolean;
  pmd_table(pmd: Prot): boolean;
  /** 6.12. */
  pmd_sect(pmd: Prot): boolean;
  pte_rdonly(pte: Prot): boolean;
  pte_hw_dirty(pte: Prot): boolean;
  pte_sw_dirty(pte: Prot): boolean;
  pte_user(pte: Prot): boolean;
  pmd_user(pmd: Prot): boolean;
  pte_user_exec(pte: Prot): boolean;
  pmd_user_exec(pmd: Prot): boolean;
  pte_cont(pte: Prot): boolean;
  pmd_cont(pmd: Prot): boolean;
  pte_valid_cont(pte: Prot): boolean;
  pte_uffd_wp(pte: Prot): boolean;
  pmd_uffd_wp(pmd: Prot): boolean;
  pte_tagged(pte: Prot): boolean;
  /** True for a valid kernel entry: storing it needs barriers. */
  pte_valid_not_user(pte: Prot): boolean;
  /** True when a TLB may hold the entry; `flushPending` is mm_tlb_flush_pending(). */
  pte_accessible(flushPending: boolean, pte: Prot): boolean;
  pte_user_accessible_page(pte: Prot): boolean;
  pmd_user_accessible_page(pmd: Prot): boolean;
  pte_swp_exclusive(pte: Prot): boolean;
  pte_swp_uffd_wp(pte: Prot): boolean;
  /** True when storing the entry makes the instruction cache coherent first. */
  syncsInstructionCache(pte: Prot): boolean;
  /** True when storing the entry handles MTE tags first; never without MTE. */
  syncsTags(pte: Prot): boolean;
  /** Bytes that a leaf spans for the TLB: a whole group when CONT is set. */
  pte_leaf_size(pte: Prot): number;
  pmd_leaf_size(pmd: Prot): number;
}

/** Transformations that only arm64 has. */
interface Arm64Transforms {
  /** 6.12; identity where ARCH_HAS_PTE_DEVMAP is off. */
  pte_mkdevmap(pte: Prot): Prot;
  pmd_mkdevmap(pmd: Prot): Prot;
  /** 6.12. */
  pte_mkhuge(pte: Prot): Prot;
  pte_mkinvalid(pte: Prot): Prot;
  pte_mkcont(pte: Prot): Prot;
  pmd_mkcont(pmd: Prot): Prot;
  pte_mknoncont(pte: Prot): Prot;
  /** 7.3. */
  pmd_mknoncont(pmd: Prot): Prot;
  pte_mkuffd_wp(pte: Prot): Prot;
  pmd_mkuffd_wp(pmd: Prot): Prot;
  pte_swp_mkexclusive(pte: Prot): Prot;
  pte_swp_clear_exclusive(pte: Prot): Prot;
  pte_swp_mkuffd_wp(pte: Prot): Prot;
  pte_swp_clear_uffd_wp(pte: Prot): Prot;
  mk_pmd_sect_prot(prot: Prot): Prot;
  mk_pud_sect_prot(prot: Prot): Prot;
  pgprot_device(prot: Prot): Prot;
  pgprot_tagged(prot: Prot): Prot;
  pgprot_mhp(prot: Prot): Prot;
  pgprot_dmacoherent(prot: Prot): Prot;
  pgprot_writethrough(prot: Prot): Prot;
  pgprot_nx(prot: Prot): Prot;
  pgprot_encrypted(prot: Prot): Prot;
  /** pmd_pfn(): the frame of a PMD leaf, with what lies below the level's size cut off. */
  pmd_pfn(pfn: Pfn): Pfn;
  pud_pfn(pfn: Pfn): Pfn;
}

/** Table and swap entries, and rules about live entries. */
interface Arm64Entries {
  /** The protection word of a kernel table entry; {@link ArchPgtable.format} has the user's. */
  readonly kernelTableProt: Prot;
  __swp_entry(type: number, offset: number): bigint;
  __swp_type(word: bigint): number;
  __swp_offset(word: bigint): number;
  /** Bits of a page frame number in a migration entry's offset; young and dirty lie above it. */
  readonly SWP_PFN_BITS: number;
  readonly pgattr_change_is_safe: PgattrChangeIsSafe;
  /** True when the kernel maps 1 GiB (and larger) blocks itself: 4K pages only. */
  pud_sect_supported(): boolean;
}

/** The memory types of the CPU. */
interface Arm64MemoryTypes {
  /** MAIR_EL1, one attribute byte an index. */
  readonly MAIR_EL1: bigint;
}

/**
 * arm64 in one configuration: everything that generic code asks, and the helpers, constants and rules that only arm64
 * has. Protections are protection words; {@link ArchPgtable.pgprot_val} gives the 64-bit value.
 */
export interface ArchArm64
  extends ArchPgtable,
    PudPredicates,
    Protections,
    ContiguousGroups,
    Arm64Predicates,
    Arm64Transforms,
    Arm64Entries,
    Arm64MemoryTypes {
  readonly name: 'aarch64';
  /** Bits of a physical address that this kernel can use on this CPU: 48 or 52. */
  readonly physicalAddressBits: number;
  /** True when LPA2 is active: SH is address, and protections carry 0 there. */
  readonly lpa2: boolean;
  /** vm_get_page_prot(); `vm_flags_high` holds bits 32 and up, where VM_MTE and the protection key lie. */
  vm_get_page_prot(vm_flags: number, vm_flags_high?: number): Prot;
  pfn_leaf(level: PgtableLevel, pfn: Pfn): Pfn;
}
