// Goal: a user access succeeds or faults, and leaves the marks, as on a CPU. Method: each bit that decides, with and
// without hardware management of the access flag and dirty state.
import {
  PTE_AF,
  PTE_RDONLY,
  PTE_TABLE_BIT,
  PTE_USER,
  PTE_UXN,
  PTE_VALID,
  PTE_WRITE,
} from '@pfnmap/arch-arm64';
import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { arm64, PLAIN_CPU } from './kernels.ts';

const managed = arm64();
const trapping = arm64({ cpu: { ...PLAIN_CPU, hafdbs: false } });
const pte = (arch: typeof managed, prot: number, write = false, exec = false): boolean =>
  arch.hardware.permits(PGTABLE_LEVEL_PTE, prot, write, exec);

describe.each([
  ['with hardware management', managed],
  ['without hardware management', trapping],
] as const)('%s', (_name, arch) => {
  test('reading needs VALID and USER', () => {
    expect(pte(arch, arch.PAGE_READONLY)).toBe(true);
    expect(pte(arch, arch.PAGE_READONLY & ~PTE_VALID)).toBe(false);
    expect(pte(arch, arch.PAGE_READONLY & ~PTE_USER)).toBe(false);
    expect(pte(arch, arch.PAGE_NONE)).toBe(false);
    expect(pte(arch, 0)).toBe(false);
  });

  test('a page needs bit 1 set and a block needs it clear', () => {
    const block = arch.PAGE_READONLY & ~PTE_TABLE_BIT;
    expect(arch.hardware.permits(PGTABLE_LEVEL_PMD, block, false, false)).toBe(true);
    expect(arch.hardware.permits(PGTABLE_LEVEL_PMD, arch.PAGE_READONLY, false, false)).toBe(false);
    expect(pte(arch, block)).toBe(false);
  });

  test('executing needs UXN clear, and no USER: execute-only memory cannot be read', () => {
    expect(pte(arch, arch.PAGE_READONLY_EXEC, false, true)).toBe(true);
    expect(pte(arch, arch.PAGE_READONLY, false, true)).toBe(false);
    expect(pte(arch, arch.PAGE_EXECONLY, false, true)).toBe(true);
    expect(pte(arch, arch.PAGE_EXECONLY)).toBe(false);
    expect(pte(arch, arch.PAGE_READONLY_EXEC | PTE_UXN, false, true)).toBe(false);
  });

  test('a store to a dirty, writable page succeeds, to a read-only page it faults', () => {
    expect(pte(arch, arch.PAGE_SHARED & ~PTE_RDONLY, true)).toBe(true);
    expect(pte(arch, arch.PAGE_READONLY, true)).toBe(false);
  });
});

test('a store to a clean, writable page is noted by hardware, or faults to the kernel', () => {
  const clean = managed.PAGE_SHARED;
  expect(pte(managed, clean, true)).toBe(true);
  expect(managed.hardware.accessed(PGTABLE_LEVEL_PTE, clean, true)).toBe(clean & ~PTE_RDONLY);
  expect(pte(trapping, clean, true)).toBe(false);
});

test('an access with the access flag clear sets it, or faults to the kernel', () => {
  const old = managed.PAGE_SHARED & ~PTE_AF;
  expect(pte(managed, old)).toBe(true);
  expect(managed.hardware.accessed(PGTABLE_LEVEL_PTE, old, false)).toBe(managed.PAGE_SHARED);
  expect(pte(trapping, old)).toBe(false);
  expect(pte(trapping, managed.PAGE_EXECONLY & ~PTE_AF, false, true)).toBe(false);
});

test('a read leaves RDONLY, and a store without WRITE leaves what is there', () => {
  const clean = managed.PAGE_SHARED;
  expect(managed.hardware.accessed(PGTABLE_LEVEL_PTE, clean, false)).toBe(clean);
  const open = clean & ~PTE_RDONLY & ~PTE_WRITE;
  expect(managed.hardware.accessed(PGTABLE_LEVEL_PTE, open, true)).toBe(open);
  expect(trapping.hardware.accessed(PGTABLE_LEVEL_PTE, open, true)).toBe(open);
});

test('the kernel hears of no soft-dirty state, flushes without a ceiling, and flushes on invalidate_ad', () => {
  const { update } = managed;
  expect(update.invalidateAdFlushes).toBe(true);
  expect(update.hasSoftDirty).toBe(false);
  expect(update.singlePageFlushCeiling).toBe(Number.POSITIVE_INFINITY);
  expect(update.hugeFlushStepsByPage).toBe(false);
  expect(managed.pte_soft_dirty(-1)).toBe(false);
});
