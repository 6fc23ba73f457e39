import {
  type DecodedEntry,
  type EntryCodec,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';
import type { PageShift } from './geometry.ts';
import { createStage2Codec } from './stage2-address.ts';
import {
  KVM_INVALID_PTE_LOCKED,
  KVM_INVALID_PTE_TYPE_LOCKED,
  KVM_PTE_LEAF_ATTR_HI_S2_XN0,
  KVM_PTE_LEAF_ATTR_HI_S2_XN1,
  KVM_PTE_LEAF_ATTR_LO_S2_AF,
  KVM_PTE_LEAF_ATTR_LO_S2_MEMATTR,
  KVM_PTE_LEAF_ATTR_LO_S2_S2AP_R,
  KVM_PTE_LEAF_ATTR_LO_S2_S2AP_W,
  KVM_PTE_LEAF_ATTR_LO_S2_SH,
  KVM_PTE_TYPE,
  KVM_PTE_VALID,
} from './stage2-bits.ts';
import { createStage2Decode } from './stage2-decode.ts';

/** Memory types that KVM gives to a guest's pages. `as-stage-1` is 7.3's. */
export type Stage2MemoryType = 'normal' | 'normal-nc' | 'device' | 'as-stage-1';

/** Who may execute; 6.12 knows `both` and `none`. */
export type Stage2Execution = 'both' | 'user' | 'privileged' | 'none';

/** What a stage-2 leaf allows. */
export interface Stage2Access {
  readonly memoryType: Stage2MemoryType;
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: Stage2Execution;
}

/** A host's stage 2. */
export interface Stage2Options {
  readonly pageShift: PageShift;
  /** The CPU has LPA2 at stage 2 and the host uses it: PA[51:50] in bits 9:8, no SH. 4K and 16K pages. */
  readonly lpa2: boolean;
  /** FEAT_S2FWB: stage 2 decides the memory type alone. */
  readonly fwb: boolean;
  /** XN is a two-bit field (7.3) and not bit 54 alone (6.12); the break-before-make marker moved with it. */
  readonly twoBitXn: boolean;
}

/** Stage-2 entries of one host, as protection words and page frame numbers. A protection word of one stage means nothing in the other. */
export interface Stage2 {
  readonly codec: EntryCodec;
  /** The protection word of an entry that points to a table. */
  readonly tableProt: Prot;
  /** The word that holds a slot while its entry is replaced. */
  readonly lockedProt: Prot;
  /** Levels at which a leaf may lie, pages included, lowest first. */
  readonly leafLevels: readonly PgtableLevel[];
  /** The protection word of a new leaf. @throws RangeError for a level without leaves. */
  leafProt(level: PgtableLevel, access: Stage2Access): Prot;
  /** True when the hardware uses the entry. */
  kvm_pte_valid(pte: Prot): boolean;
  /** True when the entry points to a table. */
  kvm_pte_table(pte: Prot, level: PgtableLevel): boolean;
  /** A leaf with more rights. Who may execute is only changed, and then replaced, when `access` lets anybody. */
  relaxPermissions(pte: Prot, access: Omit<Stage2Access, 'memoryType'>): Prot;
  /** A leaf that dirty logging watches: writing taken away. */
  writeProtect(pte: Prot): Prot;
  /** What a leaf allows. `unknown` for a memory type that KVM never sets. */
  accessOf(pte: Prot): Omit<Stage2Access, 'memoryType'> & {
    readonly memoryType: Stage2MemoryType | 'unknown';
  };
  /** Decodes a 64-bit entry of a level. */
  decode(level: PgtableLevel, word: bigint): DecodedEntry;
  /** Levels of a walk over a guest's physical address width; the first may be a few concatenated tables. */
  levelsOf(ipaBits: number): number;
}

const MEMATTR: Readonly<Record<Stage2MemoryType, readonly [plain: number, fwb: number]>> = {
  normal: [0xf, 6],
  'normal-nc': [5, 5],
  device: [1, 1],
  'as-stage-1': [0xf, 7],
};

const XN0 = KVM_PTE_LEAF_ATTR_HI_S2_XN0;
const XN1 = KVM_PTE_LEAF_ATTR_HI_S2_XN1;
const XN: Readonly<Record<Stage2Execution, Prot>> = {
  both: 0,
  user: XN0,
  none: XN1,
  privileged: XN0 | XN1,
};

const requireOneBitXn = (execute: Stage2Execution): void => {
  if (execute === 'user' || execute === 'privileged') {
    throw new RangeError(
      `stage 2 with a one-bit XN cannot allow execution to ${execute} code only; use twoBitXn, or "both" or "none"`,
    );
  }
};

const executionIn = (xn: Prot): Stage2Execution =>
  (Object.keys(XN) as Stage2Execution[]).find((name) => XN[name] === xn) as Stage2Execution;

function memoryTypeIn(pte: Prot, fwb: boolean): Stage2MemoryType | 'unknown' {
  const memattr = (pte & KVM_PTE_LEAF_ATTR_LO_S2_MEMATTR) >> 2;
  const types = Object.keys(MEMATTR) as Stage2MemoryType[];
  return types.find((type) => MEMATTR[type][fwb ? 1 : 0] === memattr) ?? 'unknown';
}

/** Rights as bits of a leaf; XN apart, since its bits forbid. */
const s2ap = (access: Omit<Stage2Access, 'memoryType'>): Prot =>
  (access.read ? KVM_PTE_LEAF_ATTR_LO_S2_S2AP_R : 0) |
  (access.write ? KVM_PTE_LEAF_ATTR_LO_S2_S2AP_W : 0);

/**
 * Stage 2 of a host, as KVM builds it.
 *
 * @throws RangeError when LPA2 is asked for with 64K pages, which have their own way to 52 bits.
 */
export function createStage2(options: Stage2Options): Stage2 {
  const { pageShift, lpa2, fwb, twoBitXn } = options;
  if (lpa2 && pageShift === 16) {
    throw new RangeError('LPA2 is for 4K and 16K pages; 64K pages hold PA[51:48] in bits 15:12');
  }
  const leafLevels: readonly PgtableLevel[] = pageShift === 12 ? [0, 1, 2] : [0, 1];
  const xnField = twoBitXn ? XN0 | XN1 : XN1;
  const attributes = KVM_PTE_LEAF_ATTR_LO_S2_AF | (lpa2 ? 0 : KVM_PTE_LEAF_ATTR_LO_S2_SH);
  const leafProt = (level: PgtableLevel, access: Stage2Access): Prot => {
    if (!leafLevels.includes(level)) {
      throw new RangeError(
        `stage 2 with ${2 ** pageShift}-byte pages has no leaf at level ${level}`,
      );
    }
    if (!twoBitXn) requireOneBitXn(access.execute);
    const type = level === PGTABLE_LEVEL_PTE ? KVM_PTE_VALID | KVM_PTE_TYPE : KVM_PTE_VALID;
    const memattr = MEMATTR[access.memoryType][fwb ? 1 : 0];
    return type | attributes | (memattr << 2) | s2ap(access) | XN[access.execute];
  };
  const relaxPermissions: Stage2['relaxPermissions'] = (pte, access) => {
    if (!twoBitXn) requireOneBitXn(access.execute);
    const granted = pte | s2ap(access);
    return access.execute === 'none' ? granted : (granted & ~xnField) | XN[access.execute];
  };
  const codec = createStage2Codec(pageShift, lpa2);
  const lockedProt = twoBitXn ? KVM_INVALID_PTE_TYPE_LOCKED : KVM_INVALID_PTE_LOCKED;
  const memoryTypeOf = (pte: Prot): string => memoryTypeIn(pte, fwb);
  return Object.freeze({
    codec,
    tableProt: KVM_PTE_VALID | KVM_PTE_TYPE,
    lockedProt,
    leafLevels,
    leafProt,
    kvm_pte_valid: (pte: Prot): boolean => (pte & KVM_PTE_VALID) !== 0,
    kvm_pte_table: (pte: Prot, level: PgtableLevel): boolean =>
      level !== PGTABLE_LEVEL_PTE &&
      (pte & (KVM_PTE_VALID | KVM_PTE_TYPE)) === (KVM_PTE_VALID | KVM_PTE_TYPE),
    relaxPermissions,
    writeProtect: (pte: Prot): Prot => pte & ~KVM_PTE_LEAF_ATTR_LO_S2_S2AP_W,
    accessOf: (pte: Prot) => ({
      memoryType: memoryTypeIn(pte, fwb),
      read: (pte & KVM_PTE_LEAF_ATTR_LO_S2_S2AP_R) !== 0,
      write: (pte & KVM_PTE_LEAF_ATTR_LO_S2_S2AP_W) !== 0,
      execute: executionIn(pte & xnField),
    }),
    decode: createStage2Decode({ codec, pageShift, twoBitXn, lockedProt, memoryTypeOf }),
    levelsOf: (ipaBits: number): number => Math.max(2, Math.floor((ipaBits - 8) / (pageShift - 3))),
  });
}
