import { EINVAL } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import { PfnmapTrackCtx } from '../src/index.ts';
import { testPat, testVma } from './test-machine.ts';

const START = 0x200000000000;

describe('the tracking context of 6.16 and later', () => {
  test('14.16: is held by every part of a mapping, and the last one frees the whole range', () => {
    const pat = testPat('7.3');
    const [low, high, child] = [
      testVma(START, 0x1000),
      testVma(START, 0x3000),
      testVma(START, 0x1000),
    ];
    low.vm_end = START + 0x3000;
    expect(pat.tracking.remap(low, 0x200000, START, 0x3000, 0x10)).toEqual({
      error: 0,
      prot: 0x10,
    });
    expect(low.pfnmap_track_ctx).toBeInstanceOf(PfnmapTrackCtx);
    pat.tracking.share(high, low);
    expect(pat.tracking.copy(child, high)).toBe(0);
    for (const vma of [low, child, low]) {
      pat.tracking.close(vma);
      expect(pat.nodes()).toHaveLength(1);
    }
    pat.tracking.close(high);
    expect(pat.nodes()).toHaveLength(0);
  });

  test('14.16, U6: forbids a second remap of the whole mapping', () => {
    const pat = testPat('7.3');
    const vma = testVma(START, 0x3000);
    pat.tracking.remap(vma, 0x200000, START, 0x3000, 0x10);
    expect(pat.tracking.remap(vma, 0x200000, START, 0x3000, 0x10).error).toBe(-EINVAL);
    expect(pat.tracking.remap(vma, 0x200000, START, 0x1000, 0x10).error).toBe(0);
  });

  test('is counted once when fork both copies the VMA and its entries', () => {
    const pat = testPat('7.3');
    const [vma, child] = [testVma(START, 0x1000), testVma(START, 0x1000)];
    pat.tracking.remap(vma, 0x200000, START, 0x1000, 0x10);
    pat.tracking.share(child, vma);
    pat.tracking.copy(child, vma);
    pat.tracking.close(child);
    pat.tracking.close(vma);
    expect(pat.nodes()).toHaveLength(0);
  });

  test('is dropped by a remap that fails half-way, but not by unmapping or by a part', () => {
    const pat = testPat('7.3');
    const vma = testVma(START, 0x3000);
    pat.tracking.remap(vma, 0x200000, START, 0x3000, 0x10);
    pat.tracking.untrack(vma, 0, 0);
    pat.tracking.untrack(vma, 0x200000, 0x1000);
    pat.tracking.clear(vma);
    expect(pat.nodes()).toHaveLength(1);
    pat.tracking.untrack(vma, 0x200000, 0x3000);
    expect(pat.nodes()).toHaveLength(0);
    expect(vma.pfnmap_track_ctx).toBeNull();
  });

  test('is refused with -EINVAL also for a conflict, which 6.12 reports as -EBUSY', () => {
    for (const [profile, error] of [
      ['7.3', -22],
      ['6.12.117', -16],
    ] as const) {
      const pat = testPat(profile);
      pat.ioremap(0x200000000, 0x1000, 1);
      pat.ioremap(0x200001000, 0x1000, 2);
      const vma = testVma(START, 0x2000);
      expect(pat.tracking.remap(vma, 0x200000, START, 0x2000, 0x10)).toEqual({ error, prot: 0x10 });
      expect(pat.nodes()).toHaveLength(2);
    }
  });

  test('14.11: neither kernel maps a part with two types', () => {
    for (const profile of ['7.3', '6.12.117']) {
      const pat = testPat(profile);
      pat.ioremap(0x200000000, 0x1000, 1);
      pat.ioremap(0x200001000, 0x1000, 2);
      const vma = testVma(START, 0x4000);
      const remap = (size: number) =>
        pat.tracking.remap(vma, 0x200000, START, size, 0x80000037 | 0);
      expect(remap(0x2000).error).toBe(-EINVAL);
      expect(remap(0x1000)).toEqual({ error: 0, prot: 0x8000002f | 0 });
    }
  });
});
