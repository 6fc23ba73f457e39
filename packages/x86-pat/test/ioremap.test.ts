import { describe, expect, test } from 'vitest';
import { testPat } from './test-machine.ts';

const BAR = 0x200000000;

describe('ioremap', () => {
  test('14.8, 14.18: gives the whole BAR a type from enabling the device until disabling it', () => {
    const pat = testPat('6.12.117');
    const mapping = pat.ioremap(BAR, 2 ** 33, 2);
    expect(pat.pat_memtype_list()).toEqual([
      'PAT memtype list:',
      'PAT: [mem 0x0000000200000000-0x0000000400000000] uncached-minus',
    ]);
    if (mapping !== null) pat.iounmap(mapping);
    expect(pat.nodes()).toEqual([]);
  });

  test('maps whole pages', () => {
    const pat = testPat('6.12.117');
    expect(pat.ioremap(BAR + 0x800, 0x1000, 1)).toEqual({ start: BAR, end: BAR + 0x2000, type: 1 });
    expect(pat.ioremap(BAR, 1, 1)).toEqual({ start: BAR, end: BAR + 0x1000, type: 1 });
    expect(pat.ioremap(BAR, 0, 1)).toBeNull();
  });

  test('takes the type of the range, or fails with a line in the log', () => {
    const pat = testPat('6.12.117');
    pat.ioremap(BAR, 2 ** 26, 0);
    expect(pat.ioremap(BAR, 2 ** 20, 2)).toBeNull();
    expect(pat.ioremap(BAR, 2 ** 20, 3)?.type).toBe(0);
    expect(pat.log).toEqual(['ioremap error for 0x200000000-0x200100000, requested 0x2, got 0x0']);
  });

  test('fails over two types', () => {
    const pat = testPat('6.12.117');
    pat.ioremap(BAR, 2 ** 20, 1);
    pat.ioremap(BAR + 2 ** 20, 2 ** 20, 2);
    expect(pat.ioremap(BAR, 2 ** 21, 2)).toBeNull();
    expect(pat.log.at(-1)).toBe('ioremap memtype_reserve failed -16');
  });

  test('refuses RAM and addresses that no CPU has, and warns once of each', () => {
    const pat = testPat('6.12.117');
    for (const address of [0x1000000, 0x1000000, 2 ** 52, 2 ** 52]) {
      expect(pat.ioremap(address, 0x1000, 1)).toBeNull();
    }
    expect(pat.warnings).toEqual([
      '__ioremap_caller: ioremap on RAM at 0x0000000001000000 - 0x0000000001000fff',
      '__ioremap_caller: the physical address is too wide',
    ]);
    expect(pat.log).toEqual([
      'ioremap: invalid physical address 10000000000000',
      'ioremap: invalid physical address 10000000000000',
    ]);
  });
});
