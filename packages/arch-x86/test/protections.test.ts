// Goal: protections of VMAs and memory types are those of Linux. Method: the protection map, the PAT tables and the
// conversions row by row.
import { CACHE_MODE_NAMES, IA32_PAT, type PageCacheMode, type PatSupport } from '@pfnmap/arch-x86';
import { describe, expect, test } from 'vitest';
import { archOf, SYMBOLS_7_3 } from './fake-config.ts';
import { hex, rowsOf } from './vector-rows.ts';

const arch = archOf();
const later = archOf({ symbols: SYMBOLS_7_3 });

test.each(rowsOf<readonly [number, string, string]>('protection-map.json'))(
  'vm_get_page_prot(%i) is %s, and %s when uncached',
  (vm_flags, protection, noncached) => {
    const prot = arch.vm_get_page_prot(vm_flags);
    expect(hex(arch.pgprot_val(prot))).toBe(protection);
    expect(hex(arch.pgprot_val(arch.pgprot_noncached(prot)))).toBe(noncached);
  },
);

test('vm_get_page_prot looks at the low four flags and at the protection key', () => {
  expect(hex(arch.pgprot_val(arch.vm_get_page_prot(0xfffffff0 + 11 + 5 * 2 ** 32)))).toBe(
    '0xa800000000000027',
  );
});

test('vm_get_page_prot of a CPU without NX leaves NX out, but not from a value without P', () => {
  const old = archOf({ cpu: { nx: false } });
  expect(hex(old.pgprot_val(old.vm_get_page_prot(11)))).toBe('0x0000000000000027');
  expect(hex(old.pgprot_val(old.massage_pgprot(old.protOf(0x8000000000000100n))))).toBe(
    '0x8000000000000100',
  );
});

test.each(rowsOf<readonly [string, string, string]>('large-format.json'))(
  '%s converts to %s and from large format to %s',
  (value, large, small) => {
    const prot = arch.protOf(BigInt(value));
    expect(hex(arch.pgprot_val(arch.pgprot_4k_2_large(prot)))).toBe(large);
    expect(hex(arch.pgprot_val(arch.pgprot_large_2_4k(prot)))).toBe(small);
  },
);

test.each(rowsOf<readonly [number, string, string, string, string]>('pat-index.json'))(
  'PAT index %i means %s',
  (index, type, small, large, without) => {
    const bits = arch.protOf(BigInt(small));
    const plain = archOf({ cpu: { pat: 'none' } });
    expect(CACHE_MODE_NAMES[arch.cacheModes.pgprot2cachemode(bits)]).toBe(type);
    expect(CACHE_MODE_NAMES[plain.cacheModes.pgprot2cachemode(bits)]).toBe(without);
    expect(arch.pgprot_val(arch.pgprot_4k_2_large(bits))).toBe(BigInt(large));
    expect(CACHE_MODE_NAMES[arch.cacheModes.modeOfIndex[index] as number]).toBe(type);
  },
);

describe('bits of a memory type', () => {
  const WB = 0n;
  const cases: ReadonlyArray<readonly [PatSupport, bigint, readonly bigint[]]> = [
    ['full', 0x0407050600070106n, [WB, 0x08n, 0x10n, 0x18n, 0x98n, 0x88n]],
    ['old', 0x0007010600070106n, [WB, 0x08n, 0x10n, 0x18n, 0x10n, 0x10n]],
    ['none', 0x0007040600070406n, [WB, 0x10n, 0x10n, 0x18n, 0x08n, 0x10n]],
  ];
  test.each(cases)('with %s PAT', (pat, register, bits) => {
    const { cacheModes, pgprot_val } = archOf({ cpu: { pat } });
    expect(IA32_PAT[pat]).toBe(register);
    const modes = CACHE_MODE_NAMES.map((_, mode) => mode as PageCacheMode);
    expect(modes.map((mode) => pgprot_val(cacheModes.cachemode2protval(mode)))).toEqual(bits);
  });
});

describe('changes of the memory type', () => {
  const RW = arch.protOf(0x8000000000000037n);

  test('pgprot_writecombine of an uncached protection is UC in 6.12 and WC in 7.3', () => {
    expect(hex(arch.pgprot_val(arch.pgprot_writecombine(RW)))).toBe('0x800000000000003f');
    expect(hex(later.pgprot_val(later.pgprot_writecombine(RW)))).toBe('0x800000000000002f');
  });

  test('pgprot_writethrough ORs in 6.12 and replaces in 7.3', () => {
    const wc = arch.protOf(0x2fn);
    expect(arch.pgprot_val(arch.pgprot_writethrough(wc))).toBe(0xbfn);
    expect(later.pgprot_val(later.pgprot_writethrough(RW))).toBe(0x80000000000000bfn);
    expect(later.pgprot_val(later.pgprot_writethrough(wc))).toBe(0xbfn);
  });

  test('pgprot_noncached ORs in both', () => {
    expect([arch, later].map((each) => each.pgprot_val(each.pgprot_noncached(0x2f)))).toEqual([
      0x3fn,
      0x3fn,
    ]);
  });

  test('pgprot_modify keeps the memory type of the old protection', () => {
    const none = arch.pgprot_modify(RW, arch.protOf(0x120n));
    expect(arch.pgprot_val(none)).toBe(0x130n);
    expect(arch.pgprot_modify(none, arch.protOf(0x8000000000000027n))).toBe(RW);
  });

  test('pgprot_nx forbids fetches', () => {
    expect(arch.pgprot_val(arch.pgprot_nx(0x27))).toBe(0x8000000000000027n);
  });

  test('a write-through protection in a huge leaf loses its PAT bit unless it is converted', () => {
    const wt = arch.protOf(0x80000000000000bfn);
    const wrong = arch.pmd_mkspecial(arch.pmd_mkhuge(wt));
    const right = arch.pmd_mkspecial(arch.pmd_mkhuge(arch.pgprot_4k_2_large(wt)));
    const words = [wrong, right].map(
      (prot) =>
        (BigInt(arch.codec.hi(1, 0xe0200, prot) >>> 0) << 32n) |
        BigInt(arch.codec.lo(1, 0xe0200, prot) >>> 0),
    );
    expect(words.map(hex)).toEqual(['0x80000000e02002bf', '0x80000000e02012bf']);
    expect(words.map((word) => arch.decode(1, word).memoryType)).toEqual(['UC', 'WT']);
    expect(hex(arch.pgprot_val(arch.pmd_pgprot(right)))).toBe('0x80000000000012bf');
  });
});
