import type { AccessKind } from '../exits.ts';
import { PG_LEVEL_4K } from './pg-level.ts';
import { createSpteDecode } from './spte-decode.ts';
import {
  generationHi,
  generationLo,
  generationOf,
  leafLanes,
  PT_PAGE_SIZE_MASK,
  SPTE_MMU_PRESENT_MASK,
  type SpteFormat,
} from './spte-format.ts';

const VMX_EPT_READABLE_MASK = 1 << 0;
const VMX_EPT_WRITABLE_MASK = 1 << 1;
const VMX_EPT_EXECUTABLE_MASK = 1 << 2;
const VMX_EPT_RWX_MASK = VMX_EPT_READABLE_MASK | VMX_EPT_WRITABLE_MASK | VMX_EPT_EXECUTABLE_MASK;
/** Bits 5 to 3: the memory type, numbered as MTRRs number theirs. */
const VMX_EPT_MT_EPTE_SHIFT = 3;
/** Bit 6: the guest's PAT is ignored. */
const VMX_EPT_IPAT_BIT = 1 << 6;
const VMX_EPT_ACCESS_BIT = 1 << 8;
const VMX_EPT_DIRTY_BIT = 1 << 9;
const VMX_EPT_SUPPRESS_VE_BIT = 1n << 63n;
/** Bits 57 and 58, ignored by the CPU: who allows writes. */
const EPT_SPTE_HOST_WRITABLE = 1n << 57n;
const EPT_SPTE_MMU_WRITABLE = 1n << 58n;
/** Bits 53 and 52 = 1: accessed and dirty are not kept by the hardware. */
const SPTE_TDP_AD_DISABLED = 1n << 52n;
/** Writable and executable, but not readable: a misconfiguration that exits in its own way. */
const VMX_EPT_MISCONFIG_WX_VALUE = VMX_EPT_WRITABLE_MASK | VMX_EPT_EXECUTABLE_MASK;

const MTRR_TYPE_UNCACHABLE = 0;
const MTRR_TYPE_WRBACK = 6;

/** Names of the memory types, by number. */
const MEMORY_TYPES: Readonly<Record<number, string>> = {
  0: 'UC',
  1: 'WC',
  4: 'WT',
  5: 'WP',
  6: 'WB',
};

/** Names of the bits of a present entry, but for the memory type. */
const NAMES = {
  0: 'R',
  1: 'W',
  2: 'X',
  6: 'IPAT',
  7: 'PS',
  8: 'A',
  9: 'D',
  11: 'MMU_PRESENT',
  52: 'AD_DISABLED',
  57: 'HOST_WRITABLE',
  58: 'MMU_WRITABLE',
  63: 'SUPPRESS_VE',
} as const;

const is_mmio_spte = (lo: number, hi: number): boolean =>
  (lo & VMX_EPT_RWX_MASK) === VMX_EPT_MISCONFIG_WX_VALUE && hi >= 0;

/** What decides how EPT entries are written. */
export interface EptOptions {
  /** The CPU keeps accessed and dirty bits in EPT. */
  readonly accessedDirty: boolean;
  /** The VM has a device whose DMA does not snoop caches, so the guest's PAT counts. */
  readonly noncoherentDma: boolean;
}

/**
 * Extended page tables of Intel. Device memory is uncached whatever the guest's PAT says less; RAM is write-back and
 * the guest's PAT is ignored, unless the VM has a device whose DMA is not coherent.
 *
 * @fidelity exact by the manual and the specification; not checked on a CPU
 * @patch none
 */
export function createEpt({ accessedDirty, noncoherentDma }: EptOptions): SpteFormat {
  const memoryType = (mmio: boolean): number => {
    if (mmio) return MTRR_TYPE_UNCACHABLE << VMX_EPT_MT_EPTE_SHIFT;
    const type = MTRR_TYPE_WRBACK << VMX_EPT_MT_EPTE_SHIFT;
    return noncoherentDma ? type : type | VMX_EPT_IPAT_BIT;
  };
  const always =
    BigInt(VMX_EPT_READABLE_MASK | VMX_EPT_EXECUTABLE_MASK | SPTE_MMU_PRESENT_MASK) |
    VMX_EPT_SUPPRESS_VE_BIT |
    (accessedDirty ? BigInt(VMX_EPT_ACCESS_BIT) : SPTE_TDP_AD_DISABLED);
  const whenWritable =
    BigInt(VMX_EPT_WRITABLE_MASK | (accessedDirty ? VMX_EPT_DIRTY_BIT : 0)) |
    EPT_SPTE_HOST_WRITABLE |
    EPT_SPTE_MMU_WRITABLE;
  const nonleaf = always | BigInt(VMX_EPT_WRITABLE_MASK);
  const lanes = leafLanes(
    (level, writable, mmio) =>
      always |
      (writable ? whenWritable : 0n) |
      BigInt(memoryType(mmio) | (level > PG_LEVEL_4K ? PT_PAGE_SIZE_MASK : 0)),
  );
  const needed = {
    read: VMX_EPT_READABLE_MASK,
    write: VMX_EPT_WRITABLE_MASK,
    exec: VMX_EPT_EXECUTABLE_MASK,
  } as const;
  return Object.freeze({
    name: 'EPT',
    nonleafLo: Number(nonleaf & 0xffffffffn) | 0,
    nonleafHi: Number(nonleaf >> 32n) | 0,
    ...lanes,
    mmuWritableLo: 0,
    mmuWritableHi: Number((EPT_SPTE_HOST_WRITABLE | EPT_SPTE_MMU_WRITABLE) >> 32n),
    mmioLo: (gfn: number, generation: number) =>
      (gfn << 12) | VMX_EPT_MISCONFIG_WX_VALUE | generationLo(generation),
    mmioHi: (gfn: number, generation: number) =>
      ((gfn * 2 ** -20) & 0xfffff) | generationHi(generation),
    is_mmio_spte,
    mmioGeneration: generationOf,
    decode: createSpteDecode({
      names: NAMES,
      is_mmio_spte,
      mmioGeneration: generationOf,
      memoryTypeOf: (lo) => MEMORY_TYPES[(lo >> VMX_EPT_MT_EPTE_SHIFT) & 7] ?? 'reserved',
    }),
    permits: (lo: number, _hi: number, kind: AccessKind) => (lo & needed[kind]) !== 0,
  });
}
