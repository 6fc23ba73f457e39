// Goal: the driver prints, fault by fault, the lines that the real one prints. Method: the table of section 21 of the
// specification, whole, with each of its variations.

import { GiB, KiB, MiB, mapBar, VA, type Wanted } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { type Line, Printing } from './vfio-device.ts';

const FALLBACK = 0x800;
const NOPAGE = 0x100;
const SIGBUS = 0x2;

/** Start of the VMA modulo 1 GiB, its length, its offset in the BAR, offsets that are touched, and the lines of that. */
type Row = readonly [
  start: number,
  length: number,
  offset: number,
  touches: readonly number[],
  lines: readonly Line[],
];

const BEFORE_2M = '0xffffffffffe00';
const BEFORE_1M = '0xfffffffffff00';
const TABLE: readonly Row[] = [
  [0, GiB, 0, [0], [[18, 0, NOPAGE]]],
  [0, GiB, 0, [0x3fffffff], [[18, 0, NOPAGE]]],
  [
    0,
    GiB,
    2 * MiB,
    [0],
    [
      [18, 0, FALLBACK],
      [9, 0, NOPAGE],
    ],
  ],
  [
    0,
    GiB,
    2 * MiB,
    [0, 0x200000],
    [
      [18, 0, FALLBACK],
      [9, 0, NOPAGE],
      [9, 0x200, NOPAGE],
    ],
  ],
  [
    0,
    2 * MiB,
    0,
    [0x1000],
    [
      [18, 0, FALLBACK],
      [9, 0, NOPAGE],
    ],
  ],
  [
    0,
    2 * MiB - 4 * KiB,
    0,
    [0x1000],
    [
      [18, 0, FALLBACK],
      [9, 0, FALLBACK],
      [9, 0, FALLBACK],
      [0, 1, NOPAGE],
    ],
  ],
  [
    0,
    GiB,
    4 * KiB,
    [0, 0x1000],
    [
      [18, 0, FALLBACK],
      [9, 0, FALLBACK],
      [9, 0, FALLBACK],
      [0, 0, NOPAGE],
      [0, 1, NOPAGE],
    ],
  ],
  [
    2 * MiB,
    2 * GiB,
    2 * MiB,
    [0, 0x3fe00000],
    [
      [18, BEFORE_2M, FALLBACK],
      [9, 0, NOPAGE],
      [18, 0x3fe00, NOPAGE],
    ],
  ],
  [
    0,
    GiB + 2 * MiB,
    0,
    [0x40000000],
    [
      [18, 0x40000, FALLBACK],
      [9, 0x40000, NOPAGE],
    ],
  ],
  [
    0,
    4 * GiB,
    0,
    [0, GiB, 2 * GiB, 3 * GiB],
    [
      [18, 0, NOPAGE],
      [18, 0x40000, NOPAGE],
      [18, 0x80000, NOPAGE],
      [18, 0xc0000, NOPAGE],
    ],
  ],
  [
    MiB,
    3 * MiB,
    MiB,
    [0, 0x100000],
    [
      [18, BEFORE_1M, FALLBACK],
      [9, BEFORE_1M, FALLBACK],
      [9, BEFORE_1M, FALLBACK],
      [0, 0, NOPAGE],
      [9, 0x100, NOPAGE],
    ],
  ],
];

const nameOf = ([start, length, offset, touches]: Row): string =>
  [start, length, offset].map((value) => `0x${value.toString(16)}`).join(', ') +
  `: ${touches.map((touch) => `0x${touch.toString(16)}`).join(', ')}`;
const rows = TABLE.map((row) => [nameOf(row), row] as const);

/** The lines of a row, with something done before its touches. */
function played(
  [start, length, offset, touches]: Row,
  wanted: Wanted = {},
  how: 'touch' | 'fixup' = 'touch',
  before: (lab: Printing, at: number) => void = () => {},
): Line[] {
  const lab = new Printing(wanted);
  const at = VA + start;
  expect(mapBar(lab.machine, lab.process, { at, length, offset })).toBe(at);
  before(lab, at);
  return touches.flatMap((touch) => lab[how](at + touch));
}

describe('x86_64, touched by a program', () => {
  test.each(rows)('%s', (_name, row) => {
    expect(played(row)).toEqual(row[4]);
  });

  test.each(rows)('7.3 prints the same: %s', (_name, row) => {
    expect(played(row, { kernel: '7.3' })).toEqual(row[4]);
  });
});

test.each(rows)('faulted in by the kernel, order 9 is asked for once: %s', (_name, row) => {
  const lines = row[4].filter((line, index) => {
    const [before] = row[4].slice(index - 1, index);
    return !(line[0] === 9 && before?.[0] === 9 && before[1] === line[1]);
  });
  expect(played(row, {}, 'fixup')).toEqual(lines);
});

test.each(rows)('while memory is off the first that fits is SIGBUS: %s', (_name, row) => {
  const [start, length, offset, touches, lines] = row;
  const fits = lines.findIndex(([, , result]) => result !== FALLBACK);
  const expected = [...lines.slice(0, fits), [lines[fits]![0], lines[fits]![1], SIGBUS]];
  const first: Row = [start, length, offset, touches.slice(0, 1), []];
  const disable = (lab: Printing): void => void lab.machine.device.writeCommand(0);
  expect(played(first, {}, 'touch', disable)).toEqual(expected);
});

/** One line of order 0 for each touch. */
const pagesOf = (row: Row): Line[] =>
  row[3].map((touch) => [0, Math.floor(touch / (4 * KiB)), NOPAGE]);

test.each(rows)('after MADV_NOHUGEPAGE there is order 0 alone: %s', (_name, row) => {
  const NOHUGEPAGE = 15;
  const advise = (lab: Printing, at: number): void => {
    expect(lab.process.madvise(at, row[1], NOHUGEPAGE)).toBe(0);
  };
  expect(played(row, {}, 'touch', advise)).toEqual(pagesOf(row));
});

test.each(rows)('6.12.0 with THP "never" asks for order 0 alone: %s', (_name, row) => {
  expect(played(row, { kernel: '6.12', thp: 'never' })).toEqual(pagesOf(row));
});

test.each(rows)('6.12.117 with THP "never" prints the same as with "always": %s', (_name, row) => {
  expect(played(row, { thp: 'never' })).toEqual(row[4]);
});

test.each(rows)('arm64 never asks for order 18: %s', (_name, row) => {
  const [, , , touches, lines] = row;
  // Where order 18 would do, the first touch of each 2 MiB gives an entry of order 9.
  const expected = lines.every(([order]) => order === 18)
    ? touches.map((touch) => [9, Math.floor(touch / (2 * MiB)) * 0x200, NOPAGE])
    : lines
        .map((line) => (line[0] === 18 && line[2] === NOPAGE ? [9, line[1], NOPAGE] : line))
        .filter(([order]) => order !== 18);
  expect(played(row, { arch: 'arm64' })).toEqual(expected);
});

describe('the line itself', () => {
  test('4.6: names driver, function, order, BAR, page of the VMA and result', () => {
    const lab = new Printing({ bdf: '0000:00:06.0' });
    mapBar(lab.machine, lab.process, { length: GiB });
    lab.process.touch(VA, false);
    expect(lab.machine.kernel.events.take()).toEqual([
      {
        kind: 'printk',
        text: 'vfio-pci 0000:00:06.0: vfio_pci_mmap_huge_fault(,order = 18) BAR 2 page offset 0x0: 0x100',
      },
    ]);
  });

  test('4.7: an offset below the VMA wraps at 52 bits', () => {
    const lab = new Printing();
    const at = VA + 4 * KiB;
    mapBar(lab.machine, lab.process, { at, length: GiB, offset: 4 * KiB });
    expect(lab.touch(at)[0]).toEqual([18, '0xfffffffffffff', FALLBACK]);
  });

  test('is printed only while debug lines are on', () => {
    const lab = new Printing();
    mapBar(lab.machine, lab.process, { length: 2 * GiB });
    lab.machine.device.setDebugLines(false);
    expect(lab.touch(VA)).toEqual([]);
    lab.machine.device.setDebugLines(true);
    expect(lab.touch(VA + GiB)).toEqual([[18, 0x40000, NOPAGE]]);
  });
});

test('C4-10: of 11 faults within five seconds ten are printed, and the next window tells of it', () => {
  const clock = { now: 1000 };
  const lab = new Printing({ now: () => clock.now });
  mapBar(lab.machine, lab.process, { length: 8 * GiB });
  const DISABLED = 0;
  lab.machine.device.writeCommand(DISABLED);
  for (let fault = 0; fault < 11; fault++) lab.process.touch(VA, false);
  expect(lab.lines()).toHaveLength(10);
  clock.now += 5001;
  lab.process.touch(VA, false);
  const texts = lab.machine.kernel.events
    .take()
    .flatMap((event) => (event.kind === 'printk' ? [event.text] : []));
  expect(texts).toEqual([
    'vfio_pci_mmap_huge_fault: 1 callbacks suppressed',
    'vfio-pci 0000:00:05.0: vfio_pci_mmap_huge_fault(,order = 18) BAR 2 page offset 0x0: 0x2',
  ]);
});
