import {
  type ArchArm64,
  createStage2,
  type PageShift,
  PTE_AF,
  PTE_SWBITS_MASK,
} from '@pfnmap/arch-arm64';
import { type PgtableLevel, type Prot, wordOfLanes } from '@pfnmap/pgtable-core';
import { helperOf, type Kinds, storeNumber } from '../../../tools/lab/oracle/evaluate.ts';
import type { Lanes } from '../../../tools/lab/oracle/words.ts';

const wordOf = (lanes: Lanes): bigint => wordOfLanes(lanes.lo, lanes.hi);

function storeWord(out: Lanes, word: bigint): void {
  out.lo = Number(word & 0xffffffffn) | 0;
  out.hi = Number((word >> 32n) & 0xffffffffn) | 0;
}

function storeEntry(
  arch: ArchArm64,
  level: PgtableLevel,
  pfn: number,
  prot: Prot,
  out: Lanes,
): void {
  out.lo = arch.codec.lo(level, pfn, prot);
  out.hi = arch.codec.hi(level, pfn, prot);
}

/** The protection in a word, without 64-bit integers: the bits that {@link ArchArm64.protOf} keeps. */
function createProtOfLanes(arch: ArchArm64): (lanes: Lanes) => Prot {
  const kept = arch.protOf(2n ** 64n - 1n);
  return ({ lo, hi }) => ((lo & 0xffff) | (hi & ~0xffff)) & kept;
}

/** The name of the model's helper: several records may ask one helper with different operands. */
const plainName = (name: string): string => name.replace(/_of_[a-z]+$/, '');

const pagesIn = (lanes: Lanes): number => (lanes.lo >>> 0) + (lanes.hi & 0xff) * 2 ** 32;

const fieldOf = (arch: ArchArm64, name: string): unknown =>
  (arch as unknown as Record<string, unknown>)[name];

/** Ways to apply helpers that arm64 adds: its entries lose no bit, so none of them makes an exception. */
export const arm64Kinds: Kinds<ArchArm64> = {
  entry: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, _b, out) => {
      const prot = helper(arch.codec.prot(level, a.lo, a.hi)) as Prot;
      storeEntry(arch, level, arch.codec.pfn(level, a.lo, a.hi), prot, out);
    };
  },
  'modify-entry': (arch, name, level) => {
    const helper = helperOf(arch, name);
    const protOf = createProtOfLanes(arch);
    return (a, b, out) => {
      const prot = helper(arch.codec.prot(level, a.lo, a.hi), protOf(b)) as Prot;
      storeEntry(arch, level, arch.codec.pfn(level, a.lo, a.hi), prot, out);
    };
  },
  'make-entry': (arch, _name, level) => {
    const protOf = createProtOfLanes(arch);
    return (a, b, out) => storeEntry(arch, level, arch.pfn_leaf(level, pagesIn(a)), protOf(b), out);
  },
  frame: (arch, _name, level) => (a, _b, out) => {
    const pfn = arch.codec.pfn(level, a.lo, a.hi);
    storeNumber(out, level === 0 ? pfn : level === 1 ? arch.pmd_pfn(pfn) : arch.pud_pfn(pfn));
  },
  accessible: (arch) => (a, _b, out) => {
    const prot = arch.codec.prot(0, a.lo, a.hi);
    const [no, yes] = [false, true].map((pending) => Number(arch.pte_accessible(pending, prot)));
    storeNumber(out, (no as number) | ((yes as number) << 1));
  },
  'flush-protection': (arch, name, level) => {
    const helper = helperOf(arch, name);
    const protOf = createProtOfLanes(arch);
    const anyProt = protOf({ lo: -1, hi: -1 });
    return (a, b, out) => {
      const prot = arch.codec.prot(level, a.lo, a.hi);
      storeNumber(out, helper(prot, (prot & ~anyProt) | protOf(b)));
    };
  },
  'flush-few': (arch, name, level) => {
    const helper = helperOf(arch, plainName(name));
    const protOf = createProtOfLanes(arch);
    return (a, b, out) => {
      const prot = arch.codec.prot(level, a.lo, a.hi);
      storeNumber(out, helper(prot, prot ^ (protOf(b) & (PTE_SWBITS_MASK | PTE_AF))));
    };
  },
  'modify-protection': (arch) => {
    const protOf = createProtOfLanes(arch);
    return (a, b, out) => {
      const prot = arch.pgprot_modify(protOf(a), protOf(b));
      out.lo = prot & 0xffff;
      out.hi = prot & ~0xffff;
    };
  },
  'swap-entry': (arch) => (a, b, out) =>
    storeWord(
      out,
      arch.__swp_entry(a.lo, pagesIn({ lo: b.lo, hi: 0 }) + (b.hi & 0x3ffff) * 2 ** 32),
    ),
  'swap-part': (arch, name) => {
    const part = name === '__swp_type' ? arch.__swp_type : arch.__swp_offset;
    return (a, _b, out) => storeNumber(out, part(wordOf(a)));
  },
  'geometry-entries': (arch, _name, level) => (_a, _b, out) =>
    storeNumber(out, arch.geometry.levels[level].entries),
  'number-constant': (arch, name) => (_a, _b, out) =>
    storeNumber(out, fieldOf(arch, name) as number),
  'protection-constant': (arch, name) => (_a, _b, out) =>
    storeWord(out, arch.pgprot_val(fieldOf(arch, name) as Prot)),
  answer: (arch, name) => (_a, _b, out) => storeNumber(out, helperOf(arch, name)()),
};

/** The same for stage 2 of a host. */
export function stage2Kinds(lpa2: boolean): Kinds<ArchArm64> {
  const of = (arch: ArchArm64) =>
    createStage2({
      pageShift: arch.geometry.pageShift as PageShift,
      lpa2,
      fwb: false,
      twoBitXn: false,
    });
  return {
    'stage2-predicate': (arch) => {
      const { codec, kvm_pte_valid } = of(arch);
      return (a, _b, out) => storeNumber(out, kvm_pte_valid(codec.prot(0, a.lo, a.hi)));
    },
    'stage2-frame': (arch) => {
      const { codec } = of(arch);
      return (a, _b, out) => storeNumber(out, codec.pfn(0, a.lo, a.hi));
    },
    'stage2-make': (arch) => {
      const { codec } = of(arch);
      return (a, _b, out) => {
        out.lo = codec.lo(0, pagesIn(a), 0);
        out.hi = codec.hi(0, pagesIn(a), 0);
      };
    },
  };
}
