// Goal: an entry is explained in the words of the manual and of Linux. Method: entries of each kind, by value.
import { expect, test } from 'vitest';
import { arm64, BY_GRANULE, PLAIN_CPU } from './kernels.ts';

const arch = arm64();

test('a BAR block of vfio decodes to its address, flags in bit order and Device-nGnRnE', () => {
  expect(arch.decode(1, 0x0168001000200fcdn)).toEqual({
    kind: 'leaf',
    address: 0x1000200000n,
    flags: ['VALID', 'USER', 'RDONLY', 'SHARED', 'AF', 'nG', 'WRITE', 'PXN', 'UXN', 'SPECIAL'],
    memoryType: 'Device-nGnRnE',
  });
});

test('a page names bit 1, and an entry that is not valid has PRESENT_INVALID where a valid one has nG', () => {
  const { kind, flags } = arch.decode(0, 0x01e0001000001f8en);
  expect(kind).toBe('leaf');
  expect(flags).toEqual([
    ...['PAGE', 'RDONLY', 'SHARED', 'AF', 'PRESENT_INVALID', 'PXN', 'UXN', 'DIRTY', 'SPECIAL'],
  ]);
});

test('a table names the flags of tables', () => {
  expect(arch.decode(2, 0x1800004812345403n)).toEqual({
    kind: 'table',
    address: 0x4812345000n,
    flags: ['VALID', 'TABLE', 'AF', 'PXNTable', 'UXNTable'],
    memoryType: '',
  });
  expect(arch.decode(0, 0x0000004812345003n).kind).toBe('leaf');
});

test('zero is none, and a swap entry is not present', () => {
  expect(arch.decode(1, 0n)).toEqual({ kind: 'none', address: 0n, flags: [], memoryType: '' });
  expect(arch.decode(0, 0x00000000000017ccn)).toEqual({
    kind: 'not present',
    address: 0n,
    flags: ['SWP_EXCLUSIVE', 'SWP_UFFD_WP'],
    memoryType: '',
  });
});

test('every bit of a leaf has a name', () => {
  const { flags } = arch.decode(0, 2n ** 64n - 1n);
  expect(flags).toEqual([
    ...[
      'VALID',
      'PAGE',
      'NS',
      'USER',
      'RDONLY',
      'SHARED',
      'AF',
      'nG',
      'GP',
      'WRITE',
      'CONT',
      'PXN',
    ],
    ...['UXN', 'DIRTY', 'SPECIAL', 'DEVMAP', 'UFFD_WP', 'IGNORED59'],
    ...['POIndex0', 'POIndex1', 'POIndex2', 'SW63'],
  ]);
  expect(arm64({ kernel: '7.3.4' }).decode(0, 2n ** 64n - 1n).flags).toContain('SW57');
  expect(arch.decode(0, 0x101n).flags).toContain('SH0');
  expect(arch.decode(0, 0x201n).flags).toContain('SH1');
});

test('the address undoes what the page size does to it, and SH is no flag under LPA2', () => {
  const l4 = arm64(BY_GRANULE.L4).decode(1, 0x0168000040200fcdn);
  expect(l4.address).toBe(0x000c000040200000n);
  expect(l4.flags).not.toContain('SHARED');
  expect(arm64(BY_GRANULE.L64).decode(1, 0x016a00102000afcdn).address).toBe(0x000a001020000000n);
  expect(arm64({ page: '16K' }).decode(0, 0x0168001000007fcfn).flags).toContain('RES0[12]');
  expect(arm64(BY_GRANULE.L64).decode(0, 0x0001000000010003n).flags).toContain('RES0[12]');
});

test('index 1 is Tagged only with MTE, and unused indexes read as Device-nGnRnE', () => {
  const typeOf = (of: typeof arch, index: bigint): string =>
    of.decode(0, 3n | (index << 2n)).memoryType;
  expect([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((index) => typeOf(arch, index))).toEqual([
    ...['Normal', 'Normal', 'Normal-NC', 'Device-nGnRnE', 'Device-nGnRE'],
    ...['Device-nGnRnE', 'Device-nGnRnE', 'Device-nGnRnE'],
  ]);
  expect(typeOf(arm64({ cpu: { ...PLAIN_CPU, mte: true } }), 1n)).toBe('Normal-Tagged');
});
