import type { AccessKind } from '../exits.ts';
import { PG_LEVEL_4K } from './pg-level.ts';
import { createSpteDecode } from './spte-decode.ts';
import {
  generationHi,
  generationLo,
  generationOf,
  leafLanes,
  PT_PAGE_SIZE_MASK,
  PT_WRITABLE_MASK,
  SPTE_MMU_PRESENT_MASK,
  type SpteFormat,
} from './spte-format.ts';

const PT_PRESENT_MASK = 1 << 0;
const PT_USER_MASK = 1 << 2;
const PT_ACCESSED_MASK = 1 << 5;
const PT_DIRTY_MASK = 1 << 6;
/** Software bits 9 and 10: who allows writes. */
const DEFAULT_SPTE_HOST_WRITABLE = 1 << 9;
const DEFAULT_SPTE_MMU_WRITABLE = 1 << 10;
/** Bit 51: a physical address that no CPU of the kind has, in an MMIO entry. Bit 19 of the high lane. */
const MMIO_RESERVED_HI = 1 << 19;
const PT64_NX_HI = 0x80000000 | 0;

const ALWAYS = PT_PRESENT_MASK | PT_USER_MASK | PT_ACCESSED_MASK | SPTE_MMU_PRESENT_MASK;
const WRITABLE =
  PT_WRITABLE_MASK | PT_DIRTY_MASK | DEFAULT_SPTE_HOST_WRITABLE | DEFAULT_SPTE_MMU_WRITABLE;

/** Names of the bits of a present entry. */
const NAMES = {
  0: 'P',
  1: 'RW',
  2: 'US',
  5: 'A',
  6: 'D',
  7: 'PSE',
  9: 'HOST_WRITABLE',
  10: 'MMU_WRITABLE',
  11: 'MMU_PRESENT',
  63: 'NX',
} as const;

const is_mmio_spte = (lo: number, hi: number): boolean =>
  (lo & PT_PRESENT_MASK) !== 0 && (hi & MMIO_RESERVED_HI) !== 0;

/**
 * Nested page tables of AMD: the format of ordinary page tables, as user pages. Leaves carry no memory type; the guest's
 * own tables and the machine decide it. Accessed and dirty are set when the entry is made.
 *
 * @fidelity exact without memory encryption
 * @patch none
 */
export function createNpt(): SpteFormat {
  const lanes = leafLanes((level, writable) =>
    BigInt(ALWAYS | (writable ? WRITABLE : 0) | (level > PG_LEVEL_4K ? PT_PAGE_SIZE_MASK : 0)),
  );
  return Object.freeze({
    name: 'NPT',
    nonleafLo: ALWAYS | PT_WRITABLE_MASK,
    nonleafHi: 0,
    ...lanes,
    mmuWritableLo: DEFAULT_SPTE_HOST_WRITABLE | DEFAULT_SPTE_MMU_WRITABLE,
    mmuWritableHi: 0,
    mmioLo: (gfn: number, generation: number) =>
      (gfn << 12) | PT_PRESENT_MASK | PT_WRITABLE_MASK | PT_USER_MASK | generationLo(generation),
    mmioHi: (gfn: number, generation: number) =>
      ((gfn * 2 ** -20) & 0xfffff) | MMIO_RESERVED_HI | generationHi(generation),
    is_mmio_spte,
    mmioGeneration: generationOf,
    decode: createSpteDecode({
      names: NAMES,
      is_mmio_spte,
      mmioGeneration: generationOf,
      memoryTypeOf: () => '',
    }),
    permits: (lo: number, hi: number, kind: AccessKind) =>
      kind === 'write' ? (lo & PT_WRITABLE_MASK) !== 0 : kind === 'read' || (hi & PT64_NX_HI) === 0,
  });
}
