import { describe, expect, test } from 'vitest';
import { _PAGE_CACHE_MASK, type CacheMode } from '../src/index.ts';
import { testPat } from './test-machine.ts';

const [WB, WC, UC_MINUS, UC, WT, WP] = [0, 1, 2, 3, 4, 5] as const;
/** PAT, PCD and PWT as an index, and where they lie in a 4K entry. */
const BITS = [0x00, 0x08, 0x10, 0x18, 0x80, 0x88, 0x90, 0x98] as const;
const MODES = [WB, WC, UC_MINUS, UC, WT, WP] as const;

describe.each([
  {
    patEnabled: true,
    modes: [WB, WC, UC_MINUS, UC, WB, WP, UC_MINUS, WT],
    bits: [0x00, 0x08, 0x10, 0x18, 0x98, 0x88],
  },
  {
    patEnabled: false,
    modes: [WB, WT, UC_MINUS, UC, WB, WT, UC_MINUS, UC],
    bits: [0x00, 0x10, 0x10, 0x18, 0x08, 0x10],
  },
])('with PAT $patEnabled', ({ patEnabled, modes, bits }) => {
  const pat = testPat('6.12.117', { patEnabled });

  test('14.1: the eight combinations of bits mean these types', () => {
    expect(BITS.map((prot) => pat.pgprot2cachemode(prot))).toEqual(modes);
  });

  test('14.1: the types have these bits', () => {
    expect(MODES.map((mode: CacheMode) => pat.cachemode2protval(mode))).toEqual(bits);
  });

  test('other bits of the protection word neither matter nor change', () => {
    const rest = ~_PAGE_CACHE_MASK;
    for (const prot of BITS) {
      expect(pat.pgprot2cachemode(prot | rest)).toBe(pat.pgprot2cachemode(prot));
      for (const mode of MODES) {
        expect(pat.withCachemode(prot | rest, mode)).toBe(pat.cachemode2protval(mode) | rest);
        expect(pat.withCachemode(prot, mode)).toBe(pat.cachemode2protval(mode));
      }
    }
  });
});
