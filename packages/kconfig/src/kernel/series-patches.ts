import type { SeriesPatch } from './kernel-change.ts';

/** The patches without which a patch cannot be built, where there are some: names that it uses, or a user too many. */
const NEEDS: Readonly<Record<number, readonly number[]>> = {
  3: [1],
  5: [1],
  6: [1],
  7: [1],
  9: [1, 8],
  10: [9],
  11: [9],
  12: [9],
  13: [9],
  14: [9],
  15: [9],
  16: [10, 11, 12, 13, 14, 15],
  17: [1],
  18: [1],
};

function patch(number: number, commit: string, title: string, help: string): SeriesPatch {
  const symbol = `SERIES_PATCH_${String(number).padStart(2, '0')}`;
  const needs = Object.freeze(NEEDS[number] ?? []);
  return Object.freeze({ symbol, number, title, help, commit, needs });
}

/**
 * The series "mm: Support huge pfnmaps", version 2 of 26 August 2024, in its order.
 *
 * A patch can be applied only on top of the one before it; `needs` says what a revert takes along.
 */
export const seriesPatches: readonly SeriesPatch[] = /* @__PURE__ */ Object.freeze([
  patch(
    1,
    '6857be5fecae',
    'mm: introduce ARCH_SUPPORTS_HUGE_PFNMAP and special bits to pmd/pud',
    'Nothing tells whether an architecture can mark a PMD or PUD leaf as special. Adds the three symbols and, where they are off, helpers that never find the mark.',
  ),
  patch(
    2,
    'ef713ec3a566',
    'mm: drop is_huge_zero_pud()',
    'There is no huge zero page at PUD level, yet a predicate asks for one. Removes it; behaviour stays.',
  ),
  patch(
    3,
    '3c8e44c9b369',
    'mm: mark special bits for huge pfn mappings when inject',
    'Huge entries for device memory look like entries for pages. Marks them special as they are inserted, unless they are devmap.',
  ),
  patch(
    4,
    '5dd40721f147',
    'mm: allow THP orders for PFNMAPs',
    'File-backed pfn mappings get the page-cache orders, so never the PUD order. Gives them the PMD and PUD orders and no other.',
  ),
  patch(
    5,
    'ae3c99e650da',
    'mm/gup: detect huge pfnmap entries in gup-fast',
    'gup-fast sees no VMA and would take device memory for pages. It now stops at a special huge entry.',
  ),
  patch(
    6,
    '10d83d7781a8',
    'mm/pagewalk: check pfnmap for folio_walk_start()',
    'folio_walk_start() would return a folio for a huge entry of device memory. It now finds nothing there.',
  ),
  patch(
    7,
    'bc02afbd4d73',
    'mm/fork: accept huge pfnmap entries',
    'fork drops huge PMD entries of pfn mappings and write-protects huge PUD entries. It now copies both, keeping write access of shared mappings.',
  ),
  patch(
    8,
    '0515e022e167',
    'mm: always define pxx_pgprot()',
    'Generic code cannot ask an entry of any level for its protection. Gives every architecture the helpers, with zero where it has none.',
  ),
  patch(
    9,
    '6da8e9634bb7',
    'mm: new follow_pfnmap API',
    'follow_pte() knows only the lowest level. Adds follow_pfnmap_start() and follow_pfnmap_end(), which answer for leaves of all levels.',
  ),
  patch(
    10,
    '5731aacd54a8',
    'KVM: use follow_pfnmap API',
    'KVM fails on guest accesses to huge pfn mappings. It now looks them up at any level.',
  ),
  patch(
    11,
    'bd8c2d18bf5c',
    's390/pci_mmio: use follow_pfnmap API',
    'Moves the s390 system calls for PCI memory from follow_pte() to the new API; behaviour stays.',
  ),
  patch(
    12,
    'cbea8536d933',
    'mm/x86/pat: use the new follow_pfnmap API',
    'x86 PAT finds the physical address of a tracked mapping by follow_pte(). It now takes any special leaf.',
  ),
  patch(
    13,
    'a77f9489f1d7',
    'vfio: use the new follow_pfnmap API',
    'Mapping a huge pfn mapping for DMA fails. The type1 backend now looks it up at any level.',
  ),
  patch(
    14,
    'e6bc784c24fd',
    'acrn: use the new follow_pfnmap API',
    'The ACRN hypervisor service module cannot map huge pfn mappings. It now looks them up at any level.',
  ),
  patch(
    15,
    'b17269a51cc7',
    'mm/access_process_vm: use the new follow_pfnmap API',
    'generic_access_phys() cannot read through huge pfn mappings. It now looks them up at any level.',
  ),
  patch(
    16,
    'b0a1c0d0edcd',
    'mm: remove follow_pte()',
    'Nobody calls follow_pte() any more. Removes it.',
  ),
  patch(
    17,
    '75182022a043',
    'mm/x86: support large pfn mappings',
    'x86_64 gets the special mark at PMD and PUD level: software bit 9 of the entry.',
  ),
  patch(
    18,
    '3e509c9b03f9',
    'mm/arm64: support large pfn mappings',
    'arm64 gets the special mark at PMD level: software bit 56 of the entry.',
  ),
  patch(
    19,
    'f9e54c3a2f5b',
    'vfio/pci: implement huge_fault support',
    'vfio-pci fills the whole VMA with 4K entries on the first fault. It now maps what the fault asks for, huge where the order fits.',
  ),
]);
