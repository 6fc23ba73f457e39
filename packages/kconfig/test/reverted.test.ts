// Taking one patch out of the middle of the series: what goes with it, and what stays.
import { describe, expect, test } from 'vitest';
import { resolveKernel, seriesPatches, UnknownSymbolError } from '../src/index.ts';

/** The numbers of the patches that are gone when one is reverted on top of the merged series. */
function gone(number: string, arch = 'x86'): number[] {
  const reverted = [`SERIES_PATCH_${number}`];
  const config = resolveKernel({ profile: '6.12-rc1', arch, reverted });
  return seriesPatches.filter(({ symbol }) => !config.enabled(symbol)).map((patch) => patch.number);
}

describe('a reverted patch', () => {
  test.each(['02', '03', '04', '05', '06', '07', '17', '18', '19'])('%s goes alone', (number) => {
    expect(gone(number)).toEqual([Number(number)]);
  });

  test.each([
    ['01', [1, 3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]],
    ['08', [8, 9, 10, 11, 12, 13, 14, 15, 16]],
    ['09', [9, 10, 11, 12, 13, 14, 15, 16]],
    ['13', [13, 16]],
    ['16', [16]],
  ])('%s takes along what cannot be built without it: %j', (number, expected) => {
    expect(gone(number)).toEqual(expected);
  });

  test('takes the fixes of it along', () => {
    const reverted = ['SERIES_PATCH_07'];
    const config = resolveKernel({ profile: '6.12', arch: 'x86', reverted });
    expect(config.enabled('FIX_PMD_SPECIAL_PRESENT')).toBe(false);
    expect(config.enabled('FIX_FOLLOW_LOCKDEP_NO_FILE')).toBe(true);
  });

  test('17 turns huge pfn mappings off on x86_64 alone', () => {
    const enabled = (arch: string) =>
      resolveKernel({
        profile: '6.12',
        arch,
        with: ['TRANSPARENT_HUGEPAGE'],
        reverted: ['CONFIG_SERIES_PATCH_17'],
      }).enabled('ARCH_SUPPORTS_HUGE_PFNMAP');
    expect([enabled('x86'), enabled('arm64')]).toEqual([false, true]);
  });

  test('cannot be asked for at the same time', () => {
    const request = { profile: '6.12', arch: 'x86', with: ['SERIES_PATCH_07'] };
    expect(() => resolveKernel({ ...request, reverted: ['SERIES_PATCH_07'] })).toThrow(
      'the request (reverted)',
    );
  });

  test('must be a symbol', () => {
    const reverted = ['SERIES_PATCH_99'];
    expect(() => resolveKernel({ profile: '6.12', arch: 'x86', reverted })).toThrow(
      UnknownSymbolError,
    );
  });
});

test('without cuts the series off where reverted takes one patch out', () => {
  const config = resolveKernel({ profile: '6.12', arch: 'x86', without: ['SERIES_PATCH_07'] });
  const on = seriesPatches.filter(({ symbol }) => config.enabled(symbol));
  expect(on.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
});
