import fc from 'fast-check';

/** What a random program may use. */
export interface ProgramShape {
  /** Steps at most. */
  readonly steps: number;
  /** Bytes of a page. */
  readonly pageSize: number;
  /** Bytes that a PMD entry spans. */
  readonly pmdSize: number;
  /** Bytes that a PUD entry spans. */
  readonly pudSize: number;
  /** VMAs may be split anywhere: also where that kills today's kernels. */
  readonly splitsAnywhere?: boolean;
  /** Lines of other kinds. */
  readonly more?: fc.Arbitrary<string>;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Names of mappings: few, so that steps meet. */
const NAMES = ['a', 'b', 'c'] as const;

/** An offset in a mapping or a file: page, PMD or PUD boundaries and their neighbours. */
function offsets(shape: ProgramShape): fc.Arbitrary<number> {
  const { pageSize, pmdSize, pudSize } = shape;
  const base = fc.constantFrom(0, pmdSize, 2 * pmdSize, pudSize, pudSize + pmdSize);
  const near = fc.constantFrom(0, 0, 0, pageSize, pmdSize - pageSize);
  return fc.tuple(base, near).map(([at, by]) => at + by);
}

/** Offsets at which a VMA may be split inside a PUD leaf: PMD boundaries, since others kill today's kernels. */
const boundaries = (shape: ProgramShape): fc.Arbitrary<number> =>
  shape.splitsAnywhere === true ? offsets(shape) : fc.nat(5).map((index) => index * shape.pmdSize);

/** The line of a mapping: sizes and phases around what decides the order of its entries. */
function mappings(shape: ProgramShape): fc.Arbitrary<string> {
  const { pageSize, pmdSize, pudSize } = shape;
  return fc
    .record({
      name: fc.constantFrom(...NAMES),
      source: fc.constantFrom('bar2', 'bar2', 'lab'),
      length: fc.constantFrom(pmdSize, 3 * pmdSize, pudSize, pudSize + pmdSize),
      offset: fc.constantFrom(0, 0, pageSize, pmdSize),
      align: fc.constantFrom(pudSize, pmdSize),
      phase: fc.constantFrom(0, 0, pageSize, pmdSize),
      prot: fc.constantFrom('rw', 'rw', 'r'),
    })
    .map(
      ({ name, source, length, offset, align, phase, prot }) =>
        `mmap ${name} ${source} offset=${hex(offset)} length=${hex(length)} align=${hex(align)} phase=${hex(phase % align)} prot=${prot}`,
    );
}

/** Steps on mappings. */
function stepsOnMaps(shape: ProgramShape): fc.Arbitrary<string> {
  const name = fc.constantFrom(...NAMES);
  const at = offsets(shape);
  const edge = boundaries(shape);
  const span = fc.constantFrom(
    shape.splitsAnywhere ? shape.pageSize : shape.pmdSize,
    2 * shape.pmdSize,
    shape.pudSize,
  );
  const touch = fc
    .tuple(name, at, fc.boolean())
    .map(([map, offset, write]) => `touch ${map} offset=${hex(offset)}${write ? ' write' : ''}`);
  const ranged = (op: string, tail: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc
      .tuple(name, edge, span, tail)
      .map(([map, offset, length, more]) =>
        `${op} ${map} offset=${hex(offset)} length=${hex(length)} ${more}`.trim(),
      );
  const nothing = fc.constant('');
  return fc.oneof(
    { weight: 8, arbitrary: touch },
    {
      weight: 3,
      arbitrary: ranged('mprotect', fc.constantFrom('prot=r', 'prot=rw', 'prot=none')),
    },
    { weight: 1, arbitrary: ranged('munmap', nothing) },
    { weight: 2, arbitrary: ranged('zap', nothing) },
    {
      weight: 1,
      arbitrary: ranged(
        'madvise',
        fc.constantFrom(3, 4, 10, 14, 15).map((advice) => `advice=${advice}`),
      ),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(name, at, fc.constantFrom('fast', 'slow', 'fastonly', 'longterm'))
        .map(([map, offset, how]) => `gup ${map} offset=${hex(offset)} ${how}`),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(name, at).map(([map, offset]) => `follow ${map} offset=${hex(offset)}`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(name, fc.constantFrom(shape.pudSize, shape.pmdSize), fc.constantFrom(0, 0, 0x4000))
        .map(([map, align, phase]) => `mremap ${map} align=${hex(align)} phase=${hex(phase)}`),
    },
    { weight: 1, arbitrary: name.map((map) => `smaps ${map}`) },
  );
}

/** A step of a random program, as a line of a scenario. */
function lines(shape: ProgramShape): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: mappings(shape) },
    { weight: 16, arbitrary: stepsOnMaps(shape) },
    { weight: 1, arbitrary: fc.constantFrom('command 0', 'command 6', 'reset') },
    {
      weight: 1,
      arbitrary: boundaries(shape).map(
        (offset) => `unmaprange offset=${hex(offset)} length=${hex(shape.pmdSize)}`,
      ),
    },
    { weight: 2, arbitrary: fc.constantFrom('fork', 'endfork') },
    ...(shape.more === undefined ? [] : [{ weight: 4, arbitrary: shape.more }]),
  );
}

/** Makes forks and endforks pair up, and leaves a child's end out where none is open. */
function paired(steps: readonly string[]): string[] {
  let open = 0;
  const kept: string[] = [];
  for (const step of steps) {
    if (step === 'endfork' && open === 0) continue;
    if (step === 'fork') open++;
    if (step === 'endfork') open--;
    kept.push(step);
  }
  return [...kept, ...Array.from({ length: open }, () => 'endfork')];
}

/** A random program: lines of a scenario behind its machine line. Shrinks to fewer lines. */
export const programs = (shape: ProgramShape): fc.Arbitrary<string[]> =>
  fc
    .array(lines(shape), { minLength: 1, maxLength: shape.steps, size: 'max' })
    .chain((steps) =>
      fc
        .constantFrom('fault', 'fault', 'remap')
        .map((mode) => ['vfio', `lab pages=0x400000 mode=${mode}`, ...paired(steps)]),
    );
