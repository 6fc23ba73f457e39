import { EBUSY, EINVAL } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import { type CacheMode, cattr_name, is_new_memtype_allowed } from '../src/index.ts';
import { modeOf, shortList, testPat } from './test-machine.ts';

const [WB, WC, UC_MINUS, UC, WT, WP] = [0, 1, 2, 3, 4, 5] as const;
const MODES = [WB, WC, UC_MINUS, UC, WT, WP] as const;
const BAR = 0x200000000;

describe('memtype_reserve', () => {
  test('14.3: warns about an empty range', () => {
    const pat = testPat('6.12.117');
    expect(pat.memtype_reserve(BAR, BAR, WB).error).toBe(-EINVAL);
    expect(pat.warnings).toEqual([
      'memtype_reserve: memtype_reserve failed: [mem 0x200000000-0x1ffffffff], req write-back',
    ]);
  });

  test('14.3: grants everything and stores nothing without PAT', () => {
    const pat = testPat('6.12.117', { patEnabled: false });
    for (const type of MODES) {
      expect(pat.memtype_reserve(BAR, BAR + 0x1000, type)).toEqual({ error: 0, type });
    }
    expect(pat.nodes()).toEqual([]);
    expect(pat.memtype_free(BAR, BAR + 0x1000)).toBe(0);
  });

  test('14.3: gives the ISA hole write-back and does not store it', () => {
    const pat = testPat('6.12.117');
    expect(pat.memtype_reserve(0xa0000, 0x100000, UC)).toEqual({ error: 0, type: WB });
    expect(pat.nodes()).toEqual([]);
    expect(pat.memtype_reserve(0x9f000, 0xa1000, WC)).toEqual({ error: 0, type: WC });
    expect(shortList(pat)).toEqual(['9f-a1 wc']);
  });

  test('14.3: makes write-back uncached-minus where an MTRR is not write-back', () => {
    const pat = testPat('6.12.117');
    expect(pat.memtype_reserve(0xe8000000, 0xe8100000, WB)).toEqual({ error: 0, type: UC_MINUS });
    expect(pat.memtype_reserve(BAR, BAR + 0x1000, WB)).toEqual({ error: 0, type: WB });
  });

  test('14.3: refuses RAM behind something else, but not RAM before it', () => {
    const pat = testPat('6.12.117');
    expect(pat.memtype_reserve(0xff000, 0x101000, WC).error).toBe(-EINVAL);
    expect(pat.memtype_free(0xff000, 0x101000)).toBe(-EINVAL);
    expect(pat.memtype_reserve(0x3ffde000, 0x3ffe0000, WC)).toEqual({ error: 0, type: WC });
    expect(pat.nodes()).toEqual([]);
  });

  test('14.5: adopts the type of what overlaps', () => {
    const pat = testPat('6.12.117');
    pat.memtype_reserve(BAR, BAR + 0x4000, WC);
    expect(pat.memtype_reserve(BAR + 0x3000, BAR + 0x6000, UC)).toEqual({ error: 0, type: WC });
    expect(shortList(pat)).toEqual(['200000-200004 wc', '200003-200006 wc']);
  });

  test('14.5: refuses another type to a caller that adopts none', () => {
    const pat = testPat('6.12.117');
    pat.memtype_reserve(BAR, BAR + 0x4000, WC);
    expect(pat.memtype_reserve(BAR, BAR + 0x1000, UC_MINUS, false).error).toBe(-EBUSY);
    expect(pat.log).toEqual([
      'x86/PAT: patrun:PID conflicting memory types 200000000-200001000 uncached-minus<->write-combining',
      'x86/PAT: memtype_reserve failed [mem 0x200000000-0x200000fff], track uncached-minus, req uncached-minus',
    ]);
    expect(pat.memtype_reserve(BAR, BAR + 0x1000, WC, false).error).toBe(0);
  });

  test('14.5: refuses a range that holds two types', () => {
    const pat = testPat('6.12.117');
    pat.memtype_reserve(BAR, BAR + 0x100000, WC);
    pat.memtype_reserve(BAR + 0x100000, BAR + 0x200000, UC_MINUS);
    expect(pat.memtype_reserve(BAR, BAR + 0x200000, WB).error).toBe(-EBUSY);
    expect(pat.log).toEqual([
      'x86/PAT: patrun:PID conflicting memory types 200000000-200200000 write-combining<->uncached-minus',
      'x86/PAT: memtype_reserve failed [mem 0x200000000-0x2001fffff], track write-back, req write-back',
    ]);
  });
});

describe('the type of RAM pages', () => {
  test('14.4: is taken from write-back only, page by page', () => {
    const pat = testPat('6.12.117');
    expect(pat.set_memory_uc(0x2ac0000, 1)).toBe(0);
    expect(pat.set_memory_wc(0x2ac0000, 1)).toBe(-EBUSY);
    expect(pat.set_memory_wc(0x2ac1000, 1)).toBe(0);
    expect(pat.log).toEqual([
      'x86/PAT: reserve_ram_pages_type failed [mem 0x02ac0000-0x02ac0fff], track 0x2, req 0x1',
    ]);
    expect([0x2ac0000, 0x2ac1000, 0x2ac2000].map((at) => pat.lookup_memtype(at))).toEqual([
      2, 1, 0,
    ]);
    expect(pat.set_memory_wb(0x2ac0000, 2)).toBe(0);
    expect(pat.lookup_memtype(0x2ac0000)).toBe(WB);
  });

  test('14.4: cannot be write-protected, and strongly uncached becomes uncached-minus', () => {
    const pat = testPat('6.12.117');
    expect(pat.memtype_reserve(0x2ac0000, 0x2ac1000, WP)).toEqual({
      error: -EINVAL,
      type: UC_MINUS,
    });
    for (const start of [0x2ac0000, 0x2ac1000]) {
      expect(pat.memtype_reserve(start, start + 0x1000, UC)).toEqual({ error: 0, type: UC_MINUS });
    }
    expect(pat.warnings).toHaveLength(1);
  });

  test('14.9: rules a user mapping of RAM, which reserves nothing', () => {
    const pat = testPat('6.12.117');
    expect(pat.reserve_pfn_range(0x1000000, 0x2000, 0x10, false)).toEqual({ error: 0, prot: 0 });
    expect(pat.log).toEqual([
      'x86/PAT: patrun:PID map pfn RAM range req uncached-minus for [mem 0x01000000-0x01001fff], got write-back',
    ]);
    const off = testPat('6.12.117', { patEnabled: false });
    expect(off.reserve_pfn_range(0x1000000, 0x2000, 0x10, false)).toEqual({ error: 0, prot: 0x10 });
  });
});

describe('reserve_pfn_range', () => {
  test('14.9: refuses an adopted type when strict', () => {
    const pat = testPat('6.12.117');
    pat.memtype_reserve(BAR, BAR + 0x1000, UC_MINUS);
    expect(pat.reserve_pfn_range(BAR, 0x1000, 0x08, true).error).toBe(-EINVAL);
    expect(pat.log).toEqual([
      'x86/PAT: patrun:PID map pfn expected mapping type write-combining for [mem 0x200000000-0x200000fff], got uncached-minus',
    ]);
    expect(pat.nodes()).toHaveLength(1);
    expect(pat.reserve_pfn_range(BAR, 0x1000, 0x08, false)).toEqual({ error: 0, prot: 0x10 });
  });

  test('keeps a spare encoding of the type that it gets', () => {
    const pat = testPat('6.12.117');
    expect(pat.reserve_pfn_range(BAR, 0x1000, 0x90, false)).toEqual({ error: 0, prot: 0x90 });
    expect(pat.pfnmap_setup_cachemode(0x200000, 0x1000, 0x90)).toEqual({ error: 0, prot: 0x10 });
  });
});

describe('lookup_memtype', () => {
  test('14.6: says write-back for the ISA hole and RAM, uncached-minus where nothing is reserved', () => {
    const pat = testPat('6.12.117');
    expect(
      [0xa0000, 0xff000, 0x100000, 0x1000, 0x3ffdf000, BAR].map((at) => pat.lookup_memtype(at)),
    ).toEqual([WB, WB, WB, UC_MINUS, UC_MINUS, UC_MINUS]);
    pat.memtype_reserve(BAR, BAR + 0x2000, WT);
    expect(
      [BAR - 0x1000, BAR, BAR + 0x1000, BAR + 0x2000].map((at) => pat.lookup_memtype(at)),
    ).toEqual([UC_MINUS, WT, WT, UC_MINUS]);
  });
});

describe('is_new_memtype_allowed', () => {
  test('14.10: refuses exactly four pairs outside the ISA hole, and none inside', () => {
    const refused = MODES.flatMap((requested) =>
      MODES.filter((given) => !is_new_memtype_allowed(BAR, 0x1000, requested, given)).map(
        (given) => `${cattr_name(requested)} by ${cattr_name(given)}`,
      ),
    );
    expect(refused).toEqual([
      'write-combining by write-back',
      'uncached-minus by write-back',
      'write-through by write-back',
      'write-through by write-combining',
    ]);
    const inHole = (requested: CacheMode, given: CacheMode): boolean =>
      is_new_memtype_allowed(0xa0000, 0x60000, requested, given);
    expect(MODES.every((requested) => MODES.every((given) => inHole(requested, given)))).toBe(true);
  });
});

describe('memtype_free', () => {
  test('14.15: shortens the first node with the same end before 6.16, and complains after', () => {
    for (const [profile, left] of [
      ['6.12.117', ['200000-200002 uc-', '200001-200004 uc-']],
      ['7.3', ['200000-200004 uc-', '200001-200004 uc-']],
    ] as const) {
      const pat = testPat(profile);
      pat.memtype_reserve(BAR, BAR + 0x4000, modeOf('uc-'));
      pat.memtype_reserve(BAR + 0x1000, BAR + 0x4000, modeOf('uc-'));
      const freed = pat.memtype_free(BAR + 0x2000, BAR + 0x4000);
      expect(freed).toBe(profile === '7.3' ? -EINVAL : 0);
      expect(shortList(pat)).toEqual(left);
      expect(pat.memtype_free(BAR, BAR + 0x3000)).toBe(-EINVAL);
      expect(pat.log.at(-1)).toBe(
        'x86/PAT: patrun:PID freeing invalid memtype [mem 0x200000000-0x200002fff]',
      );
    }
  });
});
