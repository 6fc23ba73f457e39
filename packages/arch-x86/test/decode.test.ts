// Goal: a decoded entry says what the manual and Linux say. Method: entries of each kind.
import type { PgtableLevel } from '@pfnmap/pgtable-core';
import { expect, test } from 'vitest';
import { archOf, SYMBOLS_7_3 } from './fake-config.ts';

const arch = archOf();

type Case = readonly [
  what: string,
  level: PgtableLevel,
  word: bigint,
  kind: string,
  address: bigint,
  memoryType: string,
  flags: string,
];

const cases: readonly Case[] = [
  ['nothing', 0, 0n, 'none', 0n, '', ''],
  ['nothing but stray A and D', 1, 0x60n, 'none', 0n, '', ''],
  [
    'a PTE of a BAR',
    0,
    0x80000000e0001237n,
    'leaf',
    0xe0001000n,
    'UC-',
    'P RW US PCD A SPECIAL NX',
  ],
  ['a PTE with PAT', 0, 0xe00010b7n, 'leaf', 0xe0001000n, 'UC-', 'P RW US PCD A PAT'],
  [
    'a written 2 MiB leaf',
    1,
    0x84000000e02002b5n,
    'leaf',
    0xe0200000n,
    'UC-',
    'P US PCD A PSE SPECIAL SAVED_DIRTY NX',
  ],
  [
    'a write-through 2 MiB leaf',
    1,
    0x80000000e02012bfn,
    'leaf',
    0xe0200000n,
    'WT',
    'P RW US PWT PCD A PSE SPECIAL PAT_LARGE NX',
  ],
  [
    'a 1 GiB leaf with a key',
    2,
    0xa8003800400002b7n,
    'leaf',
    0x380040000000n,
    'UC-',
    'P RW US PCD A PSE SPECIAL PKEY=5 NX',
  ],
  [
    'a PROT_NONE 1 GiB leaf',
    2,
    0x000fc7ff800003b0n,
    'not present',
    0x380040000000n,
    'UC-',
    'PCD A PSE PROTNONE SPECIAL',
  ],
  [
    'an invalidated 2 MiB leaf',
    1,
    0x800fffff1fc002b6n,
    'not present',
    0xe0200000n,
    'UC-',
    'RW US PCD A PSE SPECIAL NX',
  ],
  ['a table', 2, 0x123456067n, 'table', 0x123456000n, '', 'P RW US A D'],
  [
    'a root entry without a user copy',
    4,
    0x0400000123456067n,
    'table',
    0x123456000n,
    '',
    'P RW US A D NOPTISHADOW',
  ],
  [
    'a swap-type entry',
    0,
    0x2fffffffffdb9606n,
    'not present',
    0n,
    '',
    'SWP_SOFT_DIRTY SWP_UFFD_WP OFFSET=0x1234 TYPE=5',
  ],
  [
    'a marked device mapping',
    1,
    0x82000000e02004b7n,
    'leaf',
    0xe0200000n,
    'UC-',
    'P RW US PCD A PSE UFFD_WP DEVMAP NX',
  ],
  ['a kernel page', 0, 0x8000000000001963n, 'leaf', 0x1000n, 'WB', 'P RW A D G SOFT_DIRTY NX'],
  [
    'reserved and unnamed bits',
    1,
    0x00100000e0202081n,
    'leaf',
    0xe0200000n,
    'WB',
    'P PSE BIT13 BIT52',
  ],
];

test.each(cases)('%s', (_what, level, word, kind, address, memoryType, flags) => {
  const decoded = arch.decode(level, word);
  expect([decoded.kind, decoded.address, decoded.memoryType]).toEqual([kind, address, memoryType]);
  expect(decoded.flags.join(' ')).toBe(flags);
});

test('Linux 7.3 has no name for bit 57', () => {
  expect(archOf({ symbols: SYMBOLS_7_3 }).decode(1, 0x0200000000200081n).flags).toEqual([
    'P',
    'PSE',
    'BIT57',
  ]);
});
