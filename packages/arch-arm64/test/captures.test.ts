// Goal: the model accounts for every entry that real kernels held. Method: the captured words, which must be put together
// again bit by bit, decode to what they are, and be reachable from vfio's protections with the helpers alone.
import { encodeEntry, type Prot } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { barProt, helpersOf } from './bar-states.ts';
import { hex, levelOf, protIn, rowsOf } from './entries.ts';
import { arm64, KERNELS, type Kernel, WIDE_CPU } from './kernels.ts';

const TABLE: Readonly<Record<Kernel, bigint>> = {
  '6.12.117': 0x0800000000000003n,
  '7.3.4': 0x0800000000000403n,
};

describe.each(KERNELS)('%s, 4K pages and LPA2', (kernel) => {
  const arch = arm64({ kernel, va: 52, pa: 52, cpu: WIDE_CPU });
  const captured = rowsOf('captured-entries.json')
    .filter(([of]) => of === kernel)
    .map(([, level, entry]) => [level as string, BigInt(entry as string)] as const);

  test.each(captured)('the %s entry %s is put together again', (name, word) => {
    const level = levelOf(name);
    const lo = Number(word & 0xffffffffn) | 0;
    const hi = Number(word >> 32n) | 0;
    const again = encodeEntry(
      arch,
      level,
      arch.codec.pfn(level, lo, hi),
      arch.codec.prot(level, lo, hi),
    );
    expect(hex(again)).toBe(hex(word));
  });

  test.each(captured)(
    'the %s entry %s decodes to a table, nothing, or a Device-nGnRnE leaf',
    (name, word) => {
      const level = levelOf(name);
      const { kind, memoryType, address, flags } = arch.decode(level, word);
      if (word === 0n) expect(kind).toBe('none');
      else if (level > 0 && (word & 3n) === 3n) expect(word).toBe(TABLE[kernel]);
      else {
        expect([kind, memoryType]).toEqual(['leaf', 'Device-nGnRnE']);
        expect(address).toBe(word & 0x0003fffffffff000n);
        expect(flags.includes('SPECIAL')).toBe((word & (1n << 56n)) !== 0n);
      }
    },
  );

  /** Everything that faults, stores, mprotect, fork and reclaim make of an entry. */
  const reachable = (name: string): Set<Prot> => {
    const level = levelOf(name);
    const make = helpersOf(arch, level);
    const protections = [0, 1, 3].map((flags) => barProt(arch, flags));
    const start = protections.slice(1).map(make.mkhuge);
    const found = new Set<Prot>([...start, ...start.map(make.mkspecial)]);
    for (const entry of found) {
      const next = [
        make.wrprotect(entry),
        make.mkold(entry),
        make.mkdirty(make.mkyoung(entry)),
        ...protections.map((prot) => make.modify(entry, prot)),
      ];
      for (const write of [false, true]) {
        if (!arch.hardware.permits(level, entry, write, false)) continue;
        next.push(arch.hardware.accessed(level, entry, write));
      }
      for (const one of next) found.add(one);
    }
    return found;
  };

  test.each(['pte', 'pmd'])(
    'every captured %s leaf follows from the protections of vfio',
    (name) => {
      const states = reachable(name);
      const level = levelOf(name);
      const leaves = captured.filter(
        ([of, word]) => of === name && word !== 0n && !(level > 0 && (word & 3n) === 3n),
      );
      expect(leaves.length).toBeGreaterThan(10);
      const odd = leaves.filter(([, word]) => !states.has(protIn(arch, word, level)));
      expect(odd.map(([, word]) => hex(word))).toEqual([]);
    },
  );

  test('a table entry of user space is what the kernel wrote', () => {
    expect(arch.pgprot_val(arch.format.tableProt)).toBe(TABLE[kernel]);
  });

  test('a store to 0x0168008040000ccd makes it 0x0168008040000c4d', () => {
    const word = 0x0168008040000ccdn;
    const prot = protIn(arch, word, 1);
    expect(arch.hardware.permits(1, prot, true, false)).toBe(true);
    const stored = encodeEntry(arch, 1, 0x8040000, arch.hardware.accessed(1, prot, true));
    expect(hex(stored)).toBe('0x0168008040000c4d');
  });

  test('follow_pfnmap reports 0x0168000000000c4d for that entry', () => {
    const pgprot = arch.pmd_pgprot(protIn(arch, 0x0168008040000c4dn, 1));
    expect(hex(arch.pgprot_val(pgprot))).toBe('0x0168000000000c4d');
  });
});
