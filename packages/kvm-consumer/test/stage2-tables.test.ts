// Goal: the tables of stage 2 change as KVM changes them, and give every frame back. Method: single maps and unmaps, with the
// changes that they cause; then random ones against a plain list of what is mapped.
import { createStage2 } from '@pfnmap/arch-arm64';
import { createEventLog, EAGAIN, ENOMEM } from '@pfnmap/mm-core';
import { createPhysMem, type PgtableLevel, type PhysMem } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatOfDescriptors } from '../src/arm64/leaf-prots.ts';
import {
  kvm_pgtable_stage2_map,
  kvm_pgtable_stage2_relax_perms,
} from '../src/stage2/stage2-map.ts';
import { Stage2Tables } from '../src/stage2/stage2-tables.ts';
import {
  allStage2Gfns,
  forEachStage2Leaf,
  kvm_pgtable_stage2_unmap,
} from '../src/stage2/stage2-unmap.ts';
import { Stage2Events } from '../src/stage2-events.ts';

const stage2 = createStage2({ pageShift: 12, lpa2: false, fwb: true, twoBitXn: false });
const leafOf = (level: PgtableLevel, write = true): number =>
  stage2.leafProt(level, { memoryType: 'normal-nc', read: true, write, execute: 'none' });

function make(
  ipaBits = 40,
  frames = 600,
): { tables: Stage2Tables; mem: PhysMem; changes: string[] } {
  const mem = createPhysMem({ pageShift: 12, frames });
  const events = new Stage2Events(createEventLog());
  const changes: string[] = [];
  events.watcher = {
    stage2Changed: ({ gfn, level, old, new: word, newIsTable }) => {
      const said = newIsTable ? 'table' : word.toString(16);
      changes.push(`${gfn.toString(16)} L${level} ${old.toString(16)}->${said}`);
    },
  };
  const geometry = { pageShift: 12, ipaBits, levels: stage2.levelsOf(ipaBits) };
  const format = formatOfDescriptors(stage2);
  return { tables: new Stage2Tables({ mem, format, geometry, events, vm: 1 }), mem, changes };
}

const leavesOf = (tables: Stage2Tables): [number, number, number][] => {
  const found: [number, number, number][] = [];
  forEachStage2Leaf(tables, 0, allStage2Gfns(tables), (slot, level, gfn) => {
    found.push([gfn, level, tables.pfnAt(slot, level)]);
  });
  return found;
};

describe('mapping', () => {
  test('makes the tables on the way, from the root down', () => {
    const { tables, changes } = make();
    expect(kvm_pgtable_stage2_map(tables, 0, 0x40201, 0x200201, leafOf(0))).toBe(0);
    expect(changes).toEqual([
      '40000 L3 0->table',
      '40200 L2 0->table',
      '40201 L1 0->400002002017d7',
    ]);
  });
  test('what is there already is -EAGAIN, also when only its rights differ', () => {
    const { tables, changes } = make();
    kvm_pgtable_stage2_map(tables, 1, 0x40000, 0x200000, leafOf(1));
    changes.length = 0;
    expect(kvm_pgtable_stage2_map(tables, 1, 0x40000, 0x200000, leafOf(1))).toBe(-EAGAIN);
    expect(kvm_pgtable_stage2_map(tables, 1, 0x40000, 0x200000, leafOf(1, false))).toBe(-EAGAIN);
    expect(changes).toEqual([]);
  });
  test('a page in the place of a block breaks the block before it makes the table', () => {
    const { tables, changes } = make();
    kvm_pgtable_stage2_map(tables, 1, 0x40000, 0x200000, leafOf(1));
    changes.length = 0;
    kvm_pgtable_stage2_map(tables, 0, 0x40001, 0x200001, leafOf(0));
    expect(changes).toEqual([
      '40000 L2 400002000007d5->400',
      '40000 L2 400->table',
      '40001 L1 0->400002000017d7',
    ]);
    expect(leavesOf(tables)).toEqual([[0x40001, 0, 0x200001]]);
  });
  test('a block in the place of a table gives the table and all below it back', () => {
    const { tables, mem } = make();
    for (const gfn of [0x40000, 0x40200, 0x7fe00]) {
      kvm_pgtable_stage2_map(tables, 0, gfn, 0x200000 + gfn, leafOf(0));
    }
    expect(kvm_pgtable_stage2_map(tables, 2, 0x40000, 0x240000, leafOf(2))).toBe(0);
    expect(leavesOf(tables)).toEqual([[0x40000, 2, 0x240000]]);
    expect(mem.framesInUse()).toBe(2);
    expect(tables.frames).toBe(2);
  });
  test('without a frame for a table it is -ENOMEM', () => {
    const { tables } = make(39, 3);
    expect(kvm_pgtable_stage2_map(tables, 0, 0, 0x200000, leafOf(0))).toBe(-ENOMEM);
  });
  test('there is no room for a root without frames side by side', () => {
    expect(() => make(40, 2)).toThrow(RangeError);
  });
});

test('rights are added to the leaf that holds the frame, or -EAGAIN where there is none', () => {
  const { tables } = make();
  kvm_pgtable_stage2_map(tables, 1, 0x40000, 0x200000, leafOf(1, false));
  const more = (prot: number): number => prot | leafOf(1);
  expect(kvm_pgtable_stage2_relax_perms(tables, 0x40123, more)).toBe(0);
  const slot = tables.walk(0x40000);
  expect(tables.protAt(slot, 1)).toBe(leafOf(1));
  expect(kvm_pgtable_stage2_relax_perms(tables, 0x50000, more)).toBe(-EAGAIN);
});

test.each([39, 40, 43, 48])(
  'a root for %i bits is as many joined frames as it needs',
  (ipaBits) => {
    const { tables, mem } = make(ipaBits);
    const { levels } = { levels: stage2.levelsOf(ipaBits) };
    const bits = ipaBits - 12 - 9 * (levels - 1);
    expect(tables.rootEntries).toBe(2 ** bits);
    expect(tables.frames).toBe(Math.max(1, 2 ** (bits - 9)));
    expect((tables.root / 1024) % tables.frames).toBe(0);
    expect(mem.framesInUse()).toBe(tables.frames);
    const last = 2 ** (ipaBits - 12) - 1;
    expect(kvm_pgtable_stage2_map(tables, 0, last, 0x1234, leafOf(0))).toBe(0);
    expect(leavesOf(tables)).toEqual([[last, 0, 0x1234]]);
  },
);

test('after any maps and unmaps the leaves are those of a plain list, and no frame is lost', () => {
  const seed = 6120;
  const mapping = fc.record({
    level: fc.constantFrom<PgtableLevel>(0, 1),
    block: fc.nat(5),
    page: fc.nat(511),
    unmap: fc.boolean(),
    length: fc.integer({ min: 1, max: 900 }),
  });
  fc.assert(
    fc.property(fc.array(mapping, { maxLength: 40 }), (steps) => {
      const { tables, mem } = make(39);
      let plain: { gfn: number; pages: number; level: PgtableLevel }[] = [];
      for (const { level, block, page, unmap, length } of steps) {
        const gfn = block * 512 + (level === 0 || unmap ? page : 0);
        const pages = unmap ? length : level === 0 ? 1 : 512;
        const apart = (other: { gfn: number; pages: number }): boolean =>
          other.gfn + other.pages <= gfn || other.gfn >= gfn + pages;
        if (unmap) kvm_pgtable_stage2_unmap(tables, gfn, gfn + pages);
        else kvm_pgtable_stage2_map(tables, level, gfn, 0x200000 + gfn, leafOf(level));
        plain = plain.filter(apart);
        if (!unmap) plain.push({ gfn, pages, level });
      }
      const sorted = plain.sort((a, b) => a.gfn - b.gfn);
      expect(leavesOf(tables)).toEqual(
        sorted.map((leaf) => [leaf.gfn, leaf.level, 0x200000 + leaf.gfn]),
      );
      kvm_pgtable_stage2_unmap(tables, 0, allStage2Gfns(tables));
      expect(leavesOf(tables)).toEqual([]);
      expect(mem.framesInUse()).toBe(tables.frames);
    }),
    { seed, numRuns: 120 },
  );
});
