// Goal: tables are counted when they are installed and when they are freed, and never otherwise. Method: random commands on
// page tables against a set of tables that exist by arithmetic; on a tiny architecture and on the real ones.
import {
  type ArchPgtable,
  NO_SLOT,
  type Pgtable,
  type PgtableLevel,
  type PgtableRoot,
  type PhysMem,
} from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arm64, pageTables, x86 } from './architectures.ts';
import { LEAF, tinyArch } from './tiny-arch.ts';

interface Real {
  readonly pt: Pgtable;
  readonly mem: PhysMem;
  readonly root: PgtableRoot;
}

/** Tables and leaves that must exist, by level and first address. */
interface Model {
  readonly arch: ArchPgtable;
  readonly tables: Set<string>;
  readonly leaves: Map<string, number>;
  readonly frames: number;
}

/** The protection word of a leaf of a level. */
type LeafOf = (arch: ArchPgtable, level: PgtableLevel) => number;

const spanKey = (arch: ArchPgtable, level: number, address: number): string => {
  const { size } = arch.geometry.levels[level as PgtableLevel];
  return `${level}@${Math.floor(address / size) * size}`;
};
/** A table of `level` hangs below an entry of the level above: named by that entry's span. */
const tableKey = (arch: ArchPgtable, level: number, address: number): string =>
  `table ${spanKey(arch, level + 1, address)}`;

const exists = (arch: ArchPgtable, level: number): boolean =>
  !arch.geometry.levels[level as PgtableLevel].folded;
const levelsDown = (arch: ArchPgtable, to: number): number[] =>
  [3, 2, 1, 0].filter((level) => level >= to && exists(arch, level));

/** The tables that walkAlloc() makes; undefined when a leaf or the end of memory is in its way. */
function expectedTables(model: Model, level: number, address: number): string[] | undefined {
  const { arch } = model;
  const missing: string[] = [];
  for (const down of levelsDown(arch, level)) {
    // The entry of the existing level above may hold a leaf.
    const above = [down + 1, down + 2, down + 3, down + 4].find((up) => exists(arch, up))!;
    if (model.leaves.has(spanKey(arch, above, address))) return undefined;
    const key = tableKey(arch, down, address);
    if (!model.tables.has(key)) missing.push(key);
  }
  return missing;
}

function check(model: Model, real: Real): void {
  const { arch, tables } = model;
  // The P4D's tables do not count; neither does the PGD.
  const counted = [...tables].filter((key) => !key.startsWith('table 4@') || !exists(arch, 3));
  expect(real.root.pgtables_bytes).toBe(counted.length * arch.geometry.pageSize);
  expect(real.mem.framesInUse()).toBe(1 + tables.size);
}

class AllocCommand implements fc.Command<Model, Real> {
  readonly level: PgtableLevel;
  readonly address: number;

  constructor(level: PgtableLevel, address: number) {
    this.level = level;
    this.address = address;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const wanted = expectedTables(model, this.level, this.address);
    const slot = real.pt.walkAlloc(this.level, real.root, this.address);
    const free = model.frames - 2 - model.tables.size;
    // With a leaf in the way all tables above it are there.
    const made = wanted?.slice(0, free) ?? [];
    for (const key of made) model.tables.add(key);
    const isPossible = wanted !== undefined && wanted.length <= free;
    expect(slot !== NO_SLOT).toBe(isPossible);
    check(model, real);
  }
  toString(): string {
    return `walkAlloc(${this.level}, ${this.address})`;
  }
}

class SetLeafCommand implements fc.Command<Model, Real> {
  readonly level: PgtableLevel;
  readonly address: number;
  readonly leaf: LeafOf;

  constructor(level: PgtableLevel, address: number, leaf: LeafOf) {
    this.level = level;
    this.address = address;
    this.leaf = leaf;
  }
  check(model: Readonly<Model>): boolean {
    // Only over an entry that has its tables above, and none below.
    return (
      expectedTables(model, this.level, this.address)?.length === 0 &&
      !(this.level > 0 && model.tables.has(tableKey(model.arch, this.level - 1, this.address)))
    );
  }
  run(model: Model, real: Real): void {
    const slot = real.pt.walkAlloc(this.level, real.root, this.address);
    const key = spanKey(model.arch, this.level, this.address);
    if (model.leaves.has(key)) {
      real.pt.clear(slot);
      model.leaves.delete(key);
    } else {
      const { order } = model.arch.geometry.levels[this.level];
      real.pt.set(this.level, slot, 2 ** order, this.leaf(model.arch, this.level));
      model.leaves.set(key, this.level);
    }
    check(model, real);
  }
  toString(): string {
    return `toggleLeaf(${this.level}, ${this.address})`;
  }
}

class FreeCommand implements fc.Command<Model, Real> {
  readonly level: PgtableLevel;
  readonly address: number;

  constructor(level: PgtableLevel, address: number) {
    this.level = level;
    this.address = address;
  }
  check(model: Readonly<Model>): boolean {
    const { arch, tables, leaves } = model;
    const above = ([1, 2, 3, 4] as const).find((up) => up > this.level && exists(arch, up))!;
    if (!tables.has(tableKey(arch, this.level, this.address))) return false;
    const { size } = arch.geometry.levels[above];
    const start = Math.floor(this.address / size) * size;
    const inside = (key: string): boolean => {
      const [level, at] = key.replace('table ', '').split('@').map(Number) as [number, number];
      return level < above && at >= start && at < start + size;
    };
    // A table is freed once what is in it is gone.
    const holdsTables = [...tables].some((key) => inside(key));
    return !holdsTables && ![...leaves.keys()].some(inside);
  }
  run(model: Model, real: Real): void {
    const { pt, root } = real;
    let slot = pt.pgd_offset(root, this.address);
    const down = [pt.p4d_offset, pt.pud_offset, pt.pmd_offset];
    for (let level = 3; level > this.level; level--) slot = down[3 - level]!(slot, this.address);
    pt.freeTable(root, this.level, slot);
    model.tables.delete(tableKey(model.arch, this.level, this.address));
    check(model, real);
  }
  toString(): string {
    return `freeTable(${this.level}, ${this.address})`;
  }
}

function commandsFor(
  arch: ArchPgtable,
  addresses: fc.Arbitrary<number>,
  leaf: LeafOf,
): fc.Arbitrary<Iterable<fc.Command<Model, Real>>> {
  const present = ([0, 1, 2, 3] as const).filter((level) => exists(arch, level));
  const leafLevels = present.filter((level) => level <= 2);
  const level = fc.constantFrom<PgtableLevel>(...leafLevels);
  return fc.commands(
    [
      fc.tuple(level, addresses).map(([at, address]) => new AllocCommand(at, address)),
      fc.tuple(level, addresses).map(([at, address]) => new SetLeafCommand(at, address, leaf)),
      fc
        .tuple(fc.constantFrom<PgtableLevel>(...present), addresses)
        .map(([at, address]) => new FreeCommand(at, address)),
    ],
    { maxCommands: 60, size: 'max' },
  );
}

function holds(
  arch: ArchPgtable,
  addresses: fc.Arbitrary<number>,
  leaf: LeafOf,
  frames: number,
  seed: number,
): void {
  const countsTables = fc.property(commandsFor(arch, addresses, leaf), (commands) => {
    fc.modelRun(() => {
      const { pt, mem } = pageTables(arch, frames, 8);
      const real: Real = { pt, mem, root: pt.pgd_alloc() };
      const model: Model = { arch, tables: new Set(), leaves: new Map(), frames };
      return { model, real };
    }, commands);
  });
  fc.assert(countsTables, { seed, numRuns: 60 });
}

const leafOf = (arch: ArchPgtable, level: PgtableLevel): number => {
  const prot = arch.vm_get_page_prot(0xf);
  return [prot, arch.pmd_mkhuge(prot), arch.pud_mkhuge(prot)][level]!;
};

describe('pgtables_bytes and frames in use follow the tables that exist', () => {
  test.each([2, 3, 4, 5] as const)('tiny, %i levels, with memory to spare', (levels) => {
    const arch = tinyArch(levels);
    const limit = 2 ** arch.geometry.vaBits;
    holds(arch, fc.integer({ min: 0, max: limit - 1 }), () => LEAF, 512, 10 + levels);
  });

  test.each([2, 3, 4, 5] as const)('tiny, %i levels, at the end of memory', (levels) => {
    const arch = tinyArch(levels);
    const limit = 2 ** arch.geometry.vaBits;
    holds(arch, fc.integer({ min: 0, max: limit - 1 }), () => LEAF, 9, 20 + levels);
  });

  const real: ReadonlyArray<readonly [string, ArchPgtable]> = [
    ['x86_64, four levels', x86(4)],
    ['x86_64, five levels', x86(5)],
    ['arm64, 4K pages', arm64('ARM64_4K_PAGES', 'ARM64_VA_BITS_48')],
    ['arm64, 64K pages', arm64('ARM64_64K_PAGES', 'ARM64_VA_BITS_52')],
  ];
  test.each(real)('%s', (_name, arch) => {
    const { levels, pageSize } = arch.geometry;
    // Few addresses, so that they meet: three of each level's steps.
    const steps = levels.filter(({ folded }) => !folded).map(({ size }) => size);
    const address = fc
      .tuple(
        ...steps.map((size, index) =>
          fc.nat(index === steps.length - 1 ? 1 : 2).map((n) => n * size),
        ),
      )
      .map((parts) => parts.reduce((sum, part) => sum + part, 0))
      .filter((sum) => sum + pageSize < 2 ** 47);
    holds(arch, address, leafOf, 64, 30);
  });
});

test('a tiny address space is mapped page by page, to its last page', () => {
  for (const levels of [2, 3, 4, 5] as const) {
    const arch = tinyArch(levels);
    const { pt, mem } = pageTables(arch, 2000, 8);
    const root = pt.pgd_alloc();
    const pages = 4 ** levels;
    for (let page = 0; page < pages; page++) {
      const slot = pt.walkAlloc(0, root, page * 32);
      expect(pt.pte_none(slot)).toBe(true);
      pt.set(0, slot, page, LEAF);
    }
    for (let page = 0; page < pages; page++) {
      expect(pt.pfnAt(0, pt.walk(root, page * 32 + 31))).toBe(page);
    }
    const tables = Array.from({ length: levels - 1 }, (_, level) => pages / 4 ** (level + 1));
    const counted = tables.filter((_, level) => level <= 2);
    const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
    expect(root.pgtables_bytes).toBe(sum(counted) * 32);
    expect(mem.framesInUse()).toBe(1 + sum(tables));
  }
});
