import type { KernelConfig } from '@pfnmap/kconfig';
import type { PageShift } from './geometry.ts';

/**
 * The symbols that decide how arm64's entries look and behave. The first group are Linux's own; the second are patches
 * of the series; the third are later changes that Linux made without a symbol.
 */
export const ARM64_GATES = Object.freeze([
  'ARM64_4K_PAGES',
  'ARM64_16K_PAGES',
  'ARM64_64K_PAGES',
  'ARM64_VA_BITS_36',
  'ARM64_VA_BITS_39',
  'ARM64_VA_BITS_42',
  'ARM64_VA_BITS_47',
  'ARM64_VA_BITS_48',
  'ARM64_VA_BITS_52',
  'ARM64_PA_BITS_52',
  'TRANSPARENT_HUGEPAGE',
  'HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD',
  'ARCH_SUPPORTS_PMD_PFNMAP',
  'ARCH_SUPPORTS_PUD_PFNMAP',
  'NUMA_BALANCING',
  'ARCH_HAS_PTE_PROTNONE',
  'ARCH_HAS_PTE_DEVMAP',
  'HAVE_ARCH_USERFAULTFD_WP',
  'ARM64_CONTPTE',
  'ARM64_HW_AFDBM',
  'ARM64_MTE',
  'ARM64_POE',
  'ARM64_GCS',
  'SERIES_PATCH_18',
  'FIX_ARM64_MKWRITE_CLEAN',
  'ARM64_TABLE_AF',
  'ARM64_TABLE_TYPE_FIELD',
  'ARM64_MKCONT_ONLY_CONT',
  'ARM64_CONT_LIVE_CHANGE',
  'ARM64_NEEDS_FLUSH',
] as const);

/** A symbol that {@link readGates} reads. */
export type Arm64Gate = (typeof ARM64_GATES)[number];

/** What a kernel was built as, in the terms of this package. */
export interface Arm64Gates {
  readonly pageShift: PageShift;
  /** Bits of a virtual address that the kernel was built for. */
  readonly vaBits: number;
  /** Built for 52-bit physical addresses. */
  readonly pa52: boolean;
  readonly thp: boolean;
  /** Huge leaves in PUD entries: in no kernel, the experiment alone has them. */
  readonly pudThp: boolean;
  /** pmd_special() is real. */
  readonly pmdPfnmap: boolean;
  /** pud_special() is real. */
  readonly pudPfnmap: boolean;
  /** PROT_NONE entries can be told from others. */
  readonly protnone: boolean;
  readonly devmap: boolean;
  /** Entries can be write-protected for userfaultfd. */
  readonly uffdWp: boolean;
  /** The kernel uses FEAT_HAFDBS, FEAT_MTE2, FEAT_S1POE and FEAT_GCS where the CPU has them. */
  readonly hafdbs: boolean;
  readonly mte: boolean;
  readonly poe: boolean;
  readonly gcs: boolean;
  /** pmd_pgprot() and pud_pgprot() are real. */
  readonly hugePgprot: boolean;
  /** mkwrite leaves a clean page clean. Commit 143937ca51cc and its stable copies; in 6.12.117 and 7.3. */
  readonly mkwriteKeepsClean: boolean;
  /** Table entries carry the access flag. 7.3. */
  readonly tableAf: boolean;
  /** p4d_bad() and pgd_bad() look at both type bits. 7.3. */
  readonly badWholeType: boolean;
  /** Blocks of user PTEs are marked contiguous. */
  readonly contpte: boolean;
  /** pte_mkcont() sets CONT and nothing else. 7.3. */
  readonly mkcontBitOnly: boolean;
  /** Entries of a contiguous group may change while live. 7.3. */
  readonly liveCont: boolean;
  /** mprotect() flushes only where the TLB can notice. 7.3. */
  readonly needsFlush: boolean;
}

const PAGE_SHIFTS: ReadonlyArray<readonly [Arm64Gate, PageShift]> = [
  ['ARM64_4K_PAGES', 12],
  ['ARM64_16K_PAGES', 14],
  ['ARM64_64K_PAGES', 16],
];

const VA_BITS: ReadonlyArray<readonly [Arm64Gate, number]> = [
  ['ARM64_VA_BITS_36', 36],
  ['ARM64_VA_BITS_39', 39],
  ['ARM64_VA_BITS_42', 42],
  ['ARM64_VA_BITS_47', 47],
  ['ARM64_VA_BITS_48', 48],
  ['ARM64_VA_BITS_52', 52],
];

/** The one of a Kconfig choice that is on. */
function chosen<T>(
  config: KernelConfig,
  what: string,
  choice: ReadonlyArray<readonly [Arm64Gate, T]>,
): T {
  const found = choice.find(([symbol]) => config.enabled(symbol));
  if (found === undefined) {
    const names = choice.map(([symbol]) => symbol).join(', ');
    throw new RangeError(`the configuration chooses no ${what} for arm64; turn on one of ${names}`);
  }
  return found[1];
}

/**
 * Reads every gate once.
 *
 * @throws RangeError when no page size or no address width is on, which only a configuration of another architecture
 * or an unresolved one can be.
 */
export function readGates(config: KernelConfig): Arm64Gates {
  const on = (symbol: Arm64Gate): boolean => config.enabled(symbol);
  return Object.freeze({
    pageShift: chosen(config, 'page size', PAGE_SHIFTS),
    vaBits: chosen(config, 'virtual address width', VA_BITS),
    pa52: on('ARM64_PA_BITS_52'),
    thp: on('TRANSPARENT_HUGEPAGE'),
    pudThp: on('HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD'),
    pmdPfnmap: on('ARCH_SUPPORTS_PMD_PFNMAP'),
    pudPfnmap: on('ARCH_SUPPORTS_PUD_PFNMAP'),
    protnone: on('NUMA_BALANCING') || on('ARCH_HAS_PTE_PROTNONE'),
    devmap: on('ARCH_HAS_PTE_DEVMAP'),
    uffdWp: on('HAVE_ARCH_USERFAULTFD_WP'),
    hafdbs: on('ARM64_HW_AFDBM'),
    mte: on('ARM64_MTE'),
    poe: on('ARM64_POE'),
    gcs: on('ARM64_GCS'),
    hugePgprot: on('SERIES_PATCH_18'),
    mkwriteKeepsClean: on('FIX_ARM64_MKWRITE_CLEAN'),
    tableAf: on('ARM64_TABLE_AF'),
    badWholeType: on('ARM64_TABLE_TYPE_FIELD'),
    contpte: on('ARM64_CONTPTE'),
    mkcontBitOnly: on('ARM64_MKCONT_ONLY_CONT'),
    liveCont: on('ARM64_CONT_LIVE_CHANGE'),
    needsFlush: on('ARM64_NEEDS_FLUSH'),
  });
}
