// Goal: translate(), translateAll(), mapPage() and alikeRun() are short cuts, not second opinions. Method: random mappings of all
// sizes; each answer is compared with a walk over the bytes of the tables, or with work entry by entry.
import {
  type ArchPgtable,
  encodeEntry,
  NOT_MAPPED,
  type Pgtable,
  type PgtableLevel,
  type PgtableRoot,
  type PhysMem,
  splitEntry,
  wordAt,
} from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVERY_SHAPE, pageTables } from './architectures.ts';
import { hardwareWalk } from './hardware-walk.ts';

const MAX_PFN = 2 ** 20;

/** Leaf protections of a level: shared writable, read-only, none. */
function protOf(arch: ArchPgtable, level: PgtableLevel, kind: number): number {
  const prot = arch.vm_get_page_prot([0xb, 0x9, 0x8][kind]!);
  return [prot, arch.pmd_mkhuge(prot), arch.pud_mkhuge(prot)][level]!;
}

/** What hardware makes of an address: the frame, or -1. */
function hardwareFrame(
  arch: ArchPgtable,
  mem: PhysMem,
  root: PgtableRoot,
  address: number,
): number {
  const { level, word } = hardwareWalk(arch, mem, root, address);
  if ((word & 1n) === 0n) return NOT_MAPPED;
  const { size, order } = arch.geometry.levels[level as PgtableLevel];
  const { pfn } = splitEntry(arch, level as PgtableLevel, word);
  const page = Math.floor((address % size) / arch.geometry.pageSize);
  return Math.floor(pfn / 2 ** order) * 2 ** order + page;
}

interface Place {
  readonly level: 0 | 1 | 2;
  /** Index at each existing level from the bottom; only a few, so that places meet. */
  readonly index: readonly number[];
  readonly pfn: number;
  readonly kind: number;
}

describe.each(EVERY_SHAPE)('%s', (_name, make) => {
  const arch = make();
  const { geometry } = arch;
  const existing = geometry.levels.filter(({ folded }) => !folded);
  const leafLevels = ([0, 1, 2] as const).filter((level) => !geometry.levels[level].folded);
  const place: fc.Arbitrary<Place> = fc.record({
    level: fc.constantFrom(...leafLevels),
    index: fc.tuple(...existing.map(() => fc.nat(2))),
    pfn: fc.nat(MAX_PFN - 1),
    kind: fc.nat(2),
  });
  const addressOf = ({ index }: Place): number => {
    const last = existing.length - 1;
    // The top table of some shapes has two entries only.
    return index.reduce(
      (sum, part, at) => sum + (at === last ? part % 2 : part) * existing[at]!.size,
      0,
    );
  };
  const alignedPfn = ({ level, pfn }: Place): number => {
    const { order } = geometry.levels[level];
    return Math.floor(pfn / 2 ** order) * 2 ** order;
  };

  test('mapPage() maps where nothing is, and answers are those of the hardware', () => {
    const seed = 60;
    const isHardware = fc.property(fc.array(place, { maxLength: 25 }), (places) => {
      const { pt, mem } = pageTables(arch, 48);
      const root = pt.pgd_alloc();
      const addresses: number[] = [0];
      for (const one of places) {
        const address = addressOf(one);
        const prot = protOf(arch, one.level, one.kind);
        const before = hardwareWalk(arch, mem, root, address);
        const isFree = before.word === 0n && before.level >= one.level;
        const mapped = pt.mapPage(one.level, root, address, alignedPfn(one), prot);
        expect(mapped).toBe(isFree);
        if (mapped) {
          const { level, word } = hardwareWalk(arch, mem, root, address);
          expect(level).toBe(one.level);
          expect(word).toBe(encodeEntry(arch, one.level, alignedPfn(one), prot));
        }
        const { size } = geometry.levels[one.level];
        addresses.push(address, address + size - 1, address + Math.floor(size / 2));
      }
      const expected = addresses.map((address) => hardwareFrame(arch, mem, root, address));
      expect(addresses.map((address) => pt.translate(root, address))).toEqual(expected);
      const frames = new Float64Array(addresses.length);
      const mappedCount = pt.translateAll(root, Float64Array.from(addresses), frames);
      expect([...frames]).toEqual(expected);
      expect(mappedCount).toBe(expected.filter((pfn) => pfn !== NOT_MAPPED).length);
    });
    fc.assert(isHardware, { seed, numRuns: 25 });
  });
});

const shape = (part: string): ArchPgtable =>
  EVERY_SHAPE.find(([name]) => name.includes(part))![1]();

function mappedGiB(arch: ArchPgtable): { pt: Pgtable; root: PgtableRoot; mem: PhysMem } {
  const { pt, mem } = pageTables(arch, 8);
  const root = pt.pgd_alloc();
  pt.mapPage(2, root, 0, 2 ** 18, protOf(arch, 2, 0));
  return { pt, root, mem };
}

test('translateAll() goes on past any number of addresses, and looks at no more places than those', () => {
  const { pt, root } = mappedGiB(shape('x86_64, four'));
  for (const count of [0, 1, 255, 256, 257, 1000]) {
    const addresses = Float64Array.from({ length: count }, (_, index) => index * 4096 * 997);
    const frames = new Float64Array(count + 1).fill(7);
    const mapped = pt.translateAll(root, addresses, frames);
    const expected = [...addresses].map((address) => pt.translate(root, address));
    expect([...frames.subarray(0, count)]).toEqual(expected);
    expect(frames[count]).toBe(7);
    expect(mapped).toBe(expected.filter((pfn) => pfn >= 0).length);
  }
});

test('translateAll() refuses too few places with both numbers', () => {
  const { pt, root } = mappedGiB(shape('x86_64, four'));
  expect(() => pt.translateAll(root, new Float64Array(3), new Float64Array(2))).toThrow(
    '3 addresses need 3 places for their frames, not 2',
  );
});

test('bits of a leaf below its size are not part of a translation', () => {
  const arch = shape('48 bits');
  const { pt } = pageTables(arch, 8);
  const root = pt.pgd_alloc();
  pt.mapPage(1, root, 0, 512 + 3, protOf(arch, 1, 0));
  expect(pt.translate(root, 5 * 4096)).toBe(512 + 5);
});

test('mapPage() in full memory answers false and leaves the tables it made', () => {
  const arch = shape('x86_64, four');
  const { pt, mem } = pageTables(arch, 4);
  const root = pt.pgd_alloc();
  expect(pt.mapPage(0, root, 0, 1, protOf(arch, 0, 0))).toBe(false);
  expect([mem.framesInUse(), root.pgtables_bytes]).toEqual([3, 2 * 4096]);
});

test('alikeRun() counts entries with the protection of the first, whatever their frames', () => {
  for (const [, make] of EVERY_SHAPE) {
    const arch = make();
    const { pt, mem } = pageTables(arch, 4);
    const first = mem.slotOfFrame(mem.allocFrame());
    const kinds = [0, 0, 0, 1, 1, 0, 2, 2, 2, 2];
    for (const [index, kind] of kinds.entries()) {
      pt.set(0, first + index * 2, 1000 + index * 7, protOf(arch, 0, kind));
    }
    for (let from = 0; from < kinds.length; from++) {
      for (let count = 1; from + count <= kinds.length; count++) {
        const prot = pt.ptep_get(first + from * 2);
        let alike = 0;
        while (alike < count && pt.ptep_get(first + (from + alike) * 2) === prot) alike++;
        expect(pt.alikeRun(0, first + from * 2, count)).toBe(alike);
      }
    }
    expect(wordAt(mem.lanes, first)).not.toBe(0n);
  }
});
