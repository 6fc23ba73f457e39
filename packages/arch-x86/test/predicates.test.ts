// Goal: presence, kind and write access follow the truth tables of Linux. Method: the tables row by row, and entries that
// are easily taken for others.
import type { PgtableLevel } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { protIn } from './entry-words.ts';
import { archOf, SYMBOLS_6_12 } from './fake-config.ts';
import { rowsOf } from './vector-rows.ts';

const arch = archOf();
const isNone = (word: bigint): number =>
  Number((word & BigInt.asUintN(64, BigInt(arch.format.noneMask))) === 0n);

describe('entries that are easily taken for others', () => {
  type Row = readonly [string, string, ...number[]];
  test.each(rowsOf<Row>('lookalikes.json'))('%s: %s', (entry, _what, ...answers) => {
    const word = BigInt(entry);
    const at = (level: PgtableLevel) => protIn(arch, level, word);
    expect([
      isNone(word),
      Number(arch.pte_present(at(0))),
      isNone(word),
      Number(arch.pmd_present(at(1))),
      isNone(word),
      Number(arch.pud_present(at(2))),
      Number(arch.pmd_bad(at(1))),
      Number(arch.pud_bad(at(2))),
    ]).toEqual(answers);
  });

  test('a PROT_NONE PUD leaf is neither none nor present, and still a huge leaf', () => {
    const prot = protIn(arch, 2, 0x000fc7ff800003b0n);
    expect(arch.pud_present(prot)).toBe(false);
    expect(arch.pud_leaf(prot)).toBe(true);
    expect(arch.pud_trans_huge(prot)).toBe(true);
  });

  test('special, dirty, young and write answer for a swap-type entry as well', () => {
    const prot = protIn(arch, 1, 0x2fffffffffdb9606n);
    expect(arch.pmd_present(prot)).toBe(false);
    expect(arch.pmd_special(prot)).toBe(true);
    expect(arch.pmd_write(prot)).toBe(true);
  });
});

describe('presence', () => {
  type Row = readonly number[];
  test.each(rowsOf<Row>('present-bits.json'))('P=%i PROTNONE=%i PSE=%i', (...row) => {
    const [p, protnone, pse, ...answers] = row as [number, number, number, ...number[]];
    const prot = p | (protnone << 8) | (pse << 7);
    // Bit 9 keeps the word from being clear.
    const low = arch.codec.lo(0, 0, prot | 0x200) >>> 12;
    expect([
      Number(arch.pte_present(prot)),
      Number(arch.pmd_present(prot)),
      Number(arch.pud_present(prot)),
      Number(arch.pte_protnone(prot)),
      Number(low === 0xfffff),
    ]).toEqual(answers);
    expect(arch.pmd_protnone(prot)).toBe(arch.pte_protnone(prot));
  });

  test('a PROT_NONE PTE is accessible only while a TLB flush is pending', () => {
    expect(arch.pte_accessible(0x120, false)).toBe(false);
    expect(arch.pte_accessible(0x120, true)).toBe(true);
    expect(arch.pte_accessible(0x25, false)).toBe(true);
  });
});

describe('write access and dirtiness', () => {
  const shadow = archOf({ cpu: { shstk: true } });
  type Row = readonly number[];
  test.each(rowsOf<Row>('write-bits.json'))('RW=%i D=%i SAVED_DIRTY=%i', (...row) => {
    const [rw, d, saved, ...answers] = row as [number, number, number, ...number[]];
    const pte = 1 | (rw << 1) | (d << 6) | (saved << 26);
    const leaf = pte | 0x80;
    const both = [arch, shadow] as const;
    expect([
      Number(arch.pte_dirty(pte)),
      ...both.map((each) => Number(each.pte_write(pte))),
      Number(shadow.pud_write(leaf)),
      Number(shadow.pte_shstk(pte)),
    ]).toEqual(answers);
    expect(both.map((each) => each.pmd_write(leaf))).toEqual(
      both.map((each) => each.pte_write(pte)),
    );
    expect(both.map((each) => each.pud_dirty(leaf))).toEqual(
      both.map((each) => each.pte_dirty(pte)),
    );
    expect(shadow.pmd_shstk(leaf)).toBe(shadow.pte_shstk(pte));
    expect(shadow.pud_shstk(leaf)).toBe(shadow.pte_shstk(pte));
    expect(shadow.pmd_shstk(pte)).toBe(false);
  });

  test('access_permitted needs P and US, RW for a write, and the key in PKRU', () => {
    const keyed = archOf({ cpu: { readPkru: () => 0b10_01_00 } });
    const leaf = 0x27;
    const key = (n: number) => leaf | (n << 27);
    expect([
      keyed.pte_access_permitted(key(0), false),
      keyed.pte_access_permitted(key(0), true),
    ]).toEqual([true, true]);
    expect([
      keyed.pmd_access_permitted(key(1), false),
      keyed.pmd_access_permitted(key(1), true),
    ]).toEqual([false, false]);
    expect([
      keyed.pud_access_permitted(key(2), false),
      keyed.pud_access_permitted(key(2), true),
    ]).toEqual([true, false]);
    expect(arch.pte_access_permitted(key(1), true)).toBe(true);
    expect(arch.pte_access_permitted(0x25, true)).toBe(false);
    expect(arch.pte_access_permitted(0x23, false)).toBe(false);
    const keyless = archOf({
      symbols: SYMBOLS_6_12.filter((symbol) => symbol !== 'X86_INTEL_MEMORY_PROTECTION_KEYS'),
      cpu: { readPkru: () => -1 },
    });
    expect(keyless.pte_access_permitted(key(1), true)).toBe(true);
    expect(keyless.pte_flags_pkey(key(5))).toBe(0);
    expect(arch.pte_flags_pkey(key(5))).toBe(5);
  });
});
