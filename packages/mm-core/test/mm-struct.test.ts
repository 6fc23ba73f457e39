// Goal: the VMAs of an address space are found as Linux finds them. Method: random links and unlinks against a list that is
// searched from front to back.
import type { MmStruct, VmAreaStruct } from '@pfnmap/mm-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyMm, mapping } from './mappings.ts';

/** Pages of the address space under test. */
const SPACE = 24;

interface Command {
  readonly action: 'link' | 'unlink';
  readonly start: number;
  readonly pages: number;
}

const command: fc.Arbitrary<Command> = fc.record({
  action: fc.constantFrom('link', 'link', 'unlink'),
  start: fc.nat(SPACE - 1),
  pages: fc.integer({ min: 1, max: 5 }),
});

const holds = (vma: VmAreaStruct, address: number): boolean =>
  vma.vm_start <= address && address < vma.vm_end;

/** Every question about every address, answered by looking at all VMAs. */
function agree(mm: MmStruct, known: readonly VmAreaStruct[]): void {
  const sorted = [...known].sort((a, b) => a.vm_start - b.vm_start);
  expect(mm.vmas).toEqual(sorted);
  expect(mm.map_count).toBe(sorted.length);
  for (let address = 0; address <= SPACE + 5; address++) {
    expect(mm.find_vma(address)).toBe(sorted.find((vma) => vma.vm_end > address) ?? null);
    expect(mm.vma_lookup(address)).toBe(sorted.find((vma) => holds(vma, address)) ?? null);
  }
  for (const [index, vma] of sorted.entries()) {
    const previous = sorted[index - 1] ?? null;
    const next = sorted[index + 1] ?? null;
    expect(mm.neighbours(vma)).toEqual({ previous, next });
  }
  for (let start = 0; start < SPACE; start += 3) {
    for (let end = start + 1; end <= SPACE; end += 4) {
      const expected = sorted.filter((vma) => vma.vm_start < end && vma.vm_end > start);
      expect(mm.overlapping(start, end)).toEqual(expected);
    }
  }
}

test('whatever is linked and unlinked, the searches find what a list finds', () => {
  const seed = 40;
  const agreesWithList = fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
    const mm = emptyMm();
    const known: VmAreaStruct[] = [];
    for (const { action, start, pages } of commands) {
      if (action === 'link') {
        const vma = mapping(start, start + pages, { mm });
        if (known.some((other) => other.vm_start < vma.vm_end && other.vm_end > start)) continue;
        mm.link(vma);
        known.push(vma);
      } else {
        const at = known.findIndex((vma) => holds(vma, start));
        if (at < 0) continue;
        // A lookup before must not be remembered after.
        mm.vma_lookup(start);
        mm.unlink(known[at]!);
        known.splice(at, 1);
      }
    }
    agree(mm, known);
  });
  fc.assert(agreesWithList, { seed, numRuns: 100 });
});

test('a VMA that shrinks is not found where it was', () => {
  const mm = emptyMm();
  const vma = mapping(0, 8, { mm });
  mm.link(vma);
  expect(mm.vma_lookup(7)).toBe(vma);
  vma.vm_end = 4;
  expect([mm.vma_lookup(3), mm.vma_lookup(4), mm.find_vma(4)]).toEqual([vma, null, null]);
});

test('unlinking what is not linked changes nothing', () => {
  const mm = emptyMm();
  mm.link(mapping(0, 8, { mm }));
  mm.unlink(mapping(0, 8, { mm }));
  expect(mm.map_count).toBe(1);
});

test('a new address space holds nothing and counts nothing', () => {
  const mm = emptyMm(7);
  expect([mm.id, mm.map_count, mm.total_vm, mm.locked_vm, mm.pgtables_bytes]).toEqual([
    7, 0, 0, 0, 0,
  ]);
  expect(mm.rss).toEqual({ file: 0, anon: 0, swap: 0, shmem: 0 });
  expect([mm.find_vma(0), mm.vma_lookup(0)]).toEqual([null, null]);
  expect([mm.mmap_lock, mm.write_protect_seq, mm.thpDisabled]).toEqual(['free', 0, false]);
});
