import type { KernelConfig } from '@pfnmap/kconfig';
import type { Pfn, PgtableLevel, Prot } from '@pfnmap/pgtable-core';
import type { ArchS390 } from './arch-s390.ts';
import {
  _PAGE_INVALID,
  _PAGE_SOFT_DIRTY,
  _SEGMENT_ENTRY_INVALID,
  _SEGMENT_ENTRY_LARGE,
  segmentLayout,
} from './bits.ts';
import { createCodec } from './codec.ts';
import { createDecode } from './decode.ts';
import { createS390Geometry, type S390Levels } from './geometry.ts';
import { hardware } from './hardware.ts';
import * as is from './page-predicates.ts';
import * as make from './page-transforms.ts';
import * as protections from './protections.ts';
import { region_bad, segmentPredicates, segmentTransforms } from './segments.ts';

/** What {@link createArchS390} needs to know. */
export interface ArchS390Options {
  readonly config: KernelConfig;
  /** Levels of every address space: 3 reach 4 TiB, 4 reach 8 PiB. */
  readonly levels: S390Levels;
}

const never = (): boolean => false;
const always = (): boolean => true;
const same = (entry: Prot): Prot => entry;
const zero = (): Prot => 0;

/** The gates, read once. */
const readGates = (config: KernelConfig) => ({
  thp: config.enabled('TRANSPARENT_HUGEPAGE'),
  softDirty: config.enabled('MEM_SOFT_DIRTY'),
  protnone: config.enabled('NUMA_BALANCING') || config.enabled('ARCH_HAS_PTE_PROTNONE'),
  /** Segment and region-third entries have a present bit of Linux's own. 7.3. */
  segmentPresent: config.enabled('S390_RSTE_PRESENT'),
});
type Gates = ReturnType<typeof readGates>;

function pageHelpers({ softDirty, protnone }: Gates) {
  const bit = softDirty ? _PAGE_SOFT_DIRTY : 0;
  return {
    ...{ pte_present: is.pte_present, pte_write: is.pte_write, pte_dirty: is.pte_dirty },
    ...{ pte_young: is.pte_young, pte_special: is.pte_special, pte_devmap: never },
    pte_access_permitted: is.pte_access_permitted,
    pte_swp_exclusive: is.pte_swp_exclusive,
    pte_soft_dirty: softDirty ? is.pte_soft_dirty : never,
    pte_protnone: protnone ? is.pte_protnone : never,
    pte_wrprotect: make.pte_wrprotect,
    pte_mkwrite: make.pte_mkwrite,
    pte_mkclean: make.pte_mkclean,
    pte_mkdirty: make.createMkdirty(bit),
    pte_mkold: make.pte_mkold,
    pte_mkyoung: make.pte_mkyoung,
    pte_mkspecial: make.pte_mkspecial,
    pte_mksoft_dirty: softDirty ? make.pte_mksoft_dirty : same,
    pte_clear_soft_dirty: softDirty ? make.pte_clear_soft_dirty : same,
    pte_swp_mkexclusive: make.pte_swp_mkexclusive,
    pte_swp_clear_exclusive: make.pte_swp_clear_exclusive,
    pte_clear_uffd_wp: same,
    // No entries that the TLB may hold as one.
    ...{ contPtes: 1, pte_cont: never, pte_mkcont: same, pte_mknoncont: same },
    pte_modify: make.createModify(bit),
    pte_pgprot: make.createPgprot(bit),
    pte_needs_flush: always,
    /** pfn_pte() makes the entry young at once, so the access that asked for it does not fault again. */
    protOfNewPte: make.pte_mkyoung,
  };
}

function segmentHelpers({ thp, softDirty, protnone, segmentPresent }: Gates) {
  const layout = segmentLayout(segmentPresent, softDirty);
  const test = segmentPredicates(layout);
  const change = segmentTransforms(layout);
  return {
    ...{ pmd_present: test.pmd_present, pud_present: test.pud_present },
    ...{ pmd_write: test.write, pud_write: test.write },
    ...{ pmd_dirty: test.dirty, pud_dirty: test.dirty },
    ...{ pmd_young: test.young, pud_young: test.young },
    ...{ pmd_soft_dirty: test.soft_dirty, pud_soft_dirty: never },
    ...{ pmd_special: never, pud_special: never, pmd_devmap: never, pud_devmap: never },
    ...{ pmd_access_permitted: test.access_permitted, pud_access_permitted: test.access_permitted },
    pmd_protnone: protnone ? test.protnone : never,
    ...{ pmd_leaf: test.leaf, pud_leaf: test.pud_leaf },
    ...{ pmd_trans_huge: thp ? test.leaf : never, pud_trans_huge: never },
    ...{ pmd_bad: test.pmd_bad, pud_bad: region_bad },
    ...{ pmd_wrprotect: change.wrprotect, pud_wrprotect: change.wrprotect },
    ...{ pmd_mkwrite: change.mkwrite, pud_mkwrite: change.mkwrite },
    ...{ pmd_mkclean: change.mkclean, pud_mkclean: change.mkclean },
    ...{ pmd_mkdirty: change.mkdirty, pud_mkdirty: change.mkdirty },
    ...{ pmd_mkold: change.mkold, pud_mkold: change.mkold },
    ...{ pmd_mkyoung: change.mkyoung, pud_mkyoung: change.mkyoung },
    ...{ pmd_mkspecial: same, pud_mkspecial: same, pmd_clear_uffd_wp: same },
    ...{ pteProtOfLeaf: same, leafProtOfPte: same },
    ...{ pmd_mksoft_dirty: change.mksoft_dirty, pud_mksoft_dirty: same },
    ...{ pmd_clear_soft_dirty: change.clear_soft_dirty, pud_clear_soft_dirty: same },
    ...{ pmd_modify: change.modify, pud_modify: change.modify },
    ...{ pmd_mkhuge: change.mkhuge, pud_mkhuge: change.mkhuge },
    ...{ pmd_mkinvalid: change.mkinvalid, pud_mkinvalid: change.mkinvalid },
    ...{ pmd_pgprot: zero, pud_pgprot: zero, huge_pmd_needs_flush: always },
  };
}

/**
 * s390 in one configuration, on a machine with the no-execute facility and without MIO. Nothing that callers know
 * tells them that huge pfn mappings are missing but that the helpers of special PMDs and PUDs do nothing.
 */
export function createArchS390({ config, levels }: ArchS390Options): ArchS390 {
  const gates = readGates(config);
  const tableProt = gates.segmentPresent ? 1 : 0;
  const codec = createCodec(tableProt);
  const { vm_get_page_prot, PAGE_NONE, PAGE_RO, PAGE_RX, PAGE_RW, PAGE_RWX } = protections;
  return Object.freeze<ArchS390>({
    name: 's390x',
    geometry: createS390Geometry(levels),
    codec,
    // As stored, INVALID is inverted: a valid entry that is not large points to a table, and PTEs are never asked.
    format: Object.freeze({
      mask: _SEGMENT_ENTRY_INVALID | _SEGMENT_ENTRY_LARGE,
      value: _SEGMENT_ENTRY_INVALID,
      noneMask: -1,
      pgdNoneMask: -1,
      validMask: _PAGE_INVALID,
      tableProt,
    }),
    hardware,
    update: Object.freeze({
      setAccessFlags: (_old: Prot, entry: Prot): Prot => entry,
      invalidateAdFlushes: true,
      hasSoftDirty: gates.softDirty,
      singlePageFlushCeiling: Number.POSITIVE_INFINITY,
      hugeFlushStepsByPage: false,
      mergesVmaFlushes: true,
      freesFoldedP4d: false,
      defersReclaimFlush: false,
      migrationKeepsYoung: true,
      flushesEachVma: false,
      secondaryFlushesRange: false,
      flushRoundsToStep: false,
      setAccessFlagsFlushes: false,
    }),
    hasPudThp: false,
    hasPmdThp: gates.thp,
    ...pageHelpers(gates),
    ...segmentHelpers(gates),
    p4d_bad: levels === 4 ? region_bad : never,
    pgd_bad: never,
    ...{ vm_get_page_prot, PAGE_NONE, PAGE_RO, PAGE_RX, PAGE_RW, PAGE_RWX },
    ...{ pgprot_noncached: same, pgprot_writecombine: same, pgprot_decrypted: same },
    pgprot_modify: (_oldprot: Prot, newprot: Prot): Prot => newprot,
    pfn_leaf: (_level: PgtableLevel, pfn: Pfn): Pfn => pfn,
    arch_has_pfn_modify_check: never,
    pfn_modify_allowed: always,
    pgprot_val: (prot: Prot): bigint => BigInt(prot & 0xffff),
    protOf: (value: bigint): Prot => Number(value & 0xffffn),
    decode: createDecode(codec, segmentLayout(gates.segmentPresent, gates.softDirty)),
  });
}
