import type { KernelConfig } from '@pfnmap/kconfig';
import {
  alignDown,
  type Geometry,
  hiOfWord,
  loOfWord,
  type Pfn,
  type PgtableLevel,
  type Prot,
  type TableFormat,
  wordOfLanes,
} from '@pfnmap/pgtable-core';
import { type AddressLayout, createAddressCodec, protLowMask } from './address.ts';
import type { ArchArm64 } from './arch-arm64.ts';
import {
  PMD_TABLE_PXN,
  PMD_TABLE_UXN,
  PTE_TABLE_AF,
  PTE_TYPE_MASK,
  PTE_TYPE_PAGE,
  PTE_VALID,
} from './bits.ts';
import { createDecode } from './decode.ts';
import { type Arm64Gates, readGates } from './gates.ts';
import { contiguousGroups, createArm64Geometry, levelsOf, vaBitsMin } from './geometry.ts';
import { createHardwareWalk } from './hardware.ts';
import { hugeEntries, leafPredicates, leafTransforms, protectionValues } from './leaf-tables.ts';
import { createPudPredicates, createUpperBad } from './levels.ts';
import { createPgattrChangeIsSafe } from './live-change.ts';
import { MAIR_EL1_SET, MAIR_EL1_SET_MTE } from './memory-types.ts';
import { pte_cont } from './predicates.ts';
import { createProtections, createVmGetPageProt } from './protections.ts';
import { __swp_entry, __swp_offset, __swp_type } from './swap-entry.ts';
import { setAccessFlags } from './transforms.ts';

/** What the CPU has. A kernel that was built without an option does not use it. */
export interface Arm64Cpu {
  /** FEAT_LPA2: 52-bit addresses with 4K and 16K pages. Needs `va52` as well to be used. */
  readonly lpa2: boolean;
  /** FEAT_LVA, or its part of LPA2: 52-bit virtual addresses. */
  readonly va52: boolean;
  /** FEAT_HAFDBS: the hardware sets the access flag and the dirty state. */
  readonly hafdbs: boolean;
  /** The kernel itself runs with branch target identification. */
  readonly bti: boolean;
  /** FEAT_MTE2: AttrIndx 1 is tagged memory. */
  readonly mte: boolean;
  /** FEAT_PAN3: PROT_EXEC alone maps execute-only. */
  readonly epan: boolean;
  /** FEAT_S1POE: protection keys. */
  readonly poe: boolean;
  /** FEAT_GCS: guarded control stacks (7.3). Off when left out. */
  readonly gcs?: boolean;
  /** Kernel entries are not global, since KPTI separates the tables. Off when left out. */
  readonly kpti?: boolean;
}

/** What {@link createArchArm64} needs to know. */
export interface ArchArm64Options {
  readonly config: KernelConfig;
  readonly cpu: Arm64Cpu;
}

/** Where physical addresses lie, and how many of their bits can be used. */
function physicalAddresses(
  gates: Arm64Gates,
  lpa2: boolean,
): [layout: AddressLayout, bits: number] {
  if (!gates.pa52) return ['flat', 48];
  if (gates.pageShift === 16) return ['split-15-12', 52];
  return lpa2 ? ['split-9-8', 52] : ['split-9-8-unused', 48];
}

/** Table entries are alike at all levels; `(lo & 3) === 3` above the PTE is a table. */
const tableFormat = (tableProt: Prot, firstEntryFrom: PgtableLevel | undefined): TableFormat =>
  Object.freeze({
    mask: PTE_TYPE_MASK,
    value: PTE_TYPE_PAGE,
    noneMask: -1,
    pgdNoneMask: -1,
    validMask: PTE_VALID,
    tableProt,
    ...(firstEntryFrom === undefined ? {} : { firstEntryFrom }),
  });

/** Bits of a swap entry: the first of its offset, behind whose frame number SWP_MIG_YOUNG lies; and that of PTE_CONT. */
const MIGRATION_YOUNG_SHIFT = 12;
const CONT_SHIFT = 52;

/** The level that the kernel was built to begin at, where this CPU has fewer: what is above it is folded when built. */
function levelFoldedAtBoot(gates: Arm64Gates, vaBits: number): PgtableLevel | undefined {
  const built = levelsOf(gates.pageShift, gates.vaBits);
  return levelsOf(gates.pageShift, vaBits) < built ? ((built - 1) as PgtableLevel) : undefined;
}

/** Predicates of the levels that may be folded; `built` is the number of levels the kernel was built with. */
function upperLevels(gates: Arm64Gates, built: number, geometry: Geometry) {
  const isUnfolded = geometry.vaBits === gates.vaBits;
  const exists = (levels: number): boolean => built > levels || (built === levels && isUnfolded);
  return {
    ...createPudPredicates(built, gates.pageShift === 16),
    p4d_bad: createUpperBad(exists(4), gates.badWholeType),
    pgd_bad: createUpperBad(exists(5), gates.badWholeType),
  };
}

/** 64-bit values of protection words. */
const valuesOfProt = (lowMask: number) => ({
  pgprot_val: (prot: Prot): bigint => wordOfLanes(prot & 0xffff, prot & ~0xffff),
  protOf: (value: bigint): Prot => (loOfWord(value) & lowMask) | (hiOfWord(value) & ~0x3ffff),
});

/** Frames of leaves, and the bytes they span for the TLB. */
function leafSizes(geometry: Geometry, groups: ReturnType<typeof contiguousGroups>) {
  const [pte, pmd, pud] = geometry.levels;
  const pagesOfPmd = 2 ** pmd.order;
  const pagesOfPud = 2 ** pud.order;
  return {
    pfn_leaf: (_level: PgtableLevel, pfn: Pfn): Pfn => pfn,
    protOfNewPte: (prot: Prot): Prot => prot,
    pmd_pfn: (pfn: Pfn): Pfn => alignDown(pfn, pagesOfPmd),
    pud_pfn: (pfn: Pfn): Pfn => alignDown(pfn, pagesOfPud),
    pte_leaf_size: (entry: Prot): number => (pte_cont(entry) ? groups.CONT_PTE_SIZE : pte.size),
    pmd_leaf_size: (entry: Prot): number => (pte_cont(entry) ? groups.CONT_PMD_SIZE : pmd.size),
  };
}

/**
 * arm64 in one configuration on one kind of CPU. Gates that are off have swapped in the generic fallbacks; callers
 * never ask.
 *
 * @throws RangeError when the configuration is not one of arm64.
 */
export function createArchArm64({ config, cpu }: ArchArm64Options): ArchArm64 {
  const gates = readGates(config);
  const { pageShift } = gates;
  const usesVa52 = cpu.va52 && (pageShift === 16 || cpu.lpa2);
  const lpa2 = gates.pa52 && pageShift !== 16 && usesVa52;
  const vaBits = gates.vaBits === 52 && !usesVa52 ? vaBitsMin(pageShift) : gates.vaBits;
  const geometry = createArm64Geometry(pageShift, vaBits);
  const [layout, physicalAddressBits] = physicalAddresses(gates, lpa2);
  const codec = createAddressCodec(pageShift, layout);
  const { kpti = false, epan } = cpu;
  const mte = cpu.mte && gates.mte;
  const poe = cpu.poe && gates.poe;
  const gcs = cpu.gcs === true && gates.gcs;
  const protectionOptions = { lpa2, kpti, epan, poe, gcs };
  const protections = createProtections(protectionOptions);
  const groups = contiguousGroups(pageShift, geometry.levels[1].shift);
  const tableAf = gates.tableAf ? PTE_TABLE_AF : 0;
  return Object.freeze<ArchArm64>({
    name: 'aarch64',
    geometry,
    codec,
    format: tableFormat(PTE_TYPE_PAGE | PMD_TABLE_PXN | tableAf, levelFoldedAtBoot(gates, vaBits)),
    kernelTableProt: PTE_TYPE_PAGE | PMD_TABLE_UXN | tableAf,
    hardware: createHardwareWalk(cpu.hafdbs && gates.hafdbs),
    update: Object.freeze({
      setAccessFlags,
      invalidateAdFlushes: true,
      hasSoftDirty: false,
      singlePageFlushCeiling: Number.POSITIVE_INFINITY,
      hugeFlushStepsByPage: false,
      flushesEachVma: true,
      mergesVmaFlushes: false,
      freesFoldedP4d: false,
      defersReclaimFlush: true,
      migrationKeepsYoung: MIGRATION_YOUNG_SHIFT + physicalAddressBits - pageShift !== CONT_SHIFT,
      secondaryFlushesRange: true,
      flushRoundsToStep: true,
      setAccessFlagsFlushes: true,
    }),
    hasPudThp: gates.pudThp,
    hasPmdThp: gates.thp,
    physicalAddressBits,
    lpa2,
    ...leafPredicates(gates, mte),
    ...leafTransforms(gates),
    ...hugeEntries(gates),
    ...protectionValues(cpu.bti),
    ...upperLevels(gates, levelsOf(pageShift, gates.vaBits), geometry),
    ...protections,
    ...groups,
    ...leafSizes(geometry, groups),
    contPtes: gates.contpte ? groups.CONT_PTES : 1,
    ...valuesOfProt(protLowMask(pageShift, layout)),
    vm_get_page_prot: createVmGetPageProt(protections, protectionOptions),
    decode: createDecode({ codec, pageShift, devmap: gates.devmap, mte }),
    __swp_entry,
    __swp_type,
    __swp_offset,
    SWP_PFN_BITS: physicalAddressBits - pageShift,
    pgattr_change_is_safe: createPgattrChangeIsSafe(gates.liveCont),
    pud_sect_supported: (): boolean => pageShift === 12,
    MAIR_EL1: mte ? MAIR_EL1_SET_MTE : MAIR_EL1_SET,
  });
}
