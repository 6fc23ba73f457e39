// Goal: a memory policy for device memory does what it does on Linux, crash included. Method: M15-5 and the table of readers in
// section 15.5 of the specification.
import { EFAULT, EINVAL } from '@pfnmap/mm-core';
import type { MbindRequest } from '@pfnmap/mm-mmap';
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const bind = (
  bar: BarProcess,
  length: number,
  rest: Partial<MbindRequest> & { readonly address?: number } = {},
): number => {
  const request = {
    address: VA,
    length,
    policy: 'bind',
    strict: true,
    move: false,
    ...rest,
  } as const;
  return bar.machine.layers.mmap.mbind(bar.process.mm, request);
};
const mapped = (length: number, setup = {}): BarProcess => {
  const bar = new BarProcess(setup);
  bar.map(length);
  bar.touch();
  return bar;
};
const policyAt = (bar: BarProcess, address = VA): string | undefined =>
  bar.machine.layers.pagewalk.numa_maps(bar.process.mm).find(({ start }) => start === address)
    ?.policy;

describe('M15-5: a strict policy over a PMD leaf', () => {
  test.each(['6.12', '6.12.117'])('takes device memory for a folio (%s)', (profile) => {
    const bar = mapped(2 * MiB, { kernel: profile });
    expect(() => bind(bar, 2 * MiB)).toThrow(KernelBug);
    expect(() => bind(bar, 2 * MiB)).toThrow('queue_folios_pte_range');
  });
  test('leaves it alone in 7.3', () => {
    const bar = mapped(2 * MiB, { kernel: '7.3' });
    expect(bind(bar, 2 * MiB)).toBe(0);
    expect(bar.entry()).toBe('pmd 0x80000002000002b7');
  });
});

test.each([
  ['without flags', false],
  ['that moves pages', true],
])('a policy without nodes, %s, leaves the PUD leaf of a VM_MIXEDMAP mapping', (_what, move) => {
  const bar = new BarProcess();
  bar.mapLab(GiB, { mode: 'mixed' });
  bar.touch();
  expect(bind(bar, GiB, { policy: 'local', strict: false, move })).toBe(0);
  expect(bar.entry()).toBe('pud 0x80000002000002b7');
});

describe('15.5: a policy over a PUD leaf', () => {
  test('clears it when it is strict', () => {
    const bar = mapped(GiB);
    expect(bind(bar, GiB)).toBe(0);
    expect([bar.entry(), bar.splits()]).toEqual(['pud none', [0, 1]]);
  });
  test.each([
    ['not strict', { strict: false }],
    ['the default', { policy: 'default' as const }],
  ])('leaves it when it is %s', (_what, rest) => {
    const bar = mapped(GiB);
    expect(bind(bar, GiB, rest)).toBe(0);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });
});

test('15.5: pages are passed over', () => {
  const bar = new BarProcess();
  bar.mapLab(8192, { mode: 'remap' });
  expect(bind(bar, 8192)).toBe(0);
  expect(bar.mapped(VA, VA + 8192)).toEqual([0, 0, 2]);
});

test('a policy of a part splits the mapping, and numa_maps shows it', () => {
  const bar = mapped(GiB);
  const count = bar.process.mm.map_count;
  expect(bind(bar, 2 * MiB, { address: VA + 2 * MiB, strict: false })).toBe(0);
  expect(bar.process.mm.map_count).toBe(count + 2);
  expect([policyAt(bar), policyAt(bar, VA + 2 * MiB), policyAt(bar, VA + 4 * MiB)]).toEqual([
    'default',
    'bind:0',
    'default',
  ]);
  expect(bind(bar, 2 * MiB, { address: VA + 2 * MiB, strict: false })).toBe(0);
  expect(bar.process.mm.map_count).toBe(count + 2);
});

test.each([
  ['a misaligned start', { address: VA + 1 }, 4096, -EINVAL],
  ['no length', {}, 0, 0],
  ['nothing mapped', { address: VA + 8 * GiB }, 4096, -EFAULT],
  ['a hole at the start', { address: VA - 4096 }, 8192, -EFAULT],
])('%s', (_what, rest, length, answer) => {
  expect(bind(mapped(GiB), length, rest)).toBe(answer);
});
