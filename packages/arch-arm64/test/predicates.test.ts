// Goal: predicates read the bits that Linux reads. Method: the truth table of a PMD's low bits, the single bits of every
// predicate, and the compound ones over all settings of their bits.
import { describe, expect, test } from 'vitest';
import { arm64, type Build, KERNELS } from './kernels.ts';

const arch = arm64();

// [bit 11, bit 1, bit 0, present, table, leaf, trans_huge, bad]
const LOW_BITS = [
  [0, 0, 0, 0, 0, 0, 0, 1],
  [0, 0, 1, 1, 0, 1, 1, 1],
  [0, 1, 0, 0, 0, 0, 0, 1],
  [0, 1, 1, 1, 1, 0, 0, 0],
  [1, 0, 0, 1, 0, 1, 1, 1],
  [1, 0, 1, 1, 0, 1, 1, 1],
  [1, 1, 0, 1, 0, 1, 0, 1],
  [1, 1, 1, 1, 1, 0, 0, 0],
] as const;

describe.each(KERNELS)('on %s', (kernel) => {
  const of = arm64({ kernel });
  test.each(LOW_BITS)(
    'a PMD with bit 11 %i, bit 1 %i, bit 0 %i: present %i, table %i, leaf %i, trans_huge %i, bad %i',
    (ng, type, valid, ...answers) => {
      // Bits that none of the predicates reads are set, so that only these three can decide.
      const pmd = of.protOf(0x0168000000000440n) | (ng << 11) | (type << 1) | valid;
      const found = [of.pmd_present, of.pmd_table, of.pmd_leaf, of.pmd_trans_huge, of.pmd_bad];
      expect(found.map((predicate) => Number(predicate(pmd)))).toEqual(answers);
    },
  );
});

const SINGLE_BITS = [
  ['pte_valid', 0],
  ['pmd_valid', 0],
  ['pud_valid', 0],
  ['pte_user', 6],
  ['pmd_user', 6],
  ['pud_user', 6],
  ['pte_rdonly', 7],
  ['pte_young', 10],
  ['pmd_young', 10],
  ['pud_young', 10],
  ['pte_write', 51],
  ['pmd_write', 51],
  ['pud_write', 51],
  ['pte_cont', 52],
  ['pmd_cont', 52],
  ['pte_sw_dirty', 55],
  ['pte_special', 56],
  ['pmd_special', 56],
  ['pte_devmap', 57],
  ['pmd_devmap', 57],
  ['pte_uffd_wp', 58],
  ['pmd_uffd_wp', 58],
  ['pte_swp_exclusive', 2],
  ['pte_swp_uffd_wp', 3],
] as const;

test.each(SINGLE_BITS)('%s is bit %i and nothing else', (name, bit) => {
  const only = arch.protOf(1n << BigInt(bit));
  expect(arch[name](only)).toBe(true);
  expect(arch[name](~only)).toBe(false);
});

test.each(['pte_user_exec', 'pmd_user_exec', 'pud_user_exec'] as const)(
  '%s is bit 54 clear',
  (name) => {
    const uxn = arch.protOf(1n << 54n);
    expect(arch[name](uxn)).toBe(false);
    expect(arch[name](~uxn)).toBe(true);
  },
);

/** All settings of some bits of an entry, over two backgrounds. */
function* settings(...bits: number[]): Generator<{ prot: number; on: (bit: number) => boolean }> {
  for (const background of [0n, 2n ** 64n - 1n]) {
    for (let setting = 0; setting < 2 ** bits.length; setting++) {
      let word = background;
      for (const [index, bit] of bits.entries()) {
        word &= ~(1n << BigInt(bit));
        if ((setting >> index) & 1) word |= 1n << BigInt(bit);
      }
      yield { prot: arch.protOf(word), on: (bit) => ((word >> BigInt(bit)) & 1n) === 1n };
    }
  }
}

test('compound predicates follow their definitions over all settings of their bits', () => {
  for (const { prot, on } of settings(0, 6, 11, 51, 54, 7, 55)) {
    const presentInvalid = !on(0) && on(11);
    expect(arch.pte_present_invalid(prot)).toBe(presentInvalid);
    expect(arch.pte_present(prot)).toBe(on(0) || presentInvalid);
    expect(arch.pte_hw_dirty(prot)).toBe(on(51) && !on(7));
    expect(arch.pte_dirty(prot)).toBe(on(55) || (on(51) && !on(7)));
    expect(arch.pte_protnone(prot)).toBe(presentInvalid && !on(6) && on(54));
    expect(arch.pmd_protnone(prot)).toBe(arch.pte_protnone(prot));
    expect(arch.pte_access_permitted(prot, false)).toBe(on(0) && on(6));
    expect(arch.pmd_access_permitted(prot, true)).toBe(on(0) && on(6) && on(51));
    expect(arch.pud_access_permitted(prot, true)).toBe(on(0) && on(6) && on(51));
    expect(arch.pte_user_accessible_page(prot)).toBe(on(0) && (on(6) || !on(54)));
    expect(arch.pte_valid_not_user(prot)).toBe(on(0) && !on(6) && on(54));
    expect(arch.pte_accessible(false, prot)).toBe(on(0));
    expect(arch.pte_accessible(true, prot)).toBe(on(0) || presentInvalid);
  }
});

test('the page-table check asks a PMD and a PUD also for not being a table', () => {
  for (const { prot, on } of settings(0, 1, 6, 54)) {
    const accessible = on(0) && !on(1) && (on(6) || !on(54));
    expect(arch.pmd_user_accessible_page(prot)).toBe(accessible);
    expect(arch.pud_user_accessible_page(prot)).toBe(accessible);
  }
});

test('only AttrIndx 1 is tagged', () => {
  for (let index = 0; index < 8; index++) expect(arch.pte_tagged(index << 2)).toBe(index === 1);
});

test('the instruction cache is synchronised for present, executable entries that are not special', () => {
  const exec = arch.PAGE_SHARED_EXEC;
  expect(arch.syncsInstructionCache(exec)).toBe(true);
  expect(arch.syncsInstructionCache(arch.pmd_mkspecial(exec))).toBe(false);
  expect(arch.syncsInstructionCache(arch.PAGE_SHARED)).toBe(false);
  expect(arch.syncsInstructionCache(0)).toBe(false);
});

test('tags are synchronised for tagged, readable entries that are not special, with MTE', () => {
  const mte = arm64({
    cpu: { lpa2: false, va52: false, hafdbs: true, bti: false, mte: true, epan: true, poe: false },
  });
  const tagged = mte.pgprot_tagged(mte.PAGE_SHARED);
  expect(mte.syncsTags(tagged)).toBe(true);
  expect(mte.syncsTags(mte.pte_mkspecial(tagged))).toBe(false);
  expect(mte.syncsTags(mte.pgprot_tagged(mte.PAGE_EXECONLY))).toBe(false);
  expect(arch.syncsTags(tagged)).toBe(false);
});

describe('the PUD', () => {
  const cases: ReadonlyArray<readonly [string, Build, 'real' | '64K' | 'folded']> = [
    ['with four levels', {}, 'real'],
    ['with three levels', { va: 39 }, 'real'],
    ['with 64K pages', { page: '64K' }, '64K'],
    ['with two levels', { page: '16K', va: 36 }, 'folded'],
  ];
  test.each(cases)('%s', (_name, build, kind) => {
    const of = arm64(build);
    const block = of.pmd_mkhuge(of.PAGE_SHARED);
    const table = of.format.tableProt;
    expect([of.pud_leaf(block), of.pud_table(block), of.pud_sect(block)]).toEqual(
      kind === 'real' ? [true, false, true] : [false, true, false],
    );
    expect(of.pud_bad(block)).toBe(kind !== 'folded');
    expect([of.pud_leaf(table), of.pud_table(table), of.pud_bad(table)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(of.pud_present(0)).toBe(kind === 'folded');
    expect(of.pud_valid(block)).toBe(kind !== 'folded');
    expect(of.pud_trans_huge(block)).toBe(false);
    expect(of.pud_user_accessible_page(block)).toBe(kind === 'real');
    expect(of.pud_special(of.pte_mkspecial(block))).toBe(false);
    expect(of.pud_mkspecial(block)).toBe(block);
  });
});
