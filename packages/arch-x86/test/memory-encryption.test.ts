// Goal: memory encryption takes address bits away and gives them a meaning. Method: the checked cases of AMD and TDX.
import type { MemoryEncryption } from '@pfnmap/arch-x86';
import { encodeEntry, splitEntry } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { archOf, SYMBOLS_6_12 } from './fake-config.ts';
import { hex } from './vector-rows.ts';

const archWith = (encryption: MemoryEncryption) => archOf({ cpu: { encryption } });

const cases: ReadonlyArray<
  readonly [string, MemoryEncryption, field: string, table: string, bit: bigint]
> = [
  ['none', { kind: 'none' }, '0x000ffffffffff000', '0x0000000000000067', 0n],
  [
    'AMD, C-bit 51',
    { kind: 'amd', cBit: 51 },
    '0x0007fffffffff000',
    '0x0008000000000067',
    1n << 51n,
  ],
  [
    'AMD, C-bit 47',
    { kind: 'amd', cBit: 47 },
    '0x000f7ffffffff000',
    '0x0000800000000067',
    1n << 47n,
  ],
  [
    'TDX, 52 bits',
    { kind: 'tdx', gpaBits: 52 },
    '0x0007fffffffff000',
    '0x0000000000000067',
    1n << 51n,
  ],
  [
    'TDX, 48 bits',
    { kind: 'tdx', gpaBits: 48 },
    '0x00007ffffffff000',
    '0x0000000000000067',
    1n << 47n,
  ],
];

describe.each(cases)('%s', (_name, encryption, field, table, bit) => {
  const arch = archWith(encryption);

  test('the address field and _PAGE_TABLE are those of Linux', () => {
    expect(hex(encodeEntry(arch, 0, 2 ** 40 - 1, 1) & ~1n)).toBe(field);
    expect(hex(arch.pgprot_val(arch.format.tableProt))).toBe(table);
  });

  test('the bit is kept by every change of protection', () => {
    const kept = arch.pte_modify(arch.protOf(0x27n | bit), arch.protOf(0x25n));
    expect(arch.pgprot_val(kept)).toBe(0x25n | bit);
    expect(arch.pgprot_val(arch.pte_modify(arch.protOf(0x27n), arch.protOf(0x25n | bit)))).toBe(
      0x25n,
    );
  });
});

describe('the protection of a BAR', () => {
  const barProt = (encryption: MemoryEncryption): string => {
    const arch = archWith(encryption);
    return hex(
      arch.pgprot_val(arch.pgprot_decrypted(arch.pgprot_noncached(arch.vm_get_page_prot(11)))),
    );
  };
  test.each<[string, MemoryEncryption, string]>([
    ['no encryption', { kind: 'none' }, '0x8000000000000037'],
    ['a TDX guest with 52 bits', { kind: 'tdx', gpaBits: 52 }, '0x8008000000000037'],
    ['a TDX guest with 48 bits', { kind: 'tdx', gpaBits: 48 }, '0x8000800000000037'],
    ['an AMD host with C-bit 51', { kind: 'amd', cBit: 51 }, '0x8000000000000037'],
  ])('%s', (_name, encryption, value) => {
    expect(barProt(encryption)).toBe(value);
  });

  test.each<[number, string, string]>([
    [52, '0x80080000e02002b7', '0x000fffff1fc003b0'],
    [48, '0x80008000e02002b7', '0x0000ffff1fc003b0'],
  ])(
    'a huge leaf of a TDX guest with %i bits keeps the shared bit under PROT_NONE',
    (gpaBits, shared, none) => {
      const arch = archWith({ kind: 'tdx', gpaBits });
      const vm_page_prot = arch.pgprot_decrypted(arch.protOf(0x8000000000000037n));
      const leaf = arch.pmd_mkspecial(arch.pmd_mkhuge(vm_page_prot));
      expect(hex(encodeEntry(arch, 1, 0xe0200, leaf))).toBe(shared);
      const closed = arch.pmd_modify(leaf, arch.protOf(0x130n));
      expect(hex(encodeEntry(arch, 1, 0xe0200, closed))).toBe(none);
      expect(splitEntry(arch, 1, BigInt(none))).toEqual({ pfn: 0xe0200, prot: closed });
      expect(arch.decode(1, BigInt(shared)).flags).toContain('SHARED');
    },
  );
});

test('AMD encrypts what user VMAs map, and decrypting takes the C-bit away', () => {
  const arch = archWith({ kind: 'amd', cBit: 51 });
  expect(hex(arch.pgprot_val(arch.vm_get_page_prot(11)))).toBe('0x8008000000000027');
  expect(hex(arch.pgprot_val(arch.vm_get_page_prot(0)))).toBe('0x0008000000000120');
  expect(hex(arch.pgprot_val(arch.pgprot_encrypted(0x27)))).toBe('0x0008000000000027');
  expect(arch.decode(1, 0x0008000123456067n)).toMatchObject({
    kind: 'table',
    address: 0x123456000n,
    flags: ['P', 'RW', 'US', 'A', 'D', 'C'],
  });
});

test('a virtual top of memory works as the shared bit of TDX does', () => {
  const arch = archWith({ kind: 'vtom', sharedBit: 46 });
  expect(hex(arch.pgprot_val(arch.pgprot_decrypted(0x27)))).toBe('0x0000400000000027');
  expect(arch.pgprot_encrypted(arch.pgprot_decrypted(0x27))).toBe(0x27);
});

test('encryption needs the option of the kernel', () => {
  const plain = archOf({
    symbols: SYMBOLS_6_12.filter((symbol) => symbol !== 'AMD_MEM_ENCRYPT'),
    cpu: { encryption: { kind: 'amd', cBit: 51 } },
  });
  expect(plain.pgprot_val(plain.format.tableProt)).toBe(0x67n);
});

test('a bit outside 45 to 51 is refused', () => {
  expect(() => archWith({ kind: 'amd', cBit: 44 })).toThrow(
    'the C-bit is bit 44; it must be one of the bits 45 to 51',
  );
  expect(() => archWith({ kind: 'tdx', gpaBits: 53 })).toThrow(RangeError);
});
