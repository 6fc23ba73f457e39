// Goal: the second stage of x86 changes entry by entry as KVM's TDP MMU does, and gives every frame back. Method: the changes of
// single faults and zaps, compared with those that kernels traced; then random programs, counted.
import { createEventLog } from '@pfnmap/mm-core';
import { createPhysMem, KernelBug, type PhysMem } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GuestFault } from '../src/guest-fault.ts';
import { createNpt, RET_PF_EMULATE, RET_PF_FIXED, RET_PF_SPURIOUS } from '../src/index.ts';
import { Stage2Events } from '../src/stage2-events.ts';
import { startDirtyLog, zap_collapsible_spte_range } from '../src/x86/dirty-log.ts';
import { LpageInfo } from '../src/x86/lpage-info.ts';
import { kvm_tdp_mmu_map } from '../src/x86/tdp-map.ts';
import { TdpTables } from '../src/x86/tdp-tables.ts';
import { allGfns, forEachPresentSpte } from '../src/x86/tdp-walk.ts';
import { tdp_mmu_zap_leafs, tdp_mmu_zap_root } from '../src/x86/tdp-zap.ts';

const slot = { id: 0, base_gfn: 0, npages: 2 ** 24, userspace_addr: 0, flags: 0, arch: null };

class Stage {
  readonly mem: PhysMem;
  readonly tables: TdpTables;
  readonly changes: string[] = [];

  constructor(childrenFirst = false, frames = 800) {
    this.mem = createPhysMem({ pageShift: 12, frames });
    const events = new Stage2Events(createEventLog());
    events.watcher = {
      stage2Changed: ({ gfn, level, old, new: word, oldIsTable, newIsTable }) => {
        const told = (value: bigint, isTable: boolean): string =>
          isTable ? 'table' : value.toString(16);
        const change = `${told(old, oldIsTable)}->${told(word, newIsTable)}`;
        this.changes.push(
          `${gfn.toString(16)} L${level} ${change.replaceAll('8000000000000000', 'none')}`,
        );
      },
    };
    const format = createNpt();
    this.tables = new TdpTables({
      mem: this.mem,
      format,
      rootLevel: 4,
      events,
      vm: 1,
      childrenFirst,
    });
  }

  map(gfn: number, level: number, writable = true, pfn = 0x200000 + gfn): number {
    const fault = new GuestFault();
    fault.start(gfn, 'read', slot, 0);
    fault.pfn = pfn;
    fault.goal_level = level;
    fault.map_writable = writable;
    return kvm_tdp_mmu_map(this.tables, fault, 2, true);
  }

  mmio(gfn: number, generation = 2): number {
    const fault = new GuestFault();
    fault.start(gfn, 'read', undefined, 0);
    return kvm_tdp_mmu_map(this.tables, fault, generation, false);
  }

  take(): string[] {
    return this.changes.splice(0);
  }

  leaves(): [gfn: number, level: number, pfn: number][] {
    const found: [number, number, number][] = [];
    forEachPresentSpte(this.tables, 0, allGfns(this.tables), (at, level, gfn) => {
      const leaf = this.tables.leaf(at, level, gfn);
      if (leaf !== undefined) found.push([gfn, level, leaf.pfn]);
      return true;
    });
    return found;
  }
}

describe('mapping', () => {
  test('makes the tables from the root down, then the leaf', () => {
    const stage = new Stage();
    expect(stage.map(0x41234, 1)).toBe(RET_PF_FIXED);
    expect(stage.take()).toEqual([
      '0 L4 none->table',
      '40000 L3 none->table',
      '41200 L2 none->table',
      '41234 L1 none->241234e67',
    ]);
  });
  test('what is there already is spurious', () => {
    const stage = new Stage();
    stage.map(0x40000, 3);
    stage.take();
    expect(stage.map(0x40000, 3)).toBe(RET_PF_SPURIOUS);
    expect(stage.take()).toEqual([]);
  });
  test('an address without memory gets an entry of a page that says so, and is emulated', () => {
    const stage = new Stage();
    expect(stage.mmio(0xf0000, 4)).toBe(RET_PF_EMULATE);
    expect(stage.take().at(-1)).toBe('f0000 L1 none->80000f0000027');
    stage.mmio(0xf0000, 6);
    expect(stage.take()).toEqual(['f0000 L1 80000f0000027->80000f0000037']);
    expect(stage.tables.statistics.pages_4k).toBe(0);
  });
  test('a smaller leaf splits the larger one, which stays mapped around it', () => {
    const stage = new Stage();
    stage.map(0x40000, 3);
    stage.take();
    stage.map(0x40201, 1, true, 0x240201);
    const changes = stage.take();
    expect(changes).toEqual(['40000 L3 240000ee7->table', '40200 L2 240200ee7->table']);
    expect(stage.tables.statistics).toEqual({ pages_1g: 0, pages_2m: 511, pages_4k: 512 });
    expect(stage.leaves().length).toBe(511 + 512);
    for (const [gfn, , pfn] of stage.leaves()) expect(pfn).toBe(0x200000 + gfn);
  });
  test('a leaf never changes its frame without being zapped', () => {
    const stage = new Stage();
    stage.map(0x40000, 2);
    expect(() => stage.map(0x40000, 2, true, 0x300000)).toThrow(KernelBug);
  });
});

describe('a leaf in the place of a table', () => {
  const replaced = (childrenFirst: boolean): string[] => {
    const stage = new Stage(childrenFirst);
    stage.mmio(0x40000);
    stage.take();
    stage.map(0x40000, 3);
    expect(stage.mem.framesInUse()).toBe(stage.tables.frames);
    expect(stage.tables.frames).toBe(2);
    return stage.take();
  };
  test('6.12 tells of the parent, then freezes the children one by one and those below at once', () => {
    const changes = replaced(false);
    expect(changes.length).toBe(1 + 512 + 512);
    expect(changes.slice(0, 4)).toEqual([
      '40000 L3 table->240000ee7',
      '40000 L2 table->80000000000005a0',
      '40000 L1 8000040000017->80000000000005a0',
      '40001 L1 none->80000000000005a0',
    ]);
    expect(changes.at(-1)).toBe('7fe00 L2 none->80000000000005a0');
  });
  test('7.3 empties first and tells of the parent last, with another frozen word', () => {
    const changes = replaced(true);
    expect(changes.length).toBe(1 + 512 + 512);
    expect(changes[0]).toBe('40000 L1 8000040000017->80000000000001a0');
    expect(changes[512]).toBe('40000 L2 table->80000000000001a0');
    expect(changes.at(-1)).toBe('40000 L3 table->240000ee7');
  });
});

describe('zapping', () => {
  test('takes the leaves that a range touches, in order, and leaves tables and empty entries', () => {
    const stage = new Stage();
    stage.map(0x40000, 2);
    stage.map(0x40201, 1);
    stage.map(0x80000, 3);
    stage.mmio(0x40300);
    const frames = stage.tables.frames;
    stage.take();
    expect(tdp_mmu_zap_leafs(stage.tables, 0x40001, 0x80001)).toBe(true);
    expect(stage.take()).toEqual([
      '40000 L2 240000ee7->none',
      '40201 L1 240201e67->none',
      '80000 L3 280000ee7->none',
    ]);
    expect(stage.tables.frames).toBe(frames);
    expect(tdp_mmu_zap_leafs(stage.tables, 0, 2 ** 30)).toBe(false);
    expect(stage.tables.statistics).toEqual({ pages_1g: 0, pages_2m: 0, pages_4k: 0 });
  });
  test('a whole second stage goes by entries of 1G, then by the rest, and gives all frames back', () => {
    const stage = new Stage();
    stage.map(0x40201, 1);
    stage.map(0x80000, 3);
    stage.take();
    tdp_mmu_zap_root(stage.tables);
    const changes = stage.take();
    expect(changes[0]).toBe('40000 L3 table->none');
    expect(changes[1 + 512 + 512]).toBe('80000 L3 280000ee7->none');
    expect(changes.at(2 + 512 + 512)).toBe('0 L4 table->none');
    expect(stage.mem.framesInUse()).toBe(0);
    tdp_mmu_zap_root(stage.tables);
    expect(stage.take()).toEqual([]);
  });
});

describe('dirty logging', () => {
  test('splits what lies there down to pages and forbids writing', () => {
    const stage = new Stage(false, 1200);
    stage.map(0x40000, 2);
    startDirtyLog(stage.tables, 0x40000, 0x40200);
    expect(stage.tables.statistics).toEqual({ pages_1g: 0, pages_2m: 0, pages_4k: 512 });
    expect(stage.tables.leaf(stage.tables.walk(0x40001), 1, 0x40001)?.word.toString(16)).toBe(
      '240001e65',
    );
  });
  test('switched off, gives up tables that a leaf could replace, unless they stick out of the slot', () => {
    const stage = new Stage(false, 1200);
    for (const gfn of [0x40000, 0x40200]) stage.map(gfn, 1);
    zap_collapsible_spte_range(stage.tables, 0x40000, 0x40300, () => 2);
    expect(stage.leaves().map(([gfn]) => gfn)).toEqual([0x40200]);
  });
});

describe('large entries of a slot', () => {
  const MiB2 = 512;
  const GiB1 = 2 ** 18;
  test('are forbidden altogether when guest and host differ within one', () => {
    const off = new LpageInfo(GiB1, 4 * GiB1, 2 * GiB1 + MiB2);
    expect(off.disallow_lpage(2 * GiB1, 3)).toBe(true);
    expect(off.disallow_lpage(2 * GiB1, 2)).toBe(false);
  });
  test('are forbidden at the head and at the tail that stick out', () => {
    const info = new LpageInfo(GiB1 + 1, 2 * GiB1, 1);
    const forbidden = [GiB1 + 1, GiB1 + MiB2 - 1, GiB1 + MiB2, 3 * GiB1 - 1, 3 * GiB1];
    expect(forbidden.map((gfn) => info.disallow_lpage(gfn, 2))).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(forbidden.map((gfn) => info.disallow_lpage(gfn, 3))).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
  });
  test('equal the counters of Linux, block by block', () => {
    const seed = 7310;
    const wanted = fc.record({
      base: fc.integer({ min: 0, max: 3000 }),
      npages: fc.integer({ min: 1, max: 4000 }),
      page: fc.integer({ min: 0, max: 3000 }),
    });
    fc.assert(
      fc.property(wanted, ({ base, npages, page }) => {
        const blocks = Math.floor((base + npages - 1) / 512) - Math.floor(base / 512) + 1;
        const counters = new Array<number>(blocks).fill(0);
        if (base % 512 !== 0) counters[0] = 1;
        if ((base + npages) % 512 !== 0) counters[blocks - 1] = 1;
        if (((base ^ page) & 511) !== 0) counters.fill(1);
        const info = new LpageInfo(base, npages, page);
        for (let gfn = base; gfn < base + npages; gfn += 37) {
          const block = Math.floor(gfn / 512) - Math.floor(base / 512);
          expect(info.disallow_lpage(gfn, 2)).toBe(counters[block] !== 0);
        }
      }),
      { seed, numRuns: 200 },
    );
  });
});

test('after any faults and zaps counts, leaves and frames agree', () => {
  const seed = 2468;
  const step = fc.record({
    gfn: fc.nat(2000).map((at) => 0x40000 + at * 97),
    level: fc.constantFrom(1, 2, 3, 0),
    pages: fc.integer({ min: 1, max: 700 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.boolean(), (steps, childrenFirst) => {
      const stage = new Stage(childrenFirst, 6000);
      for (const { gfn, level, pages } of steps) {
        const first = gfn - (gfn % 512 ** Math.max(0, level - 1));
        if (level === 0) tdp_mmu_zap_leafs(stage.tables, gfn, gfn + pages);
        else stage.map(first, level);
      }
      const { statistics } = stage.tables;
      const counted = [0, 0, 0, 0];
      for (const [gfn, level, pfn] of stage.leaves()) {
        counted[level]!++;
        expect(pfn).toBe(0x200000 + gfn);
      }
      expect(counted.slice(1)).toEqual([
        statistics.pages_4k,
        statistics.pages_2m,
        statistics.pages_1g,
      ]);
      expect(stage.mem.framesInUse()).toBe(stage.tables.frames);
      tdp_mmu_zap_root(stage.tables);
      expect(stage.mem.framesInUse()).toBe(0);
      expect(statistics).toEqual({ pages_4k: 0, pages_2m: 0, pages_1g: 0 });
    }),
    { seed, numRuns: 40 },
  );
});
