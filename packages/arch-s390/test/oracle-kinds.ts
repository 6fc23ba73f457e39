import { type ArchS390, stored } from '@pfnmap/arch-s390';
import {
  hiOfWord,
  loOfWord,
  type PgtableLevel,
  type Prot,
  wordOfLanes,
} from '@pfnmap/pgtable-core';
import { helperOf, type Kinds, storeNumber } from '../../../tools/lab/oracle/evaluate.ts';
import type { Lanes } from '../../../tools/lab/oracle/words.ts';

/** The lanes that a word of the kernel has in the simulated memory. */
const inMemory = (level: PgtableLevel, { lo, hi }: Lanes): Lanes => {
  const word = stored(level, wordOfLanes(lo, hi));
  return { lo: loOfWord(word), hi: hiOfWord(word) };
};
const protIn = (arch: ArchS390, level: PgtableLevel, a: Lanes): Prot => {
  const { lo, hi } = inMemory(level, a);
  return arch.codec.prot(level, lo, hi);
};
const pfnIn = (arch: ArchS390, level: PgtableLevel, a: Lanes): number => {
  const { lo, hi } = inMemory(level, a);
  return arch.codec.pfn(level, lo, hi);
};

function storeEntry(
  arch: ArchS390,
  level: PgtableLevel,
  pfn: number,
  prot: Prot,
  out: Lanes,
): void {
  const lanes = { lo: arch.codec.lo(level, pfn, prot), hi: arch.codec.hi(level, pfn, prot) };
  Object.assign(out, inMemory(level, lanes));
}

const storeWord = (out: Lanes, word: bigint): void => {
  out.lo = loOfWord(word);
  out.hi = hiOfWord(word);
};

const pageOf = ({ lo, hi }: Lanes): number => (lo >>> 0) + (hi >>> 0) * 2 ** 32;
const protection = (arch: ArchS390, name: string): Prot =>
  (arch as unknown as Record<string, Prot>)[name]!;
const afterOf = (name: string): string => name.replace(/^.*_(?:of|to)_/, '');

/** Ways to apply helpers: as elsewhere, with words turned into what the simulated memory would hold, and back. */
export const s390Kinds: Kinds<ArchS390> = {
  predicate: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, _b, out) => storeNumber(out, helper(protIn(arch, level, a)));
  },
  none: (arch, _name, level) => (a, _b, out) => {
    const { lo, hi } = inMemory(level, a);
    storeNumber(out, (lo & arch.format.noneMask) === 0 && hi === 0);
  },
  entry: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, _b, out) =>
      storeEntry(arch, level, pfnIn(arch, level, a), helper(protIn(arch, level, a)) as Prot, out);
  },
  'modify-entry': (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, b, out) => {
      const prot = helper(protIn(arch, level, a), b.lo & 0xfff) as Prot;
      storeEntry(arch, level, pfnIn(arch, level, a), prot, out);
    };
  },
  'modify-to': (arch, name, level) => (a, _b, out) => {
    const prot = arch.pmd_modify(protIn(arch, level, a), protection(arch, afterOf(name)));
    storeEntry(arch, level, pfnIn(arch, level, a), prot, out);
  },
  'make-huge': (arch, name, level) => (a, _b, out) =>
    storeEntry(arch, level, pageOf(a), arch.pmd_mkhuge(protection(arch, afterOf(name))), out),
  'pfn-pte': (arch, name) => (a, _b, out) =>
    storeEntry(arch, 0, pageOf(a), arch.protOfNewPte(protection(arch, afterOf(name))), out),
  frame: (arch, _name, level) => (a, _b, out) => storeNumber(out, pfnIn(arch, level, a)),
  pgprot: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, _b, out) => storeWord(out, arch.pgprot_val(helper(protIn(arch, level, a)) as Prot));
  },
  'geometry-entries': (arch, _name, level) => (_a, _b, out) =>
    storeNumber(out, arch.geometry.levels[level].entries),
  table: (arch, _name, level) => (_a, _b, out) =>
    storeEntry(arch, level, 8, arch.format.tableProt, out),
  'protection-constant': (arch, name) => (_a, _b, out) =>
    storeWord(out, arch.pgprot_val(protection(arch, name))),
};
