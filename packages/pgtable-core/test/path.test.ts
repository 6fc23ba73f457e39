// Goal: the way of a walk is the one the hardware goes. Method: its end must be where the walk over the bytes of the frames ends,
// and its indexes must spell the address.
import {
  LEVEL_NAMES,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
} from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { EVERY_SHAPE, pageTables } from './architectures.ts';
import { hardwareWalk } from './hardware-walk.ts';

describe.each(EVERY_SHAPE)('%s', (_name, make) => {
  const arch = make();
  const { levels, pageSize } = arch.geometry;
  const existing = [...levels].reverse().filter(({ folded }) => !folded);
  const address = 3 * levels[1].size + 5 * pageSize;

  test('the way to a page has one entry a level, tables above it', () => {
    const { pt, mem } = pageTables(arch);
    const root = pt.pgd_alloc();
    pt.set(
      PGTABLE_LEVEL_PTE,
      pt.walkAlloc(PGTABLE_LEVEL_PTE, root, address),
      0x30000,
      arch.vm_get_page_prot(0xf),
    );
    const met = pt.path(root, address);
    expect(met.map(({ level }) => level)).toEqual(existing.map(({ level }) => LEVEL_NAMES[level]));
    expect(met.map(({ size }) => size)).toEqual(existing.map(({ size }) => size));
    expect(met.map(({ kind }) => kind)).toEqual([...existing.slice(1).map(() => 'table'), 'leaf']);
    expect(met.reduce((sum, { index, size }) => sum + index * size, 0)).toBe(address);
    expect(met.at(-1)!.word).toBe(hardwareWalk(arch, mem, root, address).word);
    expect(met.at(-1)!.address).toBe(BigInt(0x30000 * pageSize));
  });

  test('the way ends at an entry that is none', () => {
    const { pt } = pageTables(arch);
    const root = pt.pgd_alloc();
    expect(pt.path(root, address)).toEqual([expect.objectContaining({ kind: 'none', word: 0n })]);
    if (levels[1].folded) return;
    pt.walkAlloc(PGTABLE_LEVEL_PMD, root, address);
    const met = pt.path(root, address);
    expect(met.at(-1)).toMatchObject({ level: 'pmd', kind: 'none' });
    expect(met.length).toBe(existing.filter(({ level }) => level >= (1 as PgtableLevel)).length);
  });
});
