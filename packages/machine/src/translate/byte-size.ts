const UNITS = ['', 'K', 'M', 'G', 'T'] as const;

/** A power of two in the units of page sizes: `2M`. */
export function byteSize(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${bytes / 1024 ** unit}${UNITS[unit]}`;
}

/** An address: `0x200000000000`. */
export const byteAddress = (address: number): string => `0x${address.toString(16)}`;

/** A range, its last byte told: `0x1000-0x1fff`. */
export const byteRange = (start: number, size: number): string =>
  `${byteAddress(start)}-${byteAddress(start + size - 1)}`;
