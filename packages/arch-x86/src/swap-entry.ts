import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_SWP_EXCLUSIVE } from './bits.ts';

const OFFSET_MASK = (1n << 50n) - 1n;

/**
 * The 64-bit entry of a type and an offset. Bits 9 to 58 hold the complement of the offset, bits 59 to 63 the type,
 * and the low bits are clear, so the entry is neither present nor a leaf.
 *
 * @fidelity exact
 * @patch none
 */
export const __swp_entry = (type: number, offset: number): bigint =>
  (BigInt(type & 31) << 59n) | ((~BigInt(offset) & OFFSET_MASK) << 9n);

/**
 * The type of a swap-type entry.
 *
 * @fidelity exact
 * @patch none
 */
export const __swp_type = (word: bigint): number => Number(word >> 59n) & 31;

/**
 * The offset of a swap-type entry.
 *
 * @fidelity exact
 * @patch none
 */
export const __swp_offset = (word: bigint): number => Number((~word >> 9n) & OFFSET_MASK);

/**
 * True when the page belongs to this process alone.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_swp_exclusive = (pte: Prot): boolean => (pte & _PAGE_SWP_EXCLUSIVE) !== 0;

/**
 * Marks the page as this process's alone.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_swp_mkexclusive = (pte: Prot): Prot => pte | _PAGE_SWP_EXCLUSIVE;

/**
 * Takes the mark away.
 *
 * @fidelity exact
 * @patch none
 */
export const pte_swp_clear_exclusive = (pte: Prot): Prot => pte & ~_PAGE_SWP_EXCLUSIVE;
