// Goal: table and swap entries have Linux's bits, and live entries change only as the architecture allows. Method: the
// tables, by value.

import type { ArchArm64 } from '@pfnmap/arch-arm64';
import { encodeEntry } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { hex, protIn } from './entries.ts';
import { arm64, BY_GRANULE, WIDE_CPU } from './kernels.ts';

test.each([
  ['6.12.117', '0x0800004812345003', '0x1000004812345003'],
  ['7.3.4', '0x0800004812345403', '0x1000004812345403'],
] as const)(
  'on %s a user table at 0x4812345000 is entered as %s, a kernel table as %s',
  (kernel, user, own) => {
    const arch = arm64({ kernel });
    expect(hex(encodeEntry(arch, 1, 0x4812345, arch.format.tableProt))).toBe(user);
    expect(hex(encodeEntry(arch, 1, 0x4812345, arch.kernelTableProt))).toBe(own);
    expect(arch.pmd_bad(arch.format.tableProt)).toBe(false);
    expect(arch.pmd_table(arch.kernelTableProt)).toBe(true);
  },
);

test('the address of a table is split under LPA2 like any other', () => {
  const arch = arm64(BY_GRANULE.L4);
  expect(hex(encodeEntry(arch, 1, 0xc004812345, arch.format.tableProt))).toBe('0x0800004812345303');
});

describe('swap entries', () => {
  const arch = arm64();
  test.each([
    ['type 5 offset 0x1234', 5, 0x1234, 0x0000000001234140n],
    ['nothing: type 0 at offset 0', 0, 0, 0n],
    ['6.12 migration read of frame 0x12345', 24, 0x12345, 0x0000000012345600n],
    ['6.12 migration write, young and dirty', 26, 0x3000012345, 0x0003000012345680n],
    ['marker of userfaultfd', 31, 1, 0x00000000000017c0n],
    ['the largest offset', 31, 2 ** 50 - 1, 0x3ffffffffffff7c0n],
  ] as const)('%s: type %i and offset %i are %s', (_name, type, offset, word) => {
    expect(arch.__swp_entry(type, offset)).toBe(word);
    expect(arch.__swp_type(word)).toBe(type);
    expect(arch.__swp_offset(word)).toBe(offset);
    for (const [helper, bit] of [
      [arch.pte_swp_mkuffd_wp, 8n],
      [arch.pte_swp_mkexclusive, 4n],
    ] as const) {
      expect(arch.pgprot_val(helper(protIn(arch, word)))).toBe(
        arch.pgprot_val(protIn(arch, word | bit)),
      );
    }
    expect(arch.pte_present(protIn(arch, word))).toBe(false);
  });
});

describe('the upper levels', () => {
  const exists = (arch: ArchArm64): [p4d: boolean, pgd: boolean] => [
    arch.p4d_bad(0),
    arch.pgd_bad(0),
  ];

  test('6.12 asks only bit 1 of a P4D or PGD entry, 7.3 the whole type', () => {
    const six = arm64({ va: 52, pa: 52, cpu: WIDE_CPU });
    const seven = arm64({ kernel: '7.3.4', va: 52, pa: 52, cpu: WIDE_CPU });
    for (const bad of ['p4d_bad', 'pgd_bad'] as const) {
      expect([0, 1, 2, 3].map((type) => six[bad](type))).toEqual([true, true, false, false]);
      expect([0, 1, 2, 3].map((type) => seven[bad](type))).toEqual([true, true, true, false]);
    }
  });

  test('an entry of a folded level is never bad', () => {
    expect(exists(arm64({ va: 52, pa: 52, cpu: WIDE_CPU }))).toEqual([true, true]);
    expect(exists(arm64({ va: 52, pa: 52 }))).toEqual([true, false]);
    expect(exists(arm64({ va: 48 }))).toEqual([true, false]);
    expect(exists(arm64({ va: 39 }))).toEqual([false, false]);
    expect(exists(arm64({ page: '16K', va: 52, pa: 52, cpu: WIDE_CPU }))).toEqual([true, false]);
    expect(exists(arm64({ page: '16K', va: 52, pa: 52 }))).toEqual([false, false]);
    expect(exists(arm64({ page: '64K', va: 52, pa: 52, cpu: WIDE_CPU }))).toEqual([false, false]);
  });
});

describe('a live entry', () => {
  const B = (bit: number): bigint => 1n << BigInt(bit);
  const base = 0x0068000000000fc3n;
  const six = arm64();
  const isSafe = (arch: ArchArm64, old: bigint, entry: bigint): boolean =>
    arch.pgattr_change_is_safe(7, arch.protOf(old), 7, arch.protOf(entry));

  test.each([53, 7, 51, 55, 56, 57, 58, 63])('may change bit %i, either way', (bit) => {
    expect(isSafe(six, base | B(bit), base & ~B(bit))).toBe(true);
    expect(isSafe(six, base & ~B(bit), base | B(bit))).toBe(true);
  });

  test.each([1, 5, 6, 8, 9, 10, 50, 54, 59, 60, 61, 62])('may not change bit %i', (bit) => {
    expect(isSafe(six, base | B(bit), base & ~B(bit))).toBe(false);
    expect(isSafe(six, base & ~B(bit), base | B(bit))).toBe(false);
  });

  test('may become not global, and not global again', () => {
    expect(isSafe(six, base & ~B(11), base)).toBe(true);
    expect(isSafe(six, base, base & ~B(11))).toBe(false);
  });

  test('may change between Normal and Normal-Tagged and no other memory types', () => {
    for (let from = 0n; from < 8n; from++) {
      for (let to = 0n; to < 8n; to++) {
        const allowed = from === to || (from < 2n && to < 2n);
        expect(isSafe(six, base | (from << 2n), base | (to << 2n))).toBe(allowed);
      }
    }
  });

  test('may not get another frame', () => {
    expect(six.pgattr_change_is_safe(7, six.PAGE_SHARED, 8, six.PAGE_SHARED)).toBe(false);
  });

  test('may be created and taken down at will', () => {
    expect(six.pgattr_change_is_safe(7, six.PAGE_NONE, 8, six.PAGE_READONLY_EXEC)).toBe(true);
    expect(six.pgattr_change_is_safe(7, six.PAGE_READONLY_EXEC, 0, 0)).toBe(true);
  });

  test('of a contiguous group may not change in 6.12 and may in 7.3', () => {
    const seven = arm64({ kernel: '7.3.4' });
    expect(isSafe(six, base | B(52), (base | B(52)) ^ B(53))).toBe(false);
    expect(isSafe(seven, base | B(52), (base | B(52)) ^ B(53))).toBe(true);
    expect(isSafe(seven, base, base | B(52))).toBe(false);
  });
});

test('mprotect() flushes every change in 6.12; in 7.3 only one that the TLB can hold', () => {
  const six = arm64();
  const seven = arm64({ kernel: '7.3.4' });
  for (const name of ['pte_needs_flush', 'huge_pmd_needs_flush'] as const) {
    expect(six[name](six.PAGE_NONE, six.PAGE_SHARED)).toBe(true);
    expect(six[name](six.PAGE_SHARED, six.PAGE_SHARED)).toBe(true);
    expect(seven[name](seven.PAGE_NONE, seven.PAGE_SHARED)).toBe(false);
    expect(seven[name](seven.PAGE_SHARED, seven.PAGE_NONE)).toBe(true);
    expect(seven[name](seven.PAGE_SHARED, seven.PAGE_SHARED)).toBe(false);
    expect(seven[name](seven.PAGE_SHARED, seven.pte_mkspecial(seven.PAGE_SHARED))).toBe(false);
    expect(seven[name](seven.PAGE_SHARED, seven.pte_mkold(seven.PAGE_SHARED))).toBe(true);
  }
});
