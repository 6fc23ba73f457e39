// Goal: swap-type entries have the layout and the numbers of Linux. Method: the entries and the numbering of both kernels,
// with and without device memory.
import { __swp_entry, __swp_offset, __swp_type, type ArchX86 } from '@pfnmap/arch-x86';
import { describe, expect, test } from 'vitest';
import { changed, protIn } from './entry-words.ts';
import { archOf, SYMBOLS_6_12, SYMBOLS_7_3 } from './fake-config.ts';
import { hex, rowsOf } from './vector-rows.ts';

const arch = archOf();
type Row = readonly [string, string, string, string, string, string];

test.each(rowsOf<Row>('swap-entries.json'))('%s', (_what, type, offset, entry, soft, uffd) => {
  const word = __swp_entry(Number(type), Number(offset));
  expect(hex(word)).toBe(entry);
  expect(__swp_type(word)).toBe(Number(type));
  expect(__swp_offset(word)).toBe(Number(offset));
  expect(hex(changed(arch, 0, word, arch.pte_swp_mksoft_dirty))).toBe(soft);
  expect(hex(changed(arch, 1, word, arch.pmd_swp_mksoft_dirty))).toBe(soft);
  expect(hex(changed(arch, 0, word, arch.pte_swp_mkuffd_wp))).toBe(uffd);
  expect(hex(changed(arch, 1, word, arch.pmd_swp_mkuffd_wp))).toBe(uffd);
  expect(hex(changed(arch, 0, BigInt(soft), arch.pte_swp_clear_soft_dirty))).toBe(entry);
  expect(hex(changed(arch, 0, BigInt(uffd), arch.pte_swp_clear_uffd_wp))).toBe(entry);
});

test('marks of a swap-type entry are told from each other', () => {
  const prot = protIn(arch, 0, 0x2fffffffffdb9600n);
  const exclusive = arch.pte_swp_mkexclusive(prot);
  expect(arch.pte_swp_exclusive(exclusive)).toBe(true);
  expect(arch.pte_swp_soft_dirty(exclusive)).toBe(false);
  expect(arch.pte_swp_uffd_wp(exclusive)).toBe(false);
  expect(arch.pte_swp_clear_exclusive(exclusive)).toBe(prot);
  expect(arch.pmd_swp_soft_dirty(arch.pmd_swp_mksoft_dirty(prot))).toBe(true);
  expect(arch.pmd_swp_uffd_wp(arch.pmd_swp_mkuffd_wp(prot))).toBe(true);
});

test('no swap-type entry is present or a huge leaf', () => {
  for (const type of [0, 5, 24, 30, 31]) {
    const word = __swp_entry(type, 0xe0200);
    expect(arch.pte_present(protIn(arch, 0, word))).toBe(false);
    expect(arch.pmd_present(protIn(arch, 1, word))).toBe(false);
    expect(arch.pmd_trans_huge(protIn(arch, 1, word))).toBe(false);
  }
});

describe('numbers of the types', () => {
  const numbers = ({ swapTypes }: ArchX86) => [
    swapTypes.MAX_SWAPFILES,
    swapTypes.SWP_HWPOISON,
    swapTypes.SWP_MIGRATION_READ,
    swapTypes.SWP_MIGRATION_READ_EXCLUSIVE,
    swapTypes.SWP_MIGRATION_WRITE,
    swapTypes.SWP_DEVICE_WRITE,
    swapTypes.SWP_DEVICE_READ,
    swapTypes.SWP_DEVICE_EXCLUSIVE_WRITE,
    swapTypes.SWP_DEVICE_EXCLUSIVE_READ,
    swapTypes.SWP_PTE_MARKER,
  ];
  const none = undefined;
  test.each([
    ['6.12', SYMBOLS_6_12, [27, 27, 28, 29, 30, none, none, none, none, 31]],
    ['7.3', SYMBOLS_7_3, [27, 27, 28, 29, 30, none, none, none, none, 31]],
    [
      '6.12 with device memory',
      [...SYMBOLS_6_12, 'DEVICE_PRIVATE'],
      [23, 23, 24, 25, 26, 27, 28, 29, 30, 31],
    ],
    [
      '7.3 with device memory',
      [...SYMBOLS_7_3, 'DEVICE_PRIVATE'],
      [24, 24, 25, 26, 27, 28, 29, 30, none, 31],
    ],
    ['a kernel with nothing of it', [], [31, none, none, none, none, none, none, none, none, 31]],
  ])('%s', (_name, symbols, expected) => {
    expect(numbers(archOf({ symbols }))).toEqual(expected);
  });
});

describe('the offset of a migration entry', () => {
  test.each([
    [4, 0xc00012345, '0xd7ffe7fffdb97400'],
    [5, 0x30000012345, '0xd7f9fffffdb97400'],
  ] as const)('carries young and dirty above the frame with %i levels', (levels, offset, entry) => {
    const { migrationOffset } = archOf({ levels });
    expect(migrationOffset.make(0x12345, true, true)).toBe(offset);
    expect(hex(__swp_entry(26, offset))).toBe(entry);
    expect(migrationOffset.pfn(offset)).toBe(0x12345);
    expect([migrationOffset.young(offset), migrationOffset.dirty(offset)]).toEqual([true, true]);
    expect([migrationOffset.young(0x12345), migrationOffset.dirty(0x12345)]).toEqual([
      false,
      false,
    ]);
  });

  test('tells the frame of a migration entry, and -1 of an entry of another kind', () => {
    const { migrationPfn, swapTypes } = archOf();
    const types = [
      swapTypes.SWP_MIGRATION_READ,
      swapTypes.SWP_MIGRATION_READ_EXCLUSIVE,
      swapTypes.SWP_MIGRATION_WRITE,
    ];
    for (let type = 0; type < 32; type++)
      expect(migrationPfn?.(__swp_entry(type, 0x12345))).toBe(types.includes(type) ? 0x12345 : -1);
  });

  test('has no room for them where L1TF makes swap files small', () => {
    const small = archOf({ cpu: { l1tf: true, physBits: 36 } }).migrationOffset;
    expect(small.carriesYoungDirty).toBe(false);
    expect(small.make(0x12345, true, true)).toBe(0x12345);
    expect(small.young(2 ** 34)).toBe(false);
    expect(archOf({ cpu: { l1tf: true, physBits: 46 } }).migrationOffset.carriesYoungDirty).toBe(
      true,
    );
  });
});
