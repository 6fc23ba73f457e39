// Goal: KVM's stage-2 entries have Linux's bits, and are never confused with stage 1. Method: the table of cases, by value.
import { createStage2, type Stage2Access, type Stage2Options } from '@pfnmap/arch-arm64';
import { type PgtableLevel, wordOfLanes } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex } from './entries.ts';

const SEED = 0x73746732;
const PLAIN: Stage2Options = { pageShift: 12, lpa2: false, fwb: false, twoBitXn: false };
const RW = { read: true, write: true, execute: 'none' } as const;
const BAR: Stage2Access = { ...RW, memoryType: 'normal-nc' };
const DEVICE: Stage2Access = { ...RW, memoryType: 'device' };
const RAM: Stage2Access = { ...RW, memoryType: 'normal', execute: 'both' };

const word = (
  options: Stage2Options,
  level: PgtableLevel,
  pa: bigint,
  access: Stage2Access,
): string => {
  const stage2 = createStage2(options);
  const pfn = Number(pa >> BigInt(options.pageShift));
  const prot = stage2.leafProt(level, access);
  return hex(wordOfLanes(stage2.codec.lo(level, pfn, prot), stage2.codec.hi(level, pfn, prot)));
};

const CASES: ReadonlyArray<
  readonly [string, Partial<Stage2Options>, PgtableLevel, bigint, Stage2Access, string]
> = [
  ['BAR, 2M block', {}, 1, 0x1000200000n, BAR, '0x00400010002007d5'],
  [
    'BAR, 2M block, read-only',
    {},
    1,
    0x1000200000n,
    { ...BAR, write: false },
    '0x0040001000200755',
  ],
  ['BAR, page', {}, 0, 0x1000001000n, BAR, '0x00400010000017d7'],
  ['device, 2M block', {}, 1, 0x1000200000n, DEVICE, '0x00400010002007c5'],
  ['device, page', {}, 0, 0x1000001000n, DEVICE, '0x00400010000017c7'],
  ['RAM, no execution', {}, 0, 0x1000001000n, { ...RAM, execute: 'none' }, '0x00400010000017ff'],
  ['RAM', {}, 0, 0x1000001000n, RAM, '0x00000010000017ff'],
  ['RAM with FWB', { fwb: true }, 0, 0x1000001000n, RAM, '0x00000010000017db'],
  ['RAM with FWB, 2M block', { fwb: true }, 1, 0x1000200000n, RAM, '0x00000010002007d9'],
  ['RAM with FWB, 1G block', { fwb: true }, 2, 0x1040000000n, RAM, '0x00000010400007d9'],
  ['BAR with LPA2', { lpa2: true }, 1, 0x000c000040200000n, BAR, '0x00400000402007d5'],
];

describe.each([false, true])('with a two-bit XN: %s', (twoBitXn) => {
  test.each(CASES)('%s', (_name, options, level, pa, access, entry) => {
    expect(word({ ...PLAIN, twoBitXn, ...options }, level, pa, access)).toBe(entry);
  });
});

test('dirty logging takes writing from RAM: 0x000000100000177f', () => {
  const stage2 = createStage2(PLAIN);
  const prot = stage2.writeProtect(stage2.leafProt(0, RAM));
  expect(
    hex(wordOfLanes(stage2.codec.lo(0, 0x1000001, prot), stage2.codec.hi(0, 0x1000001, prot))),
  ).toBe('0x000000100000177f');
});

test('a table at 0x4812345000 is entered as 0x0000004812345003', () => {
  const stage2 = createStage2(PLAIN);
  const lo = stage2.codec.lo(1, 0x4812345, stage2.tableProt);
  expect(hex(wordOfLanes(lo, stage2.codec.hi(1, 0x4812345, stage2.tableProt)))).toBe(
    '0x0000004812345003',
  );
  expect(stage2.kvm_pte_table(stage2.tableProt, 1)).toBe(true);
  expect(stage2.kvm_pte_table(stage2.tableProt, 0)).toBe(false);
  expect(stage2.kvm_pte_table(stage2.leafProt(1, RAM), 1)).toBe(false);
  expect(stage2.kvm_pte_valid(stage2.tableProt)).toBe(true);
});

test.each([
  ['normal', 0x3c, 0x18],
  ['normal-nc', 0x14, 0x14],
  ['device', 0x04, 0x04],
  ['as-stage-1', 0x3c, 0x1c],
] as const)('%s memory is MemAttr %i, with FWB %i', (memoryType, plain, fwb) => {
  for (const [has, field] of [
    [false, plain],
    [true, fwb],
  ] as const) {
    const stage2 = createStage2({ ...PLAIN, fwb: has });
    expect(stage2.leafProt(0, { ...RW, memoryType }) & 0x3c).toBe(field);
  }
});

test('a leaf says what it allows', () => {
  for (const fwb of [false, true]) {
    const stage2 = createStage2({ ...PLAIN, fwb, twoBitXn: true });
    for (const memoryType of ['normal', 'normal-nc', 'device'] as const) {
      for (const execute of ['both', 'user', 'privileged', 'none'] as const) {
        const access = { memoryType, read: true, write: false, execute };
        expect(stage2.accessOf(stage2.leafProt(0, access))).toEqual(access);
      }
    }
    expect(stage2.accessOf(0x3 | (9 << 2)).memoryType).toBe('unknown');
  }
});

test.each([
  ['both', 0n],
  ['user', 1n],
  ['none', 2n],
  ['privileged', 3n],
] as const)('in 7.3 execution by %s is XN %s in bits 54:53', (execute, xn) => {
  const entry = word({ ...PLAIN, twoBitXn: true }, 0, 0n, { ...RAM, execute });
  expect((BigInt(entry) >> 53n) & 3n).toBe(xn);
});

test('a one-bit XN cannot tell user from privileged execution', () => {
  const stage2 = createStage2(PLAIN);
  expect(() => stage2.leafProt(0, { ...RAM, execute: 'user' })).toThrow(
    /one-bit XN .*user code only/,
  );
  expect(() => stage2.relaxPermissions(0, { ...RAM, execute: 'privileged' })).toThrow(RangeError);
});

test('relaxing adds rights and takes none, and says who may execute only when somebody may', () => {
  const stage2 = createStage2({ ...PLAIN, twoBitXn: true });
  const bar = stage2.leafProt(1, { ...BAR, write: false });
  const writable = stage2.relaxPermissions(bar, { read: false, write: true, execute: 'none' });
  expect(writable).toBe(stage2.leafProt(1, BAR));
  const user = stage2.relaxPermissions(bar, { read: true, write: false, execute: 'user' });
  expect(stage2.accessOf(user)).toEqual({ ...BAR, write: false, execute: 'user' });
});

test.each([
  [12, 40, 3],
  [12, 48, 4],
  [12, 32, 2],
  [14, 48, 3],
  [16, 52, 3],
  [16, 32, 2],
] as const)(
  'with pages of 2^%i bytes a guest of %i address bits has %i levels',
  (pageShift, ipa, levels) => {
    expect(createStage2({ ...PLAIN, pageShift }).levelsOf(ipa)).toBe(levels);
  },
);

test('blocks lie at PMD and, with 4K pages, PUD', () => {
  expect(createStage2(PLAIN).leafLevels).toEqual([0, 1, 2]);
  for (const pageShift of [14, 16] as const) {
    const stage2 = createStage2({ ...PLAIN, pageShift });
    expect(stage2.leafLevels).toEqual([0, 1]);
    expect(() => stage2.leafProt(2, RAM)).toThrow(RangeError);
  }
});

test('the word that holds a slot during break-before-make is bit 10 in 6.12 and bit 60 in 7.3', () => {
  expect(createStage2(PLAIN).lockedProt).toBe(1 << 10);
  expect(createStage2({ ...PLAIN, twoBitXn: true }).lockedProt).toBe(1 << 28);
});

test('LPA2 with 64K pages is refused', () => {
  expect(() => createStage2({ ...PLAIN, pageShift: 16, lpa2: true })).toThrow(/64K pages hold PA/);
});

const CODECS: ReadonlyArray<readonly [string, Partial<Stage2Options>]> = [
  ['4K pages', {}],
  ['16K pages', { pageShift: 14 }],
  ['64K pages', { pageShift: 16 }],
  ['4K pages, LPA2', { lpa2: true }],
  ['16K pages, LPA2', { pageShift: 14, lpa2: true }],
];

test.each(CODECS)(
  'with %s an entry of any bits is put together again as it was',
  (_name, options) => {
    const { pageShift, lpa2, codec } = {
      ...PLAIN,
      ...options,
      ...createStage2({ ...PLAIN, ...options }),
    };
    const lanes = new Int32Array(2);
    const shift = BigInt(pageShift);
    const inPlace = (2n ** (lpa2 ? 50n : 48n) - 1n) & ~(2n ** shift - 1n);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (entry) => {
        const lo = Number(entry & 0xffffffffn) | 0;
        const hi = Number(entry >> 32n) | 0;
        const pfn = codec.pfn(0, lo, hi);
        codec.write(lanes, 0, 0, pfn, codec.prot(0, lo, hi));
        expect(wordOfLanes(lanes[0] as number, lanes[1] as number)).toBe(entry);
        const moved = lpa2
          ? (entry & 0x300n) << 42n
          : pageShift === 16
            ? (entry & 0xf000n) << 36n
            : 0n;
        expect(BigInt(pfn)).toBe(((entry & inPlace) | moved) >> shift);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  },
);

const DECODED: ReadonlyArray<
  readonly [string, Partial<Stage2Options>, PgtableLevel, bigint, string]
> = [
  [
    'BAR',
    {},
    1,
    0x00400010002007d5n,
    'leaf 1000200000 normal-nc: VALID S2AP_R S2AP_W SHARED AF XN',
  ],
  [
    'BAR, read-only',
    {},
    1,
    0x0040001000200755n,
    'leaf 1000200000 normal-nc: VALID S2AP_R SHARED AF XN',
  ],
  [
    'device, page',
    {},
    0,
    0x00400010000017c7n,
    'leaf 1000001000 device: VALID PAGE S2AP_R S2AP_W SHARED AF XN',
  ],
  [
    'RAM with FWB',
    { fwb: true },
    1,
    0x00000010002007d9n,
    'leaf 1000200000 normal: VALID S2AP_R S2AP_W SHARED AF',
  ],
  [
    'BAR with LPA2: bits 9 and 8 are address',
    { lpa2: true },
    1,
    0x00400000402007d5n,
    'leaf c000040200000 normal-nc: VALID S2AP_R S2AP_W AF XN',
  ],
  ['table', {}, 1, 0x0000004812345003n, 'table 4812345000 : VALID TABLE'],
  ['nothing', {}, 1, 0n, 'none 0 : '],
  ['a slot that 6.12 is about to replace', {}, 1, 1n << 10n, 'not present 0 : LOCKED'],
  ['the same in 7.3', { twoBitXn: true }, 1, 1n << 60n, 'not present 0 : LOCKED'],
  [
    'a page that nobody executes, in 7.3',
    { twoBitXn: true },
    0,
    0x00400010000017ffn,
    'leaf 1000001000 normal: VALID PAGE S2AP_R S2AP_W SHARED AF XN1',
  ],
];

test.each(DECODED)('decoded: %s', (_name, options, level, entry, told) => {
  const { kind, address, memoryType, flags } = createStage2({ ...PLAIN, ...options }).decode(
    level,
    entry,
  );
  expect(`${kind} ${address.toString(16)} ${memoryType}: ${flags.join(' ')}`).toBe(told);
});
