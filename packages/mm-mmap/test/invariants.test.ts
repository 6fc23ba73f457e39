// Goal: whatever a program does with a BAR, tables, counters and notifications stay consistent. Method: random system calls on
// a machine; after each, the page tables are read whole and compared with what the specification says must hold (its section 28,
// and M of the series).
import { VM_LOCKED, VM_PFNMAP } from '@pfnmap/mm-core';
import { KernelBug, type PgtableLevel } from '@pfnmap/pgtable-core';
import { BarProcess, GiB, MiB, VA, type Wanted } from '@pfnmap/testbed';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Places are in steps of 2 MiB over 4 GiB, or single pages near the start. */
interface Step {
  readonly call:
    | 'map'
    | 'read'
    | 'write'
    | 'unmap'
    | 'protect'
    | 'advise'
    | 'zap'
    | 'move'
    | 'fork'
    | 'smaps';
  readonly at: number;
  readonly length: number;
  readonly choice: number;
}

const offsetInArena = fc.oneof(
  { weight: 4, arbitrary: fc.nat(3).map((index) => index * GiB) },
  { weight: 3, arbitrary: fc.nat(2047).map((index) => index * 2 * MiB) },
  { weight: 1, arbitrary: fc.nat(1023).map((index) => index * 4096) },
);
const lengthOf = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }).map((count) => count * GiB) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 64 }).map((count) => count * 2 * MiB) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 600 }).map((count) => count * 4096) },
);
const step: fc.Arbitrary<Step> = fc.record({
  call: fc.constantFrom(
    'map',
    'map',
    'read',
    'read',
    'read',
    'write',
    'unmap',
    'protect',
    'advise',
    'zap',
    'move',
    'fork',
    'smaps',
  ),
  at: offsetInArena,
  length: lengthOf,
  choice: fc.nat(2),
});

interface Leaf {
  readonly level: PgtableLevel;
  readonly address: number;
  readonly size: number;
  readonly pfn: number;
  readonly prot: number;
}

/** Every leaf in the tables of a process, and how many tables there are. */
function readTables(bar: BarProcess, mm = bar.process.mm): { leaves: Leaf[]; tables: number } {
  const { pt, mem, arch } = bar.machine.kernel;
  const { levels } = arch.geometry;
  const leaves: Leaf[] = [];
  let tables = 0;
  const existing = levels.filter(({ folded }) => !folded).map(({ level }) => level);
  const visit = (table: number, depth: number, base: number): void => {
    const level = existing[depth]!;
    const { size, entries } = levels[level];
    for (let index = 0; index < entries; index++) {
      const slot = table + index * 2;
      if ((mem.lanes[slot]! | mem.lanes[slot + 1]!) === 0) continue;
      const address = base + index * size;
      if (depth > 0 && pt.isTable(slot)) {
        // P4D tables are not counted.
        if (existing[depth - 1]! <= 2) tables++;
        visit(mem.slotOfFrame(pt.pfnAt(level, slot)), depth - 1, address);
      } else {
        const prot = arch.codec.prot(level, mem.lanes[slot]!, mem.lanes[slot + 1]!);
        leaves.push({ level, address, size, pfn: pt.pfnAt(level, slot), prot });
      }
    }
  };
  visit(mm.pgd, existing.length - 1, 0);
  return { leaves, tables };
}

const inArena = ({ address }: Leaf): boolean => address >= VA && address < VA + 64 * GiB;

/** What must hold of a process after every call. */
function check(bar: BarProcess): Leaf[] {
  const { mm } = bar.process;
  const { arch } = bar.machine.kernel;
  const { leaves, tables } = readTables(bar);
  // I2: tables are counted, each once.
  expect(mm.pgtables_bytes).toBe(tables * 4096);
  const ours = leaves.filter(inArena);
  for (const leaf of ours) {
    // M1: every entry of a BAR is special.
    const special = [arch.pte_special, arch.pmd_special, arch.pud_special][leaf.level]!;
    expect(special(leaf.prot)).toBe(true);
    // I3: it maps what the file says, in every VMA that it reaches.
    const vmas = mm.overlapping(leaf.address, leaf.address + leaf.size);
    expect(vmas.length).toBeGreaterThan(0);
    for (const vma of vmas) {
      const page = vma.vm_pgoff % 2 ** 28;
      const first = bar.machine.bar2Pfn + page + (leaf.address - vma.vm_start) / 4096;
      expect(leaf.pfn).toBe(first);
    }
  }
  for (const { vm_flags } of mm.vmas) {
    // I8: special mappings are never locked.
    if ((vm_flags & VM_PFNMAP) !== 0) expect(vm_flags & VM_LOCKED).toBe(0);
  }
  // I1: only the stack of the program is resident.
  expect(mm.rss).toEqual({ file: 0, anon: 1, swap: 0, shmem: 0 });
  return ours;
}

function perform(bar: BarProcess, { call, at, length, choice }: Step): void {
  const address = VA + at;
  switch (call) {
    case 'map':
      // In phase with the BAR, or out of it by 2 MiB or a page.
      bar.map(length, { address, offset: (at % (4 * GiB)) + [0, 2 * MiB, 4096][choice]! });
      break;
    case 'read':
    case 'write':
      bar.touch(address, call === 'write');
      break;
    case 'unmap':
      bar.process.munmap(address, length);
      break;
    case 'protect':
      bar.process.mprotect(address, length, [0, 1, 3][choice]!);
      break;
    case 'advise':
      bar.process.madvise(address, length, [10, 14, 15][choice]!);
      break;
    case 'zap': {
      const { f_mapping } = bar.machine.device.file;
      bar.machine.layers.memory.unmap_mapping_range(f_mapping, 2 * 2 ** 40 + at, length, true);
      break;
    }
    case 'move': {
      const newAddress = VA + 32 * GiB + [0, 2 * MiB, 4096][choice]!;
      bar.process.mremap({ address, oldLength: length, newLength: length, flags: 3, newAddress });
      break;
    }
    case 'smaps':
      bar.process.smaps();
      break;
    case 'fork':
      forkAndCompare(bar);
      break;
  }
}

/** I11, M14: a fork leaves the parent as it was; the child has the same leaves, old. */
function forkAndCompare(bar: BarProcess): void {
  const { arch } = bar.machine.kernel;
  const before = readTables(bar).leaves.filter(inArena);
  const child = bar.process.fork();
  if (typeof child === 'number') throw new Error(`fork answered ${child}`);
  expect(readTables(bar).leaves.filter(inArena)).toEqual(before);
  const copies = readTables(bar, child.mm).leaves.filter(inArena);
  const expected = before
    .filter(({ address, size }) =>
      child.mm.overlapping(address, address + size).some(({ vm_start }) => vm_start <= address),
    )
    .map(({ level, address, pfn }) => `${level} ${address} ${pfn}`);
  const copied = copies.map(({ level, address, pfn }) => `${level} ${address} ${pfn}`);
  for (const leaf of expected) expect(copied).toContain(leaf);
  const young = [arch.pte_young, arch.pmd_young, arch.pud_young];
  for (const { level, prot } of copies) expect(young[level]!(prot)).toBe(false);
  child.exit();
}

/**
 * I6: every leaf that went away lies in a range that secondary MMUs were told about. Only the leaf that mremap() takes for a
 * bad entry may reach beyond: they hear of the range that moves.
 */
function checkNotified(bar: BarProcess, before: readonly Leaf[], after: readonly Leaf[]): void {
  const happened = bar.machine.kernel.events.take();
  const ranges = happened.flatMap((event) =>
    event.kind === 'notifier' && event.phase === 'end' ? [event] : [],
  );
  const hasBadPud = happened.some(
    (event) => event.kind === 'printk' && event.text.includes('bad pud'),
  );
  const still = new Set(after.map(({ level, address }) => `${level} ${address}`));
  for (const { level, address, size } of before) {
    if (still.has(`${level} ${address}`)) continue;
    const isCovered = ranges.some(({ start, end }) =>
      hasBadPud && size === GiB
        ? start < address + size && end > address
        : start <= address && address + size <= end,
    );
    expect(isCovered || `leaf of ${size} at ${address - VA} unannounced`).toBe(true);
  }
}

function run(setup: Wanted, seed: number, numRuns: number): void {
  const holds = fc.property(
    fc.array(step, { minLength: 5, maxLength: 25, size: 'max' }),
    (steps) => {
      const bar = new BarProcess({ ramBytes: 8 * MiB, ...setup });
      const { events, mem } = bar.machine.kernel;
      events.recording = true;
      let before = check(bar);
      for (const one of steps) {
        events.take();
        try {
          perform(bar, one);
        } catch (error) {
          // 10.3: a boundary inside a PUD leaf stops the kernel; so do stores that fault for ever.
          if (error instanceof KernelBug && error.where === '__split_huge_pmd') return;
          throw error;
        }
        const after = check(bar);
        checkNotified(bar, before, after);
        before = after;
      }
      bar.process.exit();
      expect(mem.framesInUse()).toBe(bar.framesAtBoot);
    },
  );
  fc.assert(holds, { seed, numRuns });
}

describe('random programs leave page tables consistent', () => {
  test.each<[string, Wanted, number]>([
    ['x86_64, 6.12.117', {}, 50],
    ['x86_64, 6.12.117, five levels', { levels: 5 }, 51],
    ['x86_64, 6.12.117, L1TF', { l1tf: true }, 52],
    ['x86_64, 7.3', { kernel: '7.3' }, 53],
    ['arm64, 6.12.117', { arch: 'arm64' }, 54],
    ['arm64, 7.3', { arch: 'arm64', kernel: '7.3' }, 55],
  ])('%s', (_what, setup, seed) => {
    run(setup, seed, 30);
  });
});
