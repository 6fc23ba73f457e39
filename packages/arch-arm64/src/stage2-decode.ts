import {
  type DecodedEntry,
  type EntryCodec,
  hiOfWord,
  loOfWord,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';
import {
  KVM_PTE_LEAF_ATTR_HI_S2_XN0,
  KVM_PTE_LEAF_ATTR_HI_S2_XN1,
  KVM_PTE_LEAF_ATTR_LO_S2_AF,
  KVM_PTE_LEAF_ATTR_LO_S2_S2AP_R,
  KVM_PTE_LEAF_ATTR_LO_S2_S2AP_W,
  KVM_PTE_LEAF_ATTR_LO_S2_SH,
  KVM_PTE_TYPE,
  KVM_PTE_VALID,
} from './stage2-bits.ts';

/** What the decoder needs of a host's stage 2. */
export interface Stage2DecodeOptions {
  readonly codec: EntryCodec;
  readonly pageShift: number;
  readonly twoBitXn: boolean;
  /** The word that holds a slot while its entry is replaced. */
  readonly lockedProt: Prot;
  memoryTypeOf(pte: Prot): string;
}

function leafFlags(pte: Prot, level: PgtableLevel, twoBitXn: boolean): string[] {
  const flags = ['VALID'];
  const name = (bits: Prot, text: string): void => void ((pte & bits) !== 0 && flags.push(text));
  if (level === PGTABLE_LEVEL_PTE) name(KVM_PTE_TYPE, 'PAGE');
  name(KVM_PTE_LEAF_ATTR_LO_S2_S2AP_R, 'S2AP_R');
  name(KVM_PTE_LEAF_ATTR_LO_S2_S2AP_W, 'S2AP_W');
  if ((pte & KVM_PTE_LEAF_ATTR_LO_S2_SH) === KVM_PTE_LEAF_ATTR_LO_S2_SH) flags.push('SHARED');
  name(KVM_PTE_LEAF_ATTR_LO_S2_AF, 'AF');
  if (twoBitXn) name(KVM_PTE_LEAF_ATTR_HI_S2_XN0, 'XN0');
  name(KVM_PTE_LEAF_ATTR_HI_S2_XN1, twoBitXn ? 'XN1' : 'XN');
  return flags;
}

/** decode() of a host's stage 2: the same for people as that of stage 1. */
export function createStage2Decode(
  options: Stage2DecodeOptions,
): (level: PgtableLevel, word: bigint) => DecodedEntry {
  const { codec, pageShift, twoBitXn, lockedProt, memoryTypeOf } = options;
  return (level, word) => {
    if (word === 0n) return { kind: 'none', address: 0n, flags: [], memoryType: '' };
    const lo = loOfWord(word);
    const hi = hiOfWord(word);
    const pte = codec.prot(level, lo, hi);
    const address = BigInt(codec.pfn(level, lo, hi)) << BigInt(pageShift);
    if ((pte & KVM_PTE_VALID) === 0) {
      const flags = pte === lockedProt ? ['LOCKED'] : [];
      return { kind: 'not present', address: 0n, flags, memoryType: '' };
    }
    if (level !== PGTABLE_LEVEL_PTE && (pte & KVM_PTE_TYPE) !== 0) {
      return { kind: 'table', address, flags: ['VALID', 'TABLE'], memoryType: '' };
    }
    const flags = leafFlags(pte, level, twoBitXn);
    return { kind: 'leaf', address, flags, memoryType: memoryTypeOf(pte) };
  };
}
