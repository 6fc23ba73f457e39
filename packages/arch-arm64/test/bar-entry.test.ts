// Goal: a BAR's entry has the bits of the kernels in every state of its life. Method: rebuild each state with the
// helpers, from vm_get_page_prot() on, and compare with vectors that the kernels' own headers computed.
import { encodeEntry } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { barProt, barStates, helpersOf } from './bar-states.ts';
import { hex, levelOf, protIn, rowsOf } from './entries.ts';
import { arm64, BY_GRANULE, KERNELS } from './kernels.ts';

const bit = (value: boolean): string => (value ? '1' : '0');

describe.each(KERNELS)('with 4K pages on %s', (kernel) => {
  const arch = arm64({ kernel });

  test.each(rowsOf('bar-entry-4k.json'))('a %s in state %s is %s', (name, state, entry, pfn) => {
    const level = levelOf(name as string);
    const prot = barStates(arch, level).get(state as string) as number;
    expect(hex(encodeEntry(arch, level, Number(pfn), prot))).toBe(entry);
  });

  test.each(rowsOf('bar-entry-4k.json'))(
    'the %s vector %s %s splits into frame %s and protection %s',
    (name, _state, entry, pfn, pgprot) => {
      const level = levelOf(name as string);
      const word = BigInt(entry as string);
      const prot = protIn(arch, word, level);
      expect(arch.codec.pfn(level, Number(word & 0xffffffffn) | 0, Number(word >> 32n))).toBe(
        Number(pfn),
      );
      const pxx_pgprot = { pte: arch.pte_pgprot, pmd: arch.pmd_pgprot, pud: arch.pud_pgprot };
      expect(hex(arch.pgprot_val(pxx_pgprot[name as 'pte'](prot)))).toBe(pgprot);
    },
  );

  test.each(rowsOf('bar-entry-4k.json'))(
    'the %s vector %s %s (frame %s, protection %s) answers the predicates with %s, %s',
    (name, _state, entry, _pfn, _pgprot, answers, leaf) => {
      const level = levelOf(name as string);
      const prot = protIn(arch, BigInt(entry as string), level);
      const is = name === 'pte' ? arch : { ...arch, pte_protnone: arch.pmd_protnone };
      const special = name === 'pmd' ? arch.pmd_special : arch.pte_special;
      const found = [
        bit(is.pte_present(prot)),
        bit(is.pte_valid(prot)),
        bit(is.pte_write(prot)),
        bit(is.pte_dirty(prot)),
        bit(is.pte_young(prot)),
        bit(special(prot)),
        name === 'pud' ? '-' : bit(is.pte_protnone(prot)),
      ];
      expect(found.join('')).toBe(answers);
      const leaves = {
        pte: '-',
        pmd: bit(arch.pmd_leaf(prot)) + bit(arch.pmd_trans_huge(prot)),
        pud: `${bit(arch.pud_leaf(prot))}-`,
      };
      expect(leaves[name as 'pte']).toBe(leaf);
    },
  );
});

describe.each(Object.keys(BY_GRANULE))('with the page size and addresses of %s', (name) => {
  const arch = arm64(BY_GRANULE[name]);
  const rows = rowsOf('bar-entry-by-granule.json').filter(
    ([configuration]) => configuration === name,
  );

  test.each(rows)('%s: a %s at %s, %s, is %s', (_name, levelName, address, state, entry, pfn) => {
    const level = levelOf(levelName as string);
    const make = helpersOf(arch, level);
    const rw = barProt(arch, 3);
    const faulted = make.mkspecial(make.mkhuge(rw));
    const stored = arch.hardware.accessed(level, faulted, true);
    const states: Record<string, number> = {
      'fault-in RW vfio': faulted,
      'after hardware-dirty store': stored,
      'wrprotect of that': make.wrprotect(stored),
      'mprotect NONE of that': make.modify(stored, barProt(arch, 0)),
      'mprotect back to RW': make.modify(make.modify(stored, barProt(arch, 0)), rw),
    };
    const frame = Number(BigInt(address as string) >> BigInt(arch.geometry.pageShift));
    expect(frame).toBe(Number(pfn));
    expect(hex(encodeEntry(arch, level, frame, states[state as string] as number))).toBe(entry);
  });

  test.each(rows)(
    '%s: a %s at %s, %s, %s reads back as frame %s and protection %s',
    (_name, levelName, _address, _state, entry, pfn, pgprot) => {
      const level = levelOf(levelName as string);
      const word = BigInt(entry as string);
      const lo = Number(word & 0xffffffffn) | 0;
      const hi = Number(word >> 32n) | 0;
      expect(arch.codec.pfn(level, lo, hi)).toBe(Number(pfn));
      expect(hex(arch.pgprot_val(arch.codec.prot(level, lo, hi)))).toBe(pgprot);
    },
  );
});
