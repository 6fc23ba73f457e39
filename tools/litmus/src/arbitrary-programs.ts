import type { Geometry } from '@pfnmap/pgtable-core';
import { type ProgramShape, programs } from '@pfnmap/sim';
import fc from 'fast-check';
import type { RaceProgram } from './explore.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Steps of a random program at most. */
const STEPS = 40;

/** Anonymous memory, and migrations of its huge pages: any kind of entry, any page frame of a huge page. */
function memorySteps(pmdSize: number): fc.Arbitrary<string> {
  const name = fc.constantFrom('a', 'b', 'c');
  const offset = fc.nat(3).map((index) => index * pmdSize);
  const kind = fc.constantFrom('read', 'exclusive', 'write');
  const pfn = fc.nat(0xffff).map((index) => index * 512);
  const dirty = fc.boolean().map((is) => (is ? ' dirty' : ''));
  return fc.oneof(
    fc
      .tuple(name, fc.constantFrom(pmdSize, 2 * pmdSize, 4 * pmdSize))
      .map(
        ([map, length]) => `mmap ${map} anon length=${hex(length)} align=${hex(pmdSize)} private`,
      ),
    fc
      .tuple(name, offset, kind, pfn, dirty)
      .map(
        ([map, at, of, frame, bit]) =>
          `migrate ${map} offset=${hex(at)} ${of} pfn=${hex(frame)}${bit}`,
      ),
  );
}

/** Programs of one process and its children: mappings of devices and of memory, and what processes do with them. */
export function arbitraryPrograms({ pageSize, levels }: Geometry): fc.Arbitrary<string[]> {
  const shape: ProgramShape = {
    steps: STEPS,
    pageSize,
    pmdSize: levels[1].size,
    pudSize: levels[2].size,
    splitsAnywhere: true,
    more: memorySteps(levels[1].size),
  };
  return programs(shape);
}

/** Places in a mapping where steps meet. */
const places = (pageSize: number, pmdSize: number): fc.Arbitrary<number> =>
  fc.constantFrom(0, 0, 0, pmdSize, pageSize, pmdSize + 3 * pageSize);

/** The setup of a race: one or two mappings of devices, touched or not. */
function setups(pageSize: number, pmdSize: number, pudSize: number): fc.Arbitrary<string[]> {
  const size = fc.constantFrom(pmdSize, 2 * pmdSize, pudSize);
  const source = fc.constantFrom('bar2', 'bar2', 'lab');
  const mapping = (name: string): fc.Arbitrary<string> =>
    fc.tuple(source, size, fc.boolean()).map(([from, length, large]) => {
      const align = large || length >= pudSize ? pudSize : pmdSize;
      return `mmap ${name} ${from} length=${hex(length)} align=${hex(align)}`;
    });
  const touch = fc
    .tuple(fc.constantFrom('a', 'a', 'b'), places(pageSize, pmdSize))
    .map(([name, at]) => `touch ${name} offset=${hex(at)}`);
  const step = fc.oneof(
    { weight: 5, arbitrary: touch },
    { weight: 1, arbitrary: fc.constant('peer') },
  );
  return fc
    .tuple(
      mapping('a'),
      fc.option(mapping('b'), { nil: undefined }),
      fc.array(step, { maxLength: 4, size: 'max' }),
    )
    .map(([a, b, steps]) => [
      'vfio',
      'lab pages=0x400000',
      a,
      ...(b === undefined ? [] : [b]),
      ...steps,
    ]);
}

/** The path of a race. */
function paths(pageSize: number, pmdSize: number, pudSize: number): fc.Arbitrary<string> {
  const at = places(pageSize, pmdSize).map(hex);
  const name = fc.constantFrom('a', 'a', 'b');
  const on = (op: string, tail = ''): fc.Arbitrary<string> =>
    fc.tuple(name, at).map(([map, offset]) => `${op} ${map} offset=${offset}${tail}`);
  const ranged = (op: string, tail = ''): fc.Arbitrary<string> =>
    fc
      .tuple(name, fc.constantFrom(pmdSize, pudSize))
      .map(([map, length]) => `${op} ${map} length=${hex(length)}${tail}`);
  const weighed = (weight: number, arbitrary: fc.Arbitrary<string>) => ({ weight, arbitrary });
  // What looks before it locks comes more often than what locks at once.
  return fc.oneof(
    weighed(4, fc.constant('peer')),
    weighed(
      4,
      name.map((map) => `smaps ${map}`),
    ),
    weighed(3, on('follow')),
    weighed(3, on('dmamap', ` length=${hex(2 * pageSize)} iova=0x40000000`)),
    weighed(3, fc.constantFrom('kvmaccess gpa=0x40000000', 'kvmaccess gpa=0x40001000 write')),
    weighed(2, on('touch')),
    weighed(1, on('touch', ' write')),
    weighed(1, on('gup', ' fast')),
    weighed(1, ranged('zap')),
    weighed(1, ranged('munmap')),
    weighed(1, ranged('mprotect', ' prot=r')),
    weighed(1, fc.constantFrom('command 0', `unmaprange length=${hex(pudSize)}`)),
  );
}

/**
 * What others may do at a race point: every operation that empties, fills, changes or copies entries, and each that
 * empties followed by each that fills.
 */
export function othersOf({ pageSize, levels }: Geometry): string[] {
  const [, pmd, pud] = levels;
  const fills = ['a', 'b'].flatMap((name) => [
    `touch ${name}`,
    `touch ${name} offset=${hex(pageSize)} write`,
    `touch ${name} offset=${hex(pmd.size)}`,
  ]);
  const empties = [
    'command 0; command 6',
    `zap a length=${hex(pmd.size)}`,
    `unmaprange length=${hex(pud.size)}`,
    'smaps a',
  ];
  const changes = [
    'command 0',
    `munmap a length=${hex(pmd.size)}`,
    `mprotect a length=${hex(pmd.size)} prot=r`,
    'peer',
    'follow a',
    'gup a fast',
  ];
  const both = empties.flatMap((empty) => fills.map((fill) => `${empty}; ${fill}`));
  return [...empties, ...fills, ...changes, ...both];
}

/** Programs with a race at their end. */
export function arbitraryRaces(geometry: Geometry): fc.Arbitrary<RaceProgram> {
  const { pageSize, levels } = geometry;
  const [, { size: pmdSize }, { size: pudSize }] = levels;
  return fc
    .tuple(
      setups(pageSize, pmdSize, pudSize),
      paths(pageSize, pmdSize, pudSize),
      fc.shuffledSubarray(othersOf(geometry), { minLength: 1 }),
    )
    .map(([steps, path, others]) => {
      const guest = ['kvm', `kvmslot a gpa=0x40000000 length=${hex(pmdSize)}`];
      const setup = path.startsWith('kvmaccess') ? [...steps, ...guest] : steps;
      return { setup, path, others };
    });
}
