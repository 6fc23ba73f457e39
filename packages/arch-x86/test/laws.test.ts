// Goal: the helpers obey the laws that Linux checks of every architecture at boot. Method: each law for every entry of the
// protection map and for random protections with a fixed seed, at each level, with each option on and off.
import type { ArchX86 } from '@pfnmap/arch-x86';
import type { Prot } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LeafLevel } from './entry-words.ts';
import { archOf, SYMBOLS_6_12, SYMBOLS_7_3 } from './fake-config.ts';

const SEED = 0x6c617773;

const without = (...off: readonly string[]): readonly string[] =>
  SYMBOLS_6_12.filter((symbol) => !off.includes(symbol));

const kernels: ReadonlyArray<readonly [string, ArchX86]> = [
  ['6.12', archOf()],
  ['7.3', archOf({ symbols: SYMBOLS_7_3 })],
  ['6.12 with five levels', archOf({ levels: 5 })],
  ['6.12 with shadow stacks', archOf({ cpu: { shstk: true } })],
  ['6.12 of an AMD CPU that encrypts', archOf({ cpu: { encryption: { kind: 'amd', cBit: 51 } } })],
  ['6.12 as a TDX guest', archOf({ cpu: { encryption: { kind: 'tdx', gpaBits: 48 } } })],
  ['6.12 before patch 17', archOf({ symbols: without('SERIES_PATCH_17') })],
  ['6.12 without THP', archOf({ symbols: without('TRANSPARENT_HUGEPAGE') })],
  ['6.12 without soft-dirty', archOf({ symbols: without('MEM_SOFT_DIRTY') })],
  ['6.12 without userfaultfd-wp', archOf({ symbols: without('HAVE_ARCH_USERFAULTFD_WP') })],
  ['6.12 without NUMA balancing', archOf({ symbols: without('NUMA_BALANCING') })],
  ['6.12 without device mappings', archOf({ symbols: without('ARCH_HAS_PTE_DEVMAP') })],
];

/** Every protection of the map, then random ones; each as a leaf of the level. */
function forEachLeaf(arch: ArchX86, level: LeafLevel, law: (prot: Prot) => void): void {
  const leafOf = (prot: Prot): Prot => (level === 'pte' ? prot : arch[`${level}_mkhuge`](prot));
  for (let flags = 0; flags < 16; flags++) law(leafOf(arch.vm_get_page_prot(flags)));
  const flagBits = arch.protOf(0xfff0000000000fffn);
  fc.assert(
    fc.property(fc.integer(), (bits) => {
      law(leafOf(bits & flagBits));
    }),
    { seed: SEED, numRuns: 60 },
  );
}

describe.each(kernels)('%s', (_name, arch) => {
  describe.each(['pte', 'pmd', 'pud'] as const)('%s', (level) => {
    const young = arch[`${level}_young`];
    const mkyoung = arch[`${level}_mkyoung`];
    const mkold = arch[`${level}_mkold`];
    const dirty = arch[`${level}_dirty`];
    const mkdirty = arch[`${level}_mkdirty`];
    const mkclean = arch[`${level}_mkclean`];
    const write = arch[`${level}_write`];
    const mkwrite = arch[`${level}_mkwrite`];
    const wrprotect = arch[`${level}_wrprotect`];

    test('an entry of the protection map is clean, and stays so without write access', () => {
      for (let flags = 0; flags < 16; flags++) {
        expect(dirty(wrprotect(arch.vm_get_page_prot(flags)))).toBe(false);
      }
    });

    test('young, dirty and writable are what was made last', () => {
      forEachLeaf(arch, level, (prot) => {
        expect(young(mkyoung(mkold(prot)))).toBe(true);
        expect(young(mkold(mkyoung(prot)))).toBe(false);
        expect(dirty(mkdirty(mkclean(prot)))).toBe(true);
        expect(dirty(mkclean(mkdirty(prot)))).toBe(false);
        expect(write(mkwrite(wrprotect(prot)))).toBe(true);
        expect(write(wrprotect(mkwrite(prot)))).toBe(false);
        expect(dirty(wrprotect(mkclean(prot)))).toBe(false);
        expect(dirty(wrprotect(mkdirty(prot)))).toBe(true);
      });
    });

    test('no change of state touches what it is not about', () => {
      forEachLeaf(arch, level, (prot) => {
        expect(mkold(mkyoung(prot)) & ~0x20).toBe(prot & ~0x20);
        expect(arch[`${level}_present`](mkwrite(prot))).toBe(arch[`${level}_present`](prot));
        expect(arch[`${level}_special`](wrprotect(mkdirty(prot)))).toBe(
          arch[`${level}_special`](prot),
        );
      });
    });

    test('a change to the same protection twice changes nothing more', () => {
      forEachLeaf(arch, level, (prot) => {
        const newprot = arch.vm_get_page_prot(11);
        const once = arch[`${level}_modify`](prot, newprot);
        expect(arch[`${level}_modify`](once, newprot) & 1).toBe(once & 1);
        expect(arch[`${level}_young`](once)).toBe(young(prot));
        expect(dirty(once)).toBe(dirty(prot));
      });
    });

    test('soft-dirty is set and cleared where it is built in, and never seen elsewhere', () => {
      const soft = arch[`${level}_soft_dirty`];
      const built = arch.update.hasSoftDirty;
      forEachLeaf(arch, level, (prot) => {
        expect(soft(arch[`${level}_mksoft_dirty`](prot))).toBe(built);
        expect(soft(arch[`${level}_clear_soft_dirty`](prot))).toBe(false);
        expect(soft(mkdirty(prot))).toBe(built);
      });
    });
  });

  test.each(['pmd', 'pud'] as const)(
    'a huge %s is a leaf, is bad as a table, and stays a leaf when invalidated',
    (level) => {
      forEachLeaf(arch, level, (prot) => {
        expect(arch[`${level}_leaf`](prot)).toBe(true);
        expect(arch[`${level}_bad`](prot)).toBe(true);
        const invalid = arch[`${level}_mkinvalid`](prot);
        expect(arch[`${level}_leaf`](invalid)).toBe(true);
        expect(invalid & 0x101).toBe(0);
      });
    },
  );

  test('an invalidated PMD is present, an invalidated PUD is not', () => {
    forEachLeaf(arch, 'pmd', (prot) => {
      expect(arch.pmd_present(arch.pmd_mkinvalid(prot))).toBe(true);
      expect(arch.pud_present(arch.pud_mkinvalid(prot))).toBe(false);
    });
  });

  test('a special PTE is special', () => {
    forEachLeaf(arch, 'pte', (prot) =>
      expect(arch.pte_special(arch.pte_mkspecial(prot))).toBe(true),
    );
  });

  test('a page taken into the user page table is user-accessible at each level', () => {
    const leaf = arch.vm_get_page_prot(11);
    expect(arch.pte_user_accessible_page(leaf)).toBe(true);
    expect(arch.pmd_user_accessible_page(arch.pmd_mkhuge(leaf))).toBe(true);
    expect(arch.pud_user_accessible_page(arch.pud_mkhuge(leaf))).toBe(true);
    expect(arch.pmd_user_accessible_page(leaf)).toBe(false);
    expect(arch.pte_user_accessible_page(arch.vm_get_page_prot(0))).toBe(false);
  });
});
