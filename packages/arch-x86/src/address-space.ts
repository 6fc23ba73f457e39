import { createGeometry, type Geometry } from '@pfnmap/pgtable-core';

/** Limits of virtual addresses. */
export interface AddressSpace {
  readonly geometry: Geometry;
  /** log2 of the size of the user half: 47 or 56. A fast GUP may not end above it. */
  readonly __VIRTUAL_MASK_SHIFT: number;
  /** End of user addresses: one page short of the half. */
  readonly TASK_SIZE_MAX: bigint;
  /** End of the addresses that mmap() gives without a hint above it: the same with four and five levels. */
  readonly DEFAULT_MAP_WINDOW: bigint;
  /** Entries of the root table that user addresses use. */
  readonly userRootEntries: number;
  /** True when the unused high bits of an address equal its highest used bit. */
  isCanonical(address: bigint): boolean;
}

/**
 * The address space of four or five levels.
 *
 * @fidelity exact
 * @patch none
 */
export function createAddressSpace(levels: 4 | 5): AddressSpace {
  const vaBits = levels === 5 ? 57 : 48;
  return {
    geometry: createGeometry({ pageShift: 12, vaBits, levels }),
    __VIRTUAL_MASK_SHIFT: vaBits - 1,
    TASK_SIZE_MAX: (1n << BigInt(vaBits - 1)) - 4096n,
    DEFAULT_MAP_WINDOW: (1n << 47n) - 4096n,
    userRootEntries: 256,
    isCanonical: (address) =>
      BigInt.asUintN(64, BigInt.asIntN(vaBits, address)) === BigInt.asUintN(64, address),
  };
}
