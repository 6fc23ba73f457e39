import {
  type DecodedEntry,
  type EntryCodec,
  hiOfWord,
  loOfWord,
  type Pfn,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';
import type { Stage2TableFormat } from '../stage2/stage2-format.ts';

/** The CPU of a RISC-V host with the hypervisor extension. */
export interface RiscvHost {
  /** Levels of the G-stage: 3 for Sv39x4, 4 for Sv48x4. Its root is four joined pages. */
  readonly levels: 3 | 4;
  /** Svpbmt: bits 62 and 61 of an entry give the memory type. */
  readonly svpbmt: boolean;
  /** The frame is RAM. */
  isRam(pfn: Pfn): boolean;
}

const PAGE_PRESENT = 1 << 0;
const PAGE_READ = 1 << 1;
const PAGE_WRITE = 1 << 2;
const PAGE_EXEC = 1 << 3;
const PAGE_USER = 1 << 4;
const PAGE_ACCESSED = 1 << 6;
const PAGE_DIRTY = 1 << 7;
/** Bits 62:61 = 2: I/O memory. Bits 30 and 29 of a protection word. */
const PAGE_IO_SVPBMT = 2 << 29;

/** Bits 53 to 10 hold the frame number, so a protection word is bits 9 to 0 and 63 to 54. */
const codec: EntryCodec = Object.freeze({
  lo: (_level: PgtableLevel, pfn: Pfn, prot: Prot) => (pfn << 10) | (prot & 0x3ff),
  hi: (_level: PgtableLevel, pfn: Pfn, prot: Prot) =>
    ((pfn * 2 ** -22) & 0x3fffff) | (prot & 0xffc00000),
  pfn: (_level: PgtableLevel, lo: number, hi: number) => (lo >>> 10) + (hi & 0x3fffff) * 2 ** 22,
  prot: (_level: PgtableLevel, lo: number, hi: number) => (lo & 0x3ff) | (hi & 0xffc00000),
  write(lanes: Int32Array, slot: number, _level: PgtableLevel, pfn: Pfn, prot: Prot) {
    lanes[slot] = (pfn << 10) | (prot & 0x3ff);
    lanes[slot + 1] = ((pfn * 2 ** -22) & 0x3fffff) | (prot & 0xffc00000);
  },
});

/** Names of the bits 0 to 7 of an entry. */
const NAMES = 'V R W X U G A D'.split(' ');

function decode(level: PgtableLevel, word: bigint): DecodedEntry {
  if (word === 0n) return { kind: 'none', address: 0n, flags: [], memoryType: '' };
  const [lo, hi] = [loOfWord(word), hiOfWord(word)];
  const prot = codec.prot(level, lo, hi);
  const flags = NAMES.filter((_, bit) => ((prot >> bit) & 1) === 1);
  const present = (prot & PAGE_PRESENT) !== 0;
  const isLeaf = (prot & (PAGE_READ | PAGE_WRITE | PAGE_EXEC)) !== 0;
  return {
    kind: !present ? 'not present' : isLeaf ? 'leaf' : 'table',
    address: BigInt(codec.pfn(level, lo, hi)) << 12n,
    flags,
    memoryType: (prot & PAGE_IO_SVPBMT) !== 0 ? 'I/O' : '',
  };
}

/** G-stage entries: a valid entry without R, W and X points to a table. */
export const gstageFormat: Stage2TableFormat = Object.freeze({
  codec,
  tableProt: PAGE_PRESENT,
  lockedProt: 0,
  validMask: PAGE_PRESENT,
  tableMask: PAGE_PRESENT | PAGE_READ | PAGE_WRITE | PAGE_EXEC,
  tableValue: PAGE_PRESENT,
  permissions: PAGE_READ | PAGE_WRITE | PAGE_EXEC,
  decode,
});

/** The protection word of a G-stage leaf. */
export const gstageLeaf = (host: RiscvHost, writable: boolean, device: boolean): Prot =>
  PAGE_PRESENT |
  PAGE_READ |
  PAGE_USER |
  PAGE_ACCESSED |
  (writable ? PAGE_WRITE | PAGE_DIRTY : 0) |
  (device ? (host.svpbmt ? PAGE_IO_SVPBMT : 0) : PAGE_EXEC);

/** True when the hardware lets an access through a G-stage leaf. */
export const gstagePermits = (leaf: Prot, kind: 'read' | 'write' | 'exec'): boolean =>
  (leaf & (kind === 'read' ? PAGE_READ : kind === 'write' ? PAGE_WRITE : PAGE_EXEC)) !== 0;
