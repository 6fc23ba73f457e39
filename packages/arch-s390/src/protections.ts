import type { Prot } from '@pfnmap/pgtable-core';
import {
  _PAGE_INVALID,
  _PAGE_NOEXEC,
  _PAGE_PRESENT,
  _PAGE_PROTECT,
  _PAGE_READ,
  _PAGE_WRITE,
  _SEGMENT_ENTRY_INVALID,
  _SEGMENT_ENTRY_NOEXEC,
  _SEGMENT_ENTRY_PROTECT,
  type SegmentLayout,
} from './bits.ts';

const FRESH = _PAGE_PRESENT | _PAGE_INVALID | _PAGE_PROTECT;

/** Protections of user mappings: invalid and protected, until an access and a store are noted. Names as Linux has them. */
export const PAGE_NONE: Prot = FRESH;
export const PAGE_RO: Prot = FRESH | _PAGE_READ | _PAGE_NOEXEC;
export const PAGE_RX: Prot = FRESH | _PAGE_READ;
export const PAGE_RW: Prot = FRESH | _PAGE_READ | _PAGE_WRITE | _PAGE_NOEXEC;
export const PAGE_RWX: Prot = FRESH | _PAGE_READ | _PAGE_WRITE;

/** By READ (1), WRITE (2), EXEC (4) and SHARED (8): reading is implied by everything but nothing. */
const PROTECTION_MAP: readonly Prot[] = [
  ...[PAGE_NONE, PAGE_RO, PAGE_RO, PAGE_RO, PAGE_RX, PAGE_RX, PAGE_RX, PAGE_RX],
  ...[PAGE_NONE, PAGE_RO, PAGE_RW, PAGE_RW, PAGE_RX, PAGE_RX, PAGE_RWX, PAGE_RWX],
];

/** The protection of a VMA. @fidelity exact @patch none */
export const vm_get_page_prot = (vm_flags: number): Prot => PROTECTION_MAP[vm_flags & 15] as Prot;

/** The protections of pages, in the form of segments. What is none of them counts as all access. */
export function createMassagePgprotPmd({
  present,
  read,
  write,
}: SegmentLayout): (prot: Prot) => Prot {
  const readOnly = present | read | _SEGMENT_ENTRY_PROTECT;
  const readWrite = present | read | write;
  const known = new Map<Prot, Prot>([
    [PAGE_NONE, present | _SEGMENT_ENTRY_INVALID | _SEGMENT_ENTRY_PROTECT],
    [PAGE_RO, readOnly | _SEGMENT_ENTRY_NOEXEC],
    [PAGE_RX, readOnly],
    [PAGE_RW, readWrite | _SEGMENT_ENTRY_NOEXEC],
  ]);
  return (prot) => known.get(prot) ?? readWrite;
}
