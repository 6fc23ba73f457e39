import { type DecodedEntry, hiOfWord, loOfWord } from '@pfnmap/pgtable-core';
import { PG_LEVEL_4K, type PgLevel } from './pg-level.ts';
import { PT_PAGE_SIZE_MASK, SPTE_MMU_PRESENT_MASK, type SpteFormat } from './spte-format.ts';

/** What tells the words of one format. */
export interface SpteWords extends Pick<SpteFormat, 'is_mmio_spte' | 'mmioGeneration'> {
  /** Names of the bits of a present entry, by number. `LARGE` of bit 7 is said of leaves above the page level. */
  readonly names: Readonly<Record<number, string>>;
  /** The memory type of a leaf; empty where leaves carry none. */
  memoryTypeOf(lo: number): string;
}

const ADDRESS = 0x000ffffffffff000n;
/** Bits 50 to 12: an MMIO entry of NPT marks itself with bit 51. */
const MMIO_ADDRESS = 0x0007fffffffff000n;

/** decode() of a format. */
export function createSpteDecode(words: SpteWords): (level: PgLevel, word: bigint) => DecodedEntry {
  const bits = Object.entries(words.names).map(([bit, name]) => [BigInt(bit), name] as const);
  return (level, word) => {
    const [lo, hi] = [loOfWord(word), hiOfWord(word)];
    if ((lo & SPTE_MMU_PRESENT_MASK) === 0) {
      if (lo === 0 || !words.is_mmio_spte(lo, hi)) {
        return { kind: 'none', address: 0n, flags: [], memoryType: '' };
      }
      const flags = ['MMIO', `GENERATION=${words.mmioGeneration(lo, hi)}`];
      return { kind: 'not present', address: word & MMIO_ADDRESS, flags, memoryType: '' };
    }
    const isLeaf = level === PG_LEVEL_4K || (lo & PT_PAGE_SIZE_MASK) !== 0;
    return {
      kind: isLeaf ? 'leaf' : 'table',
      address: word & ADDRESS,
      flags: bits.filter(([bit]) => ((word >> bit) & 1n) === 1n).map(([, name]) => name),
      memoryType: isLeaf ? words.memoryTypeOf(lo) : '',
    };
  };
}
