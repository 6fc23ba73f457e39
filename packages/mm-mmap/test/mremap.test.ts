// Goal: mappings move, shrink and refuse as on Linux, with leaves that are taken for bad entries. Method: the scenarios of
// section 12 of the specification.
import { EFAULT, EINVAL, ENOMEM } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, fileOf, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const MAYMOVE = 1;
const FIXED = 2;
const DONTUNMAP = 4;
const TO = VA + 64 * GiB;

/** mremap() of a mapping at VA to another place. */
const move = (bar: BarProcess, length: number, to: number, from = VA): number =>
  bar.process.mremap({
    address: from,
    oldLength: length,
    newLength: length,
    flags: MAYMOVE | FIXED,
    newAddress: to,
  });
const resize = (bar: BarProcess, oldLength: number, newLength: number, flags = 0): number =>
  bar.process.mremap({ address: VA, oldLength, newLength, flags, newAddress: 0 });

describe('a move', () => {
  test('M12-1, M21-6: of 2 MiB by a multiple of it moves the leaf, soft-dirty, without a fault', () => {
    const bar = new BarProcess();
    bar.map(2 * MiB);
    bar.touch(VA, true);
    const lines = bar.record('notifier', () => expect(move(bar, 2 * MiB, TO)).toBe(TO));
    expect(bar.entry(TO)).toBe('pmd 0x8000000200000af7');
    expect(bar.touch(TO, true)).toEqual([]);
    expect(bar.process.mm.vma_lookup(VA)).toBe(null);
    expect(lines.slice(0, 2)).toEqual([
      'mmu notifier start UNMAP [0x7f0000000000, 0x7f0000200000)',
      'mmu notifier end UNMAP [0x7f0000000000, 0x7f0000200000)',
    ]);
  });

  test('M12-2: by a page out of phase clears the leaf; pages come back', () => {
    const bar = new BarProcess();
    bar.map(2 * MiB);
    bar.touch();
    expect(move(bar, 2 * MiB, TO + 4096)).toBe(TO + 4096);
    expect([bar.entry(TO + 4096), bar.splits()]).toEqual(['pmd none', [1, 0]]);
    expect(bar.touch(TO + 4096).at(-1)).toBe('order=0 0x100');
  });

  test.each([
    ['6.12.117', 42],
    ['7.3', 44],
  ])(
    'M12-3: of 1 GiB by a multiple of it reports a bad PUD; a fault brings it back (%s)',
    (profile, line) => {
      const bar = new BarProcess({ kernel: profile });
      bar.map(GiB);
      bar.touch();
      expect(move(bar, GiB, TO)).toBe(TO);
      expect(bar.log()).toEqual([`mm/pgtable-generic.c:${line}: bad pud(80000002000002b7)`]);
      expect([bar.entry(TO), bar.splits()]).toEqual(['pud none', [0, 0]]);
      expect(bar.touch(TO)).toEqual(['order=18 0x100']);
    },
  );

  test('12.3: of a PUD table whole takes every PMD leaf along, unmarked', () => {
    const bar = new BarProcess();
    bar.mapLab(GiB, { maxorder: 9 });
    bar.touchAll(VA, VA + GiB, 2 * MiB);
    expect(bar.tables(() => move(bar, GiB, TO))).toBe(0);
    expect(bar.mapped(TO, TO + GiB)).toEqual([0, 512, 0]);
    expect(bar.entry(TO)).toBe('pmd 0x80000002000002b7');
  });

  test('12.3: of a PTE table whole takes its entries along, unmarked', () => {
    const bar = new BarProcess();
    bar.mapLab(2 * MiB, { mode: 'remap' });
    move(bar, 2 * MiB, TO);
    expect(bar.mapped(TO, TO + 2 * MiB)).toEqual([0, 0, 512]);
    expect(bar.entry(TO)).toBe('pte 0x8000000200000237');
  });

  test.each([
    ['in phase', 0],
    ['out of phase', 4096],
  ])('M12-2, 12.5: of pages that no fault can bring back loses none (%s)', (_what, phase) => {
    const bar = new BarProcess();
    const length = 2 * MiB + 3 * 4096;
    const from = VA + 5 * 4096;
    bar.mapLab(length, { mode: 'remap' }, { address: from });
    expect(move(bar, length, TO + 5 * 4096 + phase, from)).toBe(TO + 5 * 4096 + phase);
    const { pt } = bar.machine.kernel;
    for (let page = 0; page < length / 4096; page++) {
      const slot = pt.walk(bar.process.mm, TO + 5 * 4096 + phase + page * 4096);
      expect(pt.pfnAt(0, slot)).toBe(0x200000 + page);
    }
    expect(bar.touch(TO + 5 * 4096 + phase)).toEqual([]);
  });

  test('12.3: in phase starts at 2 MiB where nothing else lies there, so that tables move whole', () => {
    const bar = new BarProcess();
    const [from, to] = [VA + 5 * 4096, TO + 5 * 4096];
    bar.mapLab(2 * MiB, { mode: 'remap' }, { address: from });
    const lines = bar.record('notifier', () => move(bar, 2 * MiB, to, from));
    expect(lines[0]).toBe('mmu notifier start UNMAP [0x7f0000000000, 0x7f0000205000)');
    expect(bar.entry(to)).toBe('pte 0x8000000200000237');
    // The last pages share their table with nothing, but do not fill it.
    expect(bar.entry(to + 2 * MiB - 4096)).toBe('pte 0x80000002001ffa37');
  });

  test('12.3: starts where the mapping does when something else lies below it', () => {
    const bar = new BarProcess();
    const [from, to] = [VA + 5 * 4096, TO + 5 * 4096];
    bar.mapFile(null, 4096, { shared: false });
    bar.mapLab(2 * MiB, { mode: 'remap' }, { address: from });
    const lines = bar.record('notifier', () => move(bar, 2 * MiB, to, from));
    expect(lines[0]).toBe('mmu notifier start UNMAP [0x7f0000005000, 0x7f0000205000)');
    expect(bar.entry(to)).toBe('pte 0x8000000200000a37');
  });

  test('of pages one by one marks them soft-dirty', () => {
    const bar = new BarProcess();
    bar.mapLab(8192, { mode: 'remap' });
    move(bar, 8192, TO + 4096);
    expect(bar.entry(TO + 4096)).toBe('pte 0x8000000200000a37');
  });

  test('onto another mapping replaces it', () => {
    const bar = new BarProcess();
    bar.map(2 * MiB);
    bar.mapFile(null, 4 * MiB, { address: TO, shared: false });
    bar.touch(TO, true);
    expect(move(bar, 2 * MiB, TO)).toBe(TO);
    expect(bar.vma(TO).vm_file).toBe(bar.machine.device.file);
    expect(bar.vma(TO + 2 * MiB).vm_file).toBe(null);
  });

  test('keeps the mapping in the reach of its file', () => {
    const bar = new BarProcess();
    bar.map(2 * MiB);
    bar.touch();
    move(bar, 2 * MiB, TO);
    bar.machine.layers.memory.unmap_mapping_range(bar.machine.device.file.f_mapping, 0, 0, true);
    expect(bar.entry(TO)).toBe('pmd none');
  });

  test.each([
    ['6.12.117', -EFAULT],
    ['7.3', TO],
  ])('of two mappings at once is possible from 6.17 on (%s)', (profile, answer) => {
    const bar = new BarProcess({ kernel: profile });
    bar.map(2 * MiB);
    bar.map(2 * MiB, { address: VA + 2 * MiB, offset: 2 * MiB });
    bar.touchAll(VA, VA + 4 * MiB, 2 * MiB);
    expect(move(bar, 4 * MiB, TO)).toBe(answer);
    if (answer === TO) expect(bar.mapped(TO, TO + 4 * MiB)).toEqual([0, 2, 0]);
  });

  test.each([
    ['6.12.117', 'unmapped'],
    ['7.3', 'there'],
  ])('of two mappings that also shrinks is EFAULT; in %s the tail is %s then', (profile, tail) => {
    const bar = new BarProcess({ kernel: profile });
    bar.map(2 * MiB);
    bar.map(2 * MiB, { address: VA + 2 * MiB, offset: 2 * MiB });
    const oldLength = 4 * MiB;
    const request = { address: VA, oldLength, newLength: 3 * MiB, newAddress: TO };
    const flags = MAYMOVE | FIXED;
    expect(bar.process.mremap({ ...request, flags })).toBe(-EFAULT);
    const last = bar.process.mm.vma_lookup(VA + oldLength - 1);
    expect(last === null ? 'unmapped' : 'there').toBe(tail);
    expect(bar.process.mm.vma_lookup(VA + 3 * MiB - 1)).not.toBe(null);
  });

  test('without a frame for a table is ENOMEM, and everything is where it was', () => {
    const bar = new BarProcess();
    bar.mapLab(8192, { mode: 'remap' });
    const { mem } = bar.machine.kernel;
    while (mem.allocFrame() >= 0);
    expect(move(bar, 8192, TO + 4096)).toBe(-ENOMEM);
    expect(bar.mapped(VA, VA + 8192)).toEqual([0, 0, 2]);
    expect(bar.process.mm.vma_lookup(TO + 4096)).toBe(null);
  });
});

test('a move that runs out of memory half way is taken back', () => {
  const bar = new BarProcess();
  bar.mapLab(4 * MiB, { mode: 'remap' });
  const { mem } = bar.machine.kernel;
  // The new place needs a PMD table and three PTE tables; there is room for two of the four.
  const spare = [mem.allocFrame(), mem.allocFrame()];
  while (mem.allocFrame() >= 0);
  for (const frame of spare) mem.freeFrame(frame);
  expect(move(bar, 4 * MiB, TO + 4096)).toBe(-ENOMEM);
  expect(bar.mapped(VA, VA + 4 * MiB)).toEqual([0, 0, 1024]);
  expect(bar.mapped(TO, TO + 8 * MiB)).toEqual([0, 0, 0]);
  const { pt } = bar.machine.kernel;
  expect(pt.pfnAt(0, pt.walk(bar.process.mm, VA + 7 * 4096))).toBe(0x200007);
});

describe('a smaller size', () => {
  test('M12-4: of half a GiB clears the PUD; the rest comes back by PMDs', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.touch();
    expect(resize(bar, GiB, GiB / 2)).toBe(VA);
    expect([bar.entry(), bar.splits()]).toEqual(['pud none', [0, 1]]);
    expect(bar.touch()).toEqual(['order=18 0x800', 'order=9 0x100']);
  });

  test('M12-5: by a page cuts the PUD where it is read as a table', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.touch();
    expect(() => resize(bar, GiB, GiB - 4096)).toThrow(KernelBug);
  });
});

test('a smaller size at another place drops the tail first', () => {
  const bar = new BarProcess();
  bar.map(4 * MiB);
  bar.touchAll(VA, VA + 4 * MiB, 2 * MiB);
  const request = { address: VA, oldLength: 4 * MiB, newLength: 2 * MiB, flags: 3, newAddress: TO };
  expect(bar.process.mremap(request)).toBe(TO);
  expect(bar.mapped(TO, TO + 4 * MiB)).toEqual([0, 1, 0]);
  expect(bar.process.mm.overlapping(VA, VA + 4 * MiB)).toEqual([]);
});

describe('12.1: what is refused', () => {
  const mapped = (): BarProcess => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.touch();
    return bar;
  };
  test.each([
    ['growing', GiB, 2 * GiB, 0, -EFAULT],
    ['growing and moving', GiB, 2 * GiB, MAYMOVE, -EFAULT],
    ['old length 0 of a shared mapping, which would double it', 0, GiB, MAYMOVE, -EFAULT],
    ['MREMAP_DONTUNMAP', GiB, GiB, MAYMOVE | DONTUNMAP, -EINVAL],
    ['more than is mapped', 2 * GiB, 2 * GiB, MAYMOVE, -EFAULT],
    ['no new length', GiB, 0, 0, -EINVAL],
  ])('%s', (_what, oldLength, newLength, flags, answer) => {
    const bar = mapped();
    expect(resize(bar, oldLength, newLength, flags)).toBe(answer);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });

  test('the same size without a place is what there is', () => {
    expect(resize(mapped(), GiB, GiB)).toBe(VA);
    expect(resize(mapped(), GiB, GiB, MAYMOVE)).toBe(VA);
  });

  test('old length 0 of a private mapping', () => {
    const bar = new BarProcess();
    bar.mapLab(4096, { mode: 'remap' }, { shared: false });
    expect(resize(bar, 0, 4096, MAYMOVE)).toBe(-EINVAL);
  });

  test('addresses that are misaligned, overlap, or hold nothing', () => {
    const bar = mapped();
    expect(move(bar, GiB, TO + 1)).toBe(-EINVAL);
    expect(move(bar, GiB, VA + GiB / 2)).toBe(-EINVAL);
    expect(move(bar, GiB, TO, VA + 1)).toBe(-EINVAL);
    expect(move(bar, GiB, TO, VA + 8 * GiB)).toBe(-EFAULT);
    const fixedAlone = {
      address: VA,
      oldLength: GiB,
      newLength: GiB,
      flags: FIXED,
      newAddress: TO,
    };
    expect(bar.process.mremap(fixedAlone)).toBe(-EINVAL);
  });

  test('by the driver, where a part would be split off', () => {
    const bar = new BarProcess();
    bar.mapFile(
      fileOf((vma) => {
        vma.vm_ops = { may_split: () => -EINVAL };
        return 0;
      }),
      8192,
    );
    expect(move(bar, 4096, TO)).toBe(-EINVAL);
    expect(move(bar, 8192, TO)).toBe(TO);
  });
});
