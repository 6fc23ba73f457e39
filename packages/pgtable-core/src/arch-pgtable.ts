import type { Geometry } from './geometry.ts';
import type { PgtableLevel } from './level.ts';

/**
 * The protection word of an entry: every bit of the 64-bit entry that is not address, in 32 bits. Bits 0 to 15 stay
 * where they are (bit 12 only where it is no address bit), bits 50 to 63 move down by 32, so bit 50 is bit 18, and NX
 * is bit 31. A signed 32-bit integer; compare with `===` after an operator, never by sign.
 */
export type Prot = number;

/** A page frame number, at most 40 bits: an exact integer. */
export type Pfn = number;

/** Where an entry lies: the index of its low lane in the lanes of the simulated memory (8 bytes an entry, 2 lanes). */
export type Slot = number;

/**
 * How entries lie in memory as two 32-bit lanes. All functions are pure but `write`, and lossless: what `pfn` and
 * `prot` take apart, `write` (or `lo` and `hi`) puts together again, for every word that has a flag bit set.
 */
export interface EntryCodec {
  /** The address field as a page frame number, with what the architecture does to it (L1TF inversion, LPA2) undone. */
  pfn(level: PgtableLevel, lo: number, hi: number): Pfn;
  /** The protection word. */
  prot(level: PgtableLevel, lo: number, hi: number): Prot;
  /** The low lane of an entry. */
  lo(level: PgtableLevel, pfn: Pfn, prot: Prot): number;
  /** The high lane of an entry. */
  hi(level: PgtableLevel, pfn: Pfn, prot: Prot): number;
  /** Stores an entry. The same as storing `lo` and `hi`, in one step. */
  write(lanes: Int32Array, slot: Slot, level: PgtableLevel, pfn: Pfn, prot: Prot): void;
}

/** What a walker must know to tell none, table and leaf apart by the low lane alone. */
export interface TableFormat {
  /** An entry points to a table when `(lo & mask) === value`. */
  readonly mask: number;
  readonly value: number;
  /** An entry is none when `(lo & noneMask) === 0` and the high lane is 0; x86 ignores stray A and D bits. */
  readonly noneMask: number;
  /** The same for a PGD entry where that level exists. */
  readonly pgdNoneMask: number;
  /** A leaf can be used by the CPU when `(lo & validMask) !== 0`. */
  readonly validMask: number;
  /** The protection word of a user table entry: _PAGE_TABLE and its kind. */
  readonly tableProt: Prot;
  /**
   * Levels from this one up are entered at the first entry of the top table, whatever the address: the kernel indexes them
   * by address bits that this CPU does not have. Absent where there are none.
   */
  readonly firstEntryFrom?: PgtableLevel;
}

/** Predicates and transformations that exist at every leaf level (PTE, PMD, PUD), on the protection word. */
interface LeafHelpers {
  pte_present(pte: Prot): boolean;
  pmd_present(pmd: Prot): boolean;
  pud_present(pud: Prot): boolean;
  pte_write(pte: Prot): boolean;
  pmd_write(pmd: Prot): boolean;
  pud_write(pud: Prot): boolean;
  pte_dirty(pte: Prot): boolean;
  pmd_dirty(pmd: Prot): boolean;
  pud_dirty(pud: Prot): boolean;
  pte_young(pte: Prot): boolean;
  pmd_young(pmd: Prot): boolean;
  pud_young(pud: Prot): boolean;
  pte_special(pte: Prot): boolean;
  pmd_special(pmd: Prot): boolean;
  pud_special(pud: Prot): boolean;
  pte_devmap(pte: Prot): boolean;
  pmd_devmap(pmd: Prot): boolean;
  pud_devmap(pud: Prot): boolean;
  pte_access_permitted(pte: Prot, write: boolean): boolean;
  pmd_access_permitted(pmd: Prot, write: boolean): boolean;
  pud_access_permitted(pud: Prot, write: boolean): boolean;
  pte_wrprotect(pte: Prot): Prot;
  pmd_wrprotect(pmd: Prot): Prot;
  pud_wrprotect(pud: Prot): Prot;
  pte_mkdirty(pte: Prot): Prot;
  pmd_mkdirty(pmd: Prot): Prot;
  pud_mkdirty(pud: Prot): Prot;
  pte_mkclean(pte: Prot): Prot;
  pmd_mkclean(pmd: Prot): Prot;
  pud_mkclean(pud: Prot): Prot;
  pte_mkold(pte: Prot): Prot;
  pmd_mkold(pmd: Prot): Prot;
  pud_mkold(pud: Prot): Prot;
  pte_mkyoung(pte: Prot): Prot;
  pmd_mkyoung(pmd: Prot): Prot;
  pud_mkyoung(pud: Prot): Prot;
  /** `shadowStack` is true for a VM_SHADOW_STACK VMA; x86 then makes a shadow-stack entry. */
  pte_mkwrite(pte: Prot, shadowStack?: boolean): Prot;
  pmd_mkwrite(pmd: Prot, shadowStack?: boolean): Prot;
  pud_mkwrite(pud: Prot): Prot;
  pte_mkspecial(pte: Prot): Prot;
  pmd_mkspecial(pmd: Prot): Prot;
  pud_mkspecial(pud: Prot): Prot;
  pte_modify(pte: Prot, newprot: Prot): Prot;
  pmd_modify(pmd: Prot, newprot: Prot): Prot;
  pud_modify(pud: Prot, newprot: Prot): Prot;
  pte_soft_dirty(pte: Prot): boolean;
  pmd_soft_dirty(pmd: Prot): boolean;
  pud_soft_dirty(pud: Prot): boolean;
  pte_mksoft_dirty(pte: Prot): Prot;
  pmd_mksoft_dirty(pmd: Prot): Prot;
  pud_mksoft_dirty(pud: Prot): Prot;
  pte_clear_soft_dirty(pte: Prot): Prot;
  pmd_clear_soft_dirty(pmd: Prot): Prot;
  pud_clear_soft_dirty(pud: Prot): Prot;
  pte_clear_uffd_wp(pte: Prot): Prot;
  pmd_clear_uffd_wp(pmd: Prot): Prot;
  /** The protection bits that follow_pfnmap_start() reports: 0 where patch 8's fallback is in force. */
  pte_pgprot(pte: Prot): Prot;
  pmd_pgprot(pmd: Prot): Prot;
  pud_pgprot(pud: Prot): Prot;
}

/** Blocks of PTEs that the TLB may hold as one entry. */
interface ContiguousHelpers {
  /** Pages of a block, 1 where there is no such thing: CONT_PTES with ARM64_CONTPTE. */
  readonly contPtes: number;
  pte_cont(pte: Prot): boolean;
  pte_mkcont(pte: Prot): Prot;
  pte_mknoncont(pte: Prot): Prot;
}

/** Helpers of the levels that can be a leaf or a table. */
interface HugeHelpers {
  pmd_leaf(pmd: Prot): boolean;
  pud_leaf(pud: Prot): boolean;
  pmd_trans_huge(pmd: Prot): boolean;
  pud_trans_huge(pud: Prot): boolean;
  pmd_bad(pmd: Prot): boolean;
  pud_bad(pud: Prot): boolean;
  p4d_bad(p4d: Prot): boolean;
  pgd_bad(pgd: Prot): boolean;
  pmd_mkhuge(pmd: Prot): Prot;
  pud_mkhuge(pud: Prot): Prot;
  pmd_mkinvalid(pmd: Prot): Prot;
  pud_mkinvalid(pud: Prot): Prot;
  pte_protnone(pte: Prot): boolean;
  pmd_protnone(pmd: Prot): boolean;
  /** True when a PMD changed from `oldpmd` to `newpmd` must be flushed by change_huge_pmd(). */
  huge_pmd_needs_flush(oldpmd: Prot, newpmd: Prot): boolean;
  /** The same for a PTE in change_pte_range(). */
  pte_needs_flush(oldpte: Prot, newpte: Prot): boolean;
}

/** Protection values of VMAs. */
interface ProtectionHelpers {
  /** vm_get_page_prot(): the low four VM_* bits (READ, WRITE, EXEC, SHARED) choose. */
  vm_get_page_prot(vm_flags: number): Prot;
  pgprot_noncached(prot: Prot): Prot;
  pgprot_writecombine(prot: Prot): Prot;
  pgprot_decrypted(prot: Prot): Prot;
  pgprot_modify(oldprot: Prot, newprot: Prot): Prot;
  /** The protection word of a new PTE, as pfn_pte() makes it of a protection: s390 makes it young, others leave it. */
  protOfNewPte(prot: Prot): Prot;
  /** The page frame number as pfn_pmd() and pfn_pud() leave it: x86 drops the bits below the level, arm64 keeps them. */
  pfn_leaf(level: PgtableLevel, pfn: Pfn): Pfn;
  /** The protection of a PTE that maps as a leaf of this protection does: x86 moves the PAT bit, arm64 changes the type. */
  pteProtOfLeaf(leaf: Prot): Prot;
  /** The opposite, before pmd_mkhuge() or pud_mkhuge(): the memory type of a PTE's protection where leaves have it. */
  leafProtOfPte(pte: Prot): Prot;
  /** True when mprotect() must ask {@link pfn_modify_allowed} before it takes all access away (x86 with L1TF). */
  arch_has_pfn_modify_check(): boolean;
  /** False when this protection of a frame without a struct page would open it to L1TF; true elsewhere. */
  pfn_modify_allowed(pfn: Pfn, prot: Prot): boolean;
}

/** What the CPU itself does on an access, and what follows for the kernel. */
export interface HardwareWalk {
  /** True when a user access through this leaf succeeds without a fault. */
  permits(level: PgtableLevel, prot: Prot, write: boolean, exec: boolean): boolean;
  /** The leaf after a successful access: accessed and dirty state set as the CPU sets it. */
  accessed(level: PgtableLevel, prot: Prot, write: boolean): Prot;
  /** The leaf after an access that its rights refuse. */
  refused(level: PgtableLevel, prot: Prot): Prot;
}

/** Rules about flushing and updating live entries that differ between architectures. */
export interface UpdateRules {
  /**
   * The entry that p?dp_set_access_flags() leaves in memory for `entry` over `old`. It reports a change when
   * `old !== entry`, whatever it stored.
   */
  setAccessFlags(old: Prot, entry: Prot, dirty: boolean): Prot;
  /** True when pmdp_invalidate_ad() flushes the TLB (arm64), false when it only writes (x86). */
  readonly invalidateAdFlushes: boolean;
  /** True when mremap()'s move of a PMD marks it soft-dirty. */
  readonly hasSoftDirty: boolean;
  /** x86 counts flush steps and beyond this many flushes the whole mm; Infinity where there is no such rule. */
  readonly singlePageFlushCeiling: number;
  /**
   * True when flush_pmd_tlb_range() and its kind are flush_tlb_range(), which steps by pages and flushes what is cached of
   * tables too (x86); false when they step by the level's size.
   */
  readonly hugeFlushStepsByPage: boolean;
  /** True when what was gathered is flushed at the end of each VMA, not of device mappings only (arm64). */
  readonly flushesEachVma: boolean;
  /** True when what was gathered of device mappings is flushed before tables are freed, not at the end of each VMA. */
  readonly mergesVmaFlushes: boolean;
  /**
   * True when the table that a folded P4D is not counts as freed, and is flushed, wherever the span of a PGD entry is
   * free of mappings (x86 kernels that can have five levels, on a CPU with four).
   */
  readonly freesFoldedP4d: boolean;
  /** True when secondary TLBs are told the range of a flush even if the CPUs flush everything. */
  readonly secondaryFlushesRange: boolean;
  /** True when a flush widens its range to multiples of its step (arm64). */
  readonly flushRoundsToStep: boolean;
  /** True when reclaim flushes page by page without waiting, so that the next change of entries flushes everything (arm64). */
  readonly defersReclaimFlush: boolean;
  /**
   * True when a page is as young after migration as before. On arm64 the mark for it can fall on the bit of contiguous
   * entries, which set_ptes() takes out of any entry.
   */
  readonly migrationKeepsYoung: boolean;
  /** True when ptep_set_access_flags() flushes the page after a write fault (arm64). */
  readonly setAccessFlagsFlushes: boolean;
}

/** A decoded entry, for people. */
export interface DecodedEntry {
  readonly kind: 'none' | 'table' | 'leaf' | 'not present';
  /** Physical address that the entry holds, or 0. */
  readonly address: bigint;
  /** Names of the set bits, in bit order, as the architecture's manual and Linux call them. */
  readonly flags: readonly string[];
  /** Memory type that the entry selects (`UC-`, `Device-nGnRnE` …); empty for none. */
  readonly memoryType: string;
}

/** An entry that a walk meets on its way down, for people who look. */
export interface WalkedEntry extends DecodedEntry {
  /** Its level, as the owner of the table calls it: `pud`, `3`. */
  readonly level: string;
  /** Bytes that an entry of the level spans. */
  readonly size: number;
  /** Its place in its table. */
  readonly index: number;
  /** The entry as it lies in memory. */
  readonly word: bigint;
}

/**
 * Everything that generic code may know about an architecture. An object of this kind is made by the factory of an
 * `arch-*` package for one configuration; the options that are off have swapped in the generic fallbacks, so callers
 * never ask.
 */
export interface ArchPgtable
  extends LeafHelpers,
    HugeHelpers,
    ContiguousHelpers,
    ProtectionHelpers {
  /** As `uname -m` names it. */
  readonly name: string;
  readonly geometry: Geometry;
  readonly codec: EntryCodec;
  readonly format: TableFormat;
  readonly hardware: HardwareWalk;
  readonly update: UpdateRules;
  /** True when the architecture compiles create_huge_pud(): HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD with THP. */
  readonly hasPudThp: boolean;
  /** True when it compiles create_huge_pmd(): TRANSPARENT_HUGEPAGE. */
  readonly hasPmdThp: boolean;
  /** The 64-bit value of a protection word, as `pgprot_val()` prints it. */
  pgprot_val(prot: Prot): bigint;
  /** The protection word of a 64-bit value; address bits are ignored. */
  protOf(value: bigint): Prot;
  /**
   * The page frame of a migration entry: an entry that is not present while its page moves. -1 for any other word; left
   * out where swap entries of the architecture are not modelled.
   */
  readonly migrationPfn?: (word: bigint) => Pfn;
  /** Decodes a 64-bit entry of a level. */
  decode(level: PgtableLevel, word: bigint): DecodedEntry;
}
