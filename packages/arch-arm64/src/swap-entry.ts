const OFFSET_MASK = (1n << 50n) - 1n;

/**
 * The 64-bit entry of a swap type (5 bits, in 10:6) and an offset (50 bits, in 61:12, never inverted). Type 0 at offset
 * 0 is all zero and reads as none; swap never uses that offset.
 *
 * @fidelity exact
 * @patch none
 */
export const __swp_entry = (type: number, offset: number): bigint =>
  (BigInt(type & 31) << 6n) | ((BigInt(offset) & OFFSET_MASK) << 12n);

/**
 * The type of a swap entry. Types above 23 are migration entries, markers and their kind; the numbers are the same on
 * all architectures.
 *
 * @fidelity exact
 * @patch none
 */
export const __swp_type = (word: bigint): number => Number((word >> 6n) & 31n);

/**
 * The offset of a swap entry: an exact integer.
 *
 * @fidelity exact
 * @patch none
 */
export const __swp_offset = (word: bigint): number => Number((word >> 12n) & OFFSET_MASK);
