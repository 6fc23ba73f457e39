// Goal: the model accounts for every entry that real kernels held. Method: the captured words, which must survive the round
// trip, decode to what they are, and be reachable from the protections of a VMA with the helpers alone.
import type { ArchX86 } from '@pfnmap/arch-x86';
import {
  encodeEntry,
  levelOfName,
  type PgtableLevel,
  type Prot,
  splitEntry,
} from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { LEAF_LEVELS, type LeafLevel } from './entry-words.ts';
import { archOf, SYMBOLS_6_12, SYMBOLS_7_3 } from './fake-config.ts';
import { hex, rowsOf } from './vector-rows.ts';

const NO_THP = ['TRANSPARENT_HUGEPAGE', 'NUMA_BALANCING'];
const kernels: Readonly<Record<string, ArchX86>> = {
  '6.12.117': archOf(),
  '6.12.117-rt': archOf({ symbols: SYMBOLS_6_12.filter((symbol) => !NO_THP.includes(symbol)) }),
  '7.3.4': archOf({ symbols: SYMBOLS_7_3 }),
};

const captured = rowsOf<readonly [string, string, string]>('captured-entries.json');
const END_OF_BARS = 0x400000000n;

/** Every state of a leaf that faults, stores, mprotect, fork, mremap and reclaim make of a mapping's protections. */
function reachable(arch: ArchX86, level: LeafLevel): Set<Prot> {
  const prots = [8, 9, 11, 15].flatMap((vm_flags) => {
    const prot = arch.vm_get_page_prot(vm_flags);
    return [prot, arch.pgprot_noncached(prot)];
  });
  const leaf = (prot: Prot): Prot => (level === 'pte' ? prot : arch[`${level}_mkhuge`](prot));
  const queue = prots.flatMap((prot) => [leaf(prot), arch[`${level}_mkspecial`](leaf(prot))]);
  const events: ReadonlyArray<(prot: Prot) => Prot> = [
    (prot) => arch.hardware.accessed(LEAF_LEVELS[level], prot, arch[`${level}_write`](prot)),
    arch[`${level}_mkdirty`],
    arch[`${level}_mksoft_dirty`],
    arch[`${level}_clear_soft_dirty`],
    arch[`${level}_mkold`],
    arch[`${level}_mkclean`],
    arch[`${level}_wrprotect`],
    arch[`${level}_mkwrite`],
    ...prots.map((newprot) => (prot: Prot) => arch[`${level}_modify`](prot, newprot)),
  ];
  const seen = new Set<Prot>(queue);
  for (const prot of queue) {
    for (const next of events.map((event) => event(prot))) {
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return seen;
}

describe.each(Object.keys(kernels))('Linux %s', (kernel) => {
  const arch = kernels[kernel] as ArchX86;
  const rows = captured.filter(([of]) => of === kernel);

  test.each(rows)('%s: the %s entry %s is written back as it was read', (_kernel, name, entry) => {
    const level = levelOfName(name) as PgtableLevel;
    const { pfn, prot } = splitEntry(arch, level, BigInt(entry));
    expect(hex(encodeEntry(arch, level, pfn, prot))).toBe(entry);
  });

  test('every entry is nothing, or a leaf of a BAR or of RAM that is aligned to its level', () => {
    for (const [, name, entry] of rows) {
      const level = levelOfName(name) as PgtableLevel;
      const { kind, address, memoryType } = arch.decode(level, BigInt(entry));
      if (BigInt(entry) === 0n) {
        expect(kind).toBe('none');
        continue;
      }
      expect(kind).toBe((BigInt(entry) & 1n) === 1n ? 'leaf' : 'not present');
      expect(['UC-', 'WB']).toContain(memoryType);
      expect(address % BigInt(arch.geometry.levels[level].size)).toBe(0n);
      expect(address < END_OF_BARS).toBe(true);
    }
  });

  test.each(['pte', 'pmd', 'pud'] as const)(
    'every %s is reached by events of a mapping',
    (level) => {
      const states = reachable(arch, level);
      const strangers = rows
        .filter(([, name, entry]) => name === level && BigInt(entry) !== 0n)
        .filter(
          ([, , entry]) => !states.has(splitEntry(arch, LEAF_LEVELS[level], BigInt(entry)).prot),
        );
      expect(strangers).toEqual([]);
    },
  );
});

type Follow = readonly [string, LeafLevel, string, number, string, string, number, number];

test.each(rowsOf<Follow>('captured-follows.json'))(
  '%s: follow_pfnmap_start of the %s %s gives what the helpers give',
  (kernel, level, entry, result, pfn, pgprot, writable, special) => {
    const arch = kernels[kernel] as ArchX86;
    const parts = splitEntry(arch, LEAF_LEVELS[level], BigInt(entry));
    expect(arch[`${level}_present`](parts.prot)).toBe(result === 0);
    if (result !== 0) return;
    expect(parts.pfn).toBe(Number(pfn));
    expect(arch.pgprot_val(arch[`${level}_pgprot`](parts.prot))).toBe(BigInt(pgprot));
    expect(Number(arch[`${level}_write`](parts.prot))).toBe(writable);
    expect(Number(arch[`${level}_special`](parts.prot))).toBe(special);
  },
);
