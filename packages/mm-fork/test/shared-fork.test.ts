// Goal: invariants M14 and I11: fork of a shared PFN mapping leaves the parent bit by bit as it was, and the child has each of
// its leaves without A, each of its PTEs without A and D. Method: random mappings and accesses, every page compared.

import { computer, entryAt, forkOf, KiB, MiB, mapBar, VA } from '@pfnmap/testbed';
import fc from 'fast-check';
import { test } from 'vitest';

const seed = 0x07190812;
const A = 0x20n;
const D = 0x40n;

interface Case {
  readonly kernel: string;
  readonly phase: number;
  readonly offset: number;
  readonly pages: number;
  readonly touches: readonly { readonly page: number; readonly write: boolean }[];
}

const cases: fc.Arbitrary<Case> = fc.record({
  kernel: fc.constantFrom('6.12', '6.12.117', '7.3'),
  phase: fc.constantFrom(0, 4 * KiB, 1 * MiB, 2 * MiB),
  offset: fc.constantFrom(0, 4 * KiB, 1 * MiB, 2 * MiB),
  pages: fc.integer({ min: 1, max: 1536 }),
  touches: fc.array(fc.record({ page: fc.nat(2047), write: fc.boolean() }), { maxLength: 12 }),
});

test(`a fork copies leaves without A, PTEs without A and D, and changes no parent (seed ${seed})`, () => {
  fc.assert(
    fc.property(cases, ({ kernel, phase, offset, pages, touches }) => {
      const machine = computer({ kernel });
      const parent = machine.spawn();
      const start = VA + phase;
      mapBar(machine, parent, { at: start, length: pages * 4 * KiB, offset });
      for (const { page, write } of touches) {
        parent.touch(start + (page % pages) * 4 * KiB, write);
      }
      const walk = (process: typeof parent) =>
        Array.from({ length: pages }, (_, page) =>
          entryAt(machine, process, start + page * 4 * KiB),
        );
      const before = walk(parent);
      const rss = { ...parent.mm.rss };
      const child = forkOf(parent);
      const expected = before.map(({ level, word }) => ({
        level,
        word: word & ~(level > 0 ? A : A | D),
      }));
      const isSame = (some: typeof before, others: typeof before): boolean =>
        some.every(({ level, word }, at) => {
          const other = others[at]!;
          // An empty slot of the child may lie higher: where the parent has an empty table, it has none.
          return word === other.word && (word === 0n || level === other.level);
        });
      return (
        isSame(before, walk(parent)) &&
        isSame(expected, walk(child)) &&
        rss.file === child.mm.rss.file &&
        rss.file === parent.mm.rss.file
      );
    }),
    { seed, numRuns: 40 },
  );
});
