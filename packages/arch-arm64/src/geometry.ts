import { createGeometry, type Geometry } from '@pfnmap/pgtable-core';

/** log2 of a page size of arm64. */
export type PageShift = 12 | 14 | 16;

/** Levels of a walk over `vaBits` address bits. A top level that would resolve a single bit still counts. */
export const levelsOf = (pageShift: PageShift, vaBits: number): number =>
  Math.floor((vaBits - 4) / (pageShift - 3));

/**
 * The page table of one page size and address width. Where the CPU lacks the 52-bit addresses that a kernel was built
 * for, the extra top level is folded: pass the width that is used.
 */
export const createArm64Geometry = (pageShift: PageShift, vaBits: number): Geometry =>
  createGeometry({ pageShift, vaBits, levels: levelsOf(pageShift, vaBits) });

/** Widths of an address that kernels can be built for, by page size. */
export const VA_BITS_CHOICES: Readonly<Record<PageShift, readonly number[]>> = {
  12: [39, 48, 52],
  14: [36, 47, 48, 52],
  16: [42, 48, 52],
};

/** The width that a kernel built for 52 bits uses on a CPU without them: VA_BITS_MIN. */
export const vaBitsMin = (pageShift: PageShift): number => (pageShift === 14 ? 47 : 48);

/** Numbers of the contiguous hint. A group is aligned to its size, in virtual and physical addresses. */
export interface ContiguousGroups {
  /** log2 of the bytes of a group of PTEs. */
  readonly CONT_PTE_SHIFT: number;
  /** Entries of a group of PTEs. */
  readonly CONT_PTES: number;
  readonly CONT_PTE_SIZE: number;
  /** The same for PMDs. */
  readonly CONT_PMD_SHIFT: number;
  readonly CONT_PMDS: number;
  readonly CONT_PMD_SIZE: number;
}

/** log2 of the PTEs and of the PMDs in a group, by page size. */
const GROUP_SHIFTS: Readonly<Record<PageShift, readonly [pte: number, pmd: number]>> = {
  12: [4, 4],
  14: [7, 5],
  16: [5, 5],
};

/** The contiguous groups of a page size; `pmdShift` is that of the geometry. */
export function contiguousGroups(pageShift: PageShift, pmdShift: number): ContiguousGroups {
  const [pte, pmd] = GROUP_SHIFTS[pageShift];
  return Object.freeze({
    CONT_PTE_SHIFT: pageShift + pte,
    CONT_PTES: 2 ** pte,
    CONT_PTE_SIZE: 2 ** (pageShift + pte),
    CONT_PMD_SHIFT: pmdShift + pmd,
    CONT_PMDS: 2 ** pmd,
    CONT_PMD_SIZE: 2 ** (pmdShift + pmd),
  });
}
