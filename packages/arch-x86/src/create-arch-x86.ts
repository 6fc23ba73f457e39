import type { KernelConfig } from '@pfnmap/kconfig';
import { hiOfWord, loOfWord, type Prot, type TableFormat, wordOfLanes } from '@pfnmap/pgtable-core';
import { access_permitted, createKeyedAccessPermitted } from './access.ts';
import { createAddressSpace } from './address-space.ts';
import type { ArchX86 } from './arch-x86.ts';
import { createBadTests } from './bad.ts';
import {
  _PAGE_GLOBAL,
  _PAGE_KNL_ERRATUM_MASK,
  _PAGE_NX,
  _PAGE_PRESENT,
  _PAGE_PSE,
  _PAGE_TABLE,
} from './bits.ts';
import { buildKindPredicates, buildLeafPredicates } from './build-predicates.ts';
import { buildSwapHelpers } from './build-swap-helpers.ts';
import { buildDirtyTransformations, buildFlagTransformations } from './build-transformations.ts';
import { createCacheModes } from './cache-mode.ts';
import { createCodec, pfn_leaf } from './codec.ts';
import { decodeEntry } from './decode.ts';
import { never, unchanged } from './fallbacks.ts';
import type { Gates } from './gates.ts';
import { createHardwareWalk } from './hardware.ts';
import { clearsHuge, pmd_set_huge, pud_set_huge } from './kernel-huge.ts';
import { createL1tfRules } from './l1tf.ts';
import { pgprot_4k_2_large, pgprot_large_2_4k } from './large-format.ts';
import { createPhysicalField, type MemoryEncryption } from './memory-encryption.ts';
import { createMigrationOffset } from './migration-offset.ts';
import { createMigrationPfn } from './migration-pfn.ts';
import { changeMask, createModify } from './modify.ts';
import { createFlushTests } from './needs-flush.ts';
import type { ArchX86Options, X86Cpu } from './options.ts';
import { createPtiSetUserPgtbl } from './page-table-isolation.ts';
import { createCacheProtections } from './pgprot-cache.ts';
import { createVmGetPageProt } from './protection-map.ts';
import { createSwapTypes } from './swap-types.ts';
import { createUpdateRules } from './update-rules.ts';

function readGates(config: KernelConfig, cpu: X86Cpu): Gates {
  const thp = config.enabled('TRANSPARENT_HUGEPAGE');
  const devmapBit = !config.enabled('NO_DEVMAP');
  const devmap = devmapBit && config.enabled('ARCH_HAS_PTE_DEVMAP');
  const special = thp && config.enabled('SERIES_PATCH_17');
  return {
    thp,
    thpPud: thp && config.enabled('HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD'),
    specialPmd: special && config.enabled('ARCH_SUPPORTS_PMD_PFNMAP'),
    specialPud: special && config.enabled('ARCH_SUPPORTS_PUD_PFNMAP'),
    devmapBit,
    devmap,
    protnone: config.enabled('NUMA_BALANCING') || config.enabled('ARCH_HAS_PTE_PROTNONE'),
    softDirty: config.enabled('MEM_SOFT_DIRTY'),
    uffdWp: config.enabled('HAVE_ARCH_USERFAULTFD_WP'),
    pkeys: config.enabled('X86_INTEL_MEMORY_PROTECTION_KEYS'),
    // The CPU's feature alone decides; the option only says whether programs may use shadow stacks.
    shstk: cpu.shstk,
    isolation: config.enabled('MITIGATION_PAGE_TABLE_ISOLATION'),
    replacesCacheMode: config.enabled('PGPROT_WRITECOMBINE_REPLACES'),
  };
}

const buildsFiveLevels = (config: KernelConfig): boolean =>
  config.enabled('X86_5LEVEL') || config.enabled('X86_5LEVEL_ALWAYS');

/** A kernel that is not built for five levels leaves LA57 off. */
const levelsInUse = (config: KernelConfig, wanted: 4 | 5): 4 | 5 =>
  buildsFiveLevels(config) ? wanted : 4;

/** Encryption works only where the kernel can use it; else the CPU's address field is whole. */
function encryptionInUse(config: KernelConfig, wanted: MemoryEncryption): MemoryEncryption {
  const symbol = wanted.kind === 'tdx' ? 'INTEL_TDX_GUEST' : 'AMD_MEM_ENCRYPT';
  return wanted.kind === 'none' || config.enabled(symbol) ? wanted : { kind: 'none' };
}

function encryptionBit(encryption: MemoryEncryption): { bit: number; name: string } | undefined {
  if (encryption.kind === 'none') return undefined;
  if (encryption.kind === 'amd') return { bit: encryption.cBit, name: 'C' };
  const bit = encryption.kind === 'tdx' ? encryption.gpaBits - 1 : encryption.sharedBit;
  return { bit, name: 'SHARED' };
}

/** Swap types and migration offsets, which depend on options that page-table helpers do not. */
function swapTypesOf(config: KernelConfig, levels: 4 | 5, l1tfPfnLimit: number) {
  // With L1TF, offsets stay below the limit; they begin three bits below the page number.
  const maxOffset = Math.min(2 ** 50, l1tfPfnLimit * 8);
  const swapTypes = createSwapTypes({
    devicePrivate: config.enabled('DEVICE_PRIVATE'),
    migration: config.enabled('MIGRATION'),
    memoryFailure: config.enabled('MEMORY_FAILURE'),
    deviceTypes: config.enabled('SWAP_THREE_DEVICE_TYPES') ? 3 : 4,
  });
  const migrationOffset = createMigrationOffset(levels === 5 ? 52 : 46, maxOffset);
  return {
    swapTypes,
    migrationOffset,
    migrationPfn: createMigrationPfn(swapTypes, migrationOffset),
  };
}

const tableFormat = (tableProt: Prot): TableFormat => ({
  mask: _PAGE_PRESENT | _PAGE_PSE,
  value: _PAGE_PRESENT,
  noneMask: ~_PAGE_KNL_ERRATUM_MASK,
  pgdNoneMask: -1,
  validMask: _PAGE_PRESENT,
  tableProt,
});

/** Values between a protection word and what the CPU and the memory hold. */
function buildProtections(gates: Gates, cpu: X86Cpu, levels: 4 | 5, encryption: MemoryEncryption) {
  const field = createPhysicalField(encryption);
  const supported = ~((cpu.nx ? 0 : _PAGE_NX) | (cpu.pge === false ? _PAGE_GLOBAL : 0));
  const keep = changeMask({ ...gates, devmap: gates.devmapBit, encryption: field.encryption });
  const { massage_pgprot, modify, pgprot_modify } = createModify(keep, supported);
  const cacheModes = createCacheModes(cpu.pat);
  const codec = createCodec(field.addressHi, field.flagsHi);
  const decoding = {
    codec,
    modes: cacheModes,
    flagsHi: field.flagsHi,
    encryption: encryptionBit(encryption),
    devmap: gates.devmapBit,
  };
  const flagsHi = field.flagsHi;
  return {
    ...buildFlagTransformations(gates, modify),
    ...createCacheProtections(cacheModes, gates.replacesCacheMode),
    codec,
    cacheModes,
    format: tableFormat(_PAGE_TABLE | field.tableEncryption),
    massage_pgprot,
    pgprot_modify,
    pgprot_nx: (prot: Prot): Prot => prot | _PAGE_NX,
    pgprot_encrypted: field.pgprot_encrypted,
    pgprot_decrypted: field.pgprot_decrypted,
    pgprot_4k_2_large,
    pgprot_large_2_4k,
    pteProtOfLeaf: pgprot_large_2_4k,
    leafProtOfPte: pgprot_4k_2_large,
    vm_get_page_prot: createVmGetPageProt(massage_pgprot, field.tableEncryption, gates.pkeys),
    pgprot_val: (prot: Prot): bigint => wordOfLanes(prot & 0x1fff, prot & flagsHi),
    protOf: (value: bigint): Prot => (loOfWord(value) & 0x1fff) | (hiOfWord(value) & flagsHi),
    decode: (level: Parameters<ArchX86['decode']>[0], word: bigint) =>
      decodeEntry(decoding, level, word),
    ...createBadTests(field.tableEncryption, gates.isolation, levels === 4),
    pti_set_user_pgtbl: createPtiSetUserPgtbl(gates.isolation && cpu.pti === true, supported),
  };
}

/**
 * Makes the x86-64 of one kernel configuration, number of levels and CPU. Options that are off have the generic
 * fallbacks in place of the helpers.
 *
 * @throws RangeError when the encryption bit lies outside the bits 45 to 51.
 */
export function createArchX86(options: ArchX86Options): ArchX86 {
  const { config, cpu } = options;
  const levels = levelsInUse(config, options.levels);
  const gates = readGates(config, cpu);
  const encryption = encryptionInUse(config, cpu.encryption);
  const permitted =
    gates.pkeys && cpu.readPkru !== undefined
      ? createKeyedAccessPermitted(cpu.readPkru)
      : access_permitted;
  const addressSpace = createAddressSpace(levels);
  const l1tf = createL1tfRules(cpu.l1tf, cpu.physBits);
  return Object.freeze({
    name: 'x86_64',
    geometry: addressSpace.geometry,
    addressSpace,
    contPtes: 1,
    pte_cont: never,
    pte_mkcont: unchanged,
    pte_mknoncont: unchanged,
    hasPmdThp: gates.thp,
    hasPudThp: gates.thpPud,
    hardware: createHardwareWalk(permitted, access_permitted),
    update: createUpdateRules({
      softDirty: gates.softDirty,
      flushesBeforeFreeing: config.enabled('MMU_GATHER_FREE_VMAS'),
      freesFoldedP4d: levels === 4 && buildsFiveLevels(config),
      secondaryFlushesRange: config.enabled('X86_SECONDARY_TLB_RANGE'),
    }),
    ...buildKindPredicates(gates, levels === 4),
    ...buildLeafPredicates(gates, permitted),
    ...buildDirtyTransformations(gates),
    ...buildProtections(gates, cpu, levels, encryption),
    ...createFlushTests(gates.pkeys),
    ...buildSwapHelpers(gates),
    ...l1tf,
    ...swapTypesOf(config, levels, l1tf.l1tf_pfn_limit),
    pfn_leaf,
    protOfNewPte: (prot: Prot): Prot => prot,
    pmd_set_huge,
    pud_set_huge,
    pmd_clear_huge: clearsHuge,
    pud_clear_huge: clearsHuge,
  });
}
