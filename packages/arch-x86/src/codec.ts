import type { EntryCodec, Pfn, PgtableLevel, Prot } from '@pfnmap/pgtable-core';
import { _PAGE_PAT_LARGE, _PAGE_PSE } from './bits.ts';

// A constant of this module costs nothing where it is used, an imported one is looked up.
const PSE = _PAGE_PSE;
const PAT_LARGE = _PAGE_PAT_LARGE;
const PAGES_PER_HI = 2 ** 20;
const PAGES_PER_PMD = 2 ** 9;
const HI_PER_PAGE = 2 ** -20;

/** True for a PMD or PUD leaf, by its low lane or its protection word. */
const isHugeLeaf = (level: PgtableLevel, lo: number): boolean =>
  (lo & PSE) !== 0 && level !== 0 && level < 3;

/** The address bits of the low lane that inversion flips: from 12, 21 or 30 on. */
function invertedLo(level: PgtableLevel, lo: number): number {
  if (!isHugeLeaf(level, lo)) return ~0xfff;
  return level === 1 ? ~0x1fffff : ~0x3fffffff;
}

/**
 * Builds the codec for one physical address field.
 *
 * An entry without P holds its address field inverted, so that no speculative load finds memory there (L1TF); P4D and
 * PGD entries never do. A huge leaf inverts from its level's bit on; the bits between are reserved and travel as they
 * are in the low bits of the page frame number, and PAT_LARGE (bit 12) travels in the protection word.
 *
 * What comes out of registers is read back the same for every pair of page frame number and protection word. What is
 * in memory is written back the same but for one word a level: all address bits set and no flag at all, which stands
 * for page frame 0 without protection, and that is the clear entry. pfn_pte() differs from `write` for a protection
 * of 0, which no kernel path gives it.
 *
 * @param addressHi - address bits of the high lane.
 * @param flagsHi - flag bits of the high lane.
 * @fidelity exact
 * @patch none
 */
export function createCodec(addressHi: number, flagsHi: number): EntryCodec {
  const pfnOfNotPresent = (level: PgtableLevel, lo: number, hi: number): Pfn => {
    if (level > 2 || (lo | hi) === 0) return (lo >>> 12) + (hi & addressHi) * PAGES_PER_HI;
    const plain = lo ^ invertedLo(level, lo);
    return (
      ((isHugeLeaf(level, lo) ? plain & ~PAT_LARGE : plain) >>> 12) +
      (~hi & addressHi) * PAGES_PER_HI
    );
  };

  const inverts = (level: PgtableLevel, pfn: Pfn, prot: Prot): boolean =>
    (prot & 1) === 0 && level < 3 && (prot !== 0 || pfn !== 0);

  const lo = (level: PgtableLevel, pfn: Pfn, prot: Prot): number => {
    const plain = (pfn << 12) | (prot & 0x1fff);
    return inverts(level, pfn, prot) ? plain ^ invertedLo(level, prot) : plain;
  };

  const hi = (level: PgtableLevel, pfn: Pfn, prot: Prot): number => {
    const plain = ((pfn * HI_PER_PAGE) & addressHi) | (prot & flagsHi);
    return inverts(level, pfn, prot) ? plain ^ addressHi : plain;
  };

  const writeNotPresent: EntryCodec['write'] = (lanes, slot, level, pfn, prot) => {
    lanes[slot] = lo(level, pfn, prot);
    lanes[slot + 1] = hi(level, pfn, prot);
  };

  return {
    lo,
    hi,
    pfn(level, lo, hi) {
      if ((lo & 1) === 0) return pfnOfNotPresent(level, lo, hi);
      const address = isHugeLeaf(level, lo) ? lo & ~PAT_LARGE : lo;
      return (address >>> 12) + (hi & addressHi) * PAGES_PER_HI;
    },
    prot: (level, lo, hi) => (lo & (isHugeLeaf(level, lo) ? 0x1fff : 0xfff)) | (hi & flagsHi),
    write(lanes, slot, level, pfn, prot) {
      if ((prot & 1) !== 0) {
        lanes[slot] = (pfn << 12) | (prot & 0x1fff);
        lanes[slot + 1] = ((pfn * HI_PER_PAGE) & addressHi) | (prot & flagsHi);
      } else {
        writeNotPresent(lanes, slot, level, pfn, prot);
      }
    },
  };
}

/**
 * Drops the bits of a page frame number below a level: what pfn_pmd() and pfn_pud() keep of it.
 *
 * @fidelity exact
 * @patch none
 */
export const pfn_leaf = (level: PgtableLevel, pfn: Pfn): Pfn => {
  if (level === 0) return pfn;
  const pages = level === 1 ? PAGES_PER_PMD : PAGES_PER_PMD ** level;
  return Math.floor(pfn / pages) * pages;
};
