import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CacheMode, Memtype } from '../src/index.ts';
import { createMemtypeTree, type MemtypeTree } from '../src/memtype-tree.ts';

const seed = 0x9a7;
const PAGE = 4096;
const overlap = (a: { start: number; end: number }, b: { start: number; end: number }): boolean =>
  a.start < b.end && b.start < a.end;

const range = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 1, max: 8 }))
  .map(([first, pages]) => ({ start: first * PAGE, end: (first + pages) * PAGE }));
const step = fc.record({
  range,
  type: fc.integer({ min: 0, max: 5 }) as fc.Arbitrary<CacheMode>,
  adopt: fc.boolean(),
  erase: fc.boolean(),
});
const steps = fc.array(step, { minLength: 1, maxLength: 60 });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const apply = (tree: MemtypeTree, { range: { start, end }, type, adopt, erase }: Step): void => {
  if (erase) tree.memtype_erase(start, end);
  else tree.memtype_check_insert(start, end, type, adopt);
};
const filled = (todo: readonly Step[], eraseByEnd: boolean): MemtypeTree => {
  const tree = createMemtypeTree(eraseByEnd);
  for (const one of todo) apply(tree, one);
  return tree;
};
const byStart = (nodes: readonly Memtype[]): number[] => nodes.map(({ start }) => start);

describe(`the store of reserved ranges (seed ${seed})`, () => {
  test('never lets two types overlap, and is sorted by start', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (todo, eraseByEnd) => {
        const nodes = filled(todo, eraseByEnd).nodes();
        expect(byStart(nodes)).toEqual(byStart(nodes).sort((a, b) => a - b));
        for (const a of nodes) {
          for (const b of nodes) if (overlap(a, b)) expect(a.type).toBe(b.type);
        }
      }),
      { seed, numRuns: 200 },
    );
  });

  test('looks up what a search of all nodes finds', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (todo, eraseByEnd) => {
        const tree = filled(todo, eraseByEnd);
        for (let start = 0; start < 32 * PAGE; start += PAGE) {
          const page = { start, end: start + PAGE };
          expect(tree.memtype_lookup(start)).toBe(
            tree.nodes().find((node) => overlap(node, page))?.type ?? -1,
          );
        }
      }),
      { seed, numRuns: 100 },
    );
  });

  test('inserts unless the range holds two types, or another one that the caller does not adopt', () => {
    fc.assert(
      fc.property(steps, step, (todo, { range: wanted, type, adopt }) => {
        const tree = filled(todo, true);
        const before = tree.nodes();
        const there = new Set(
          before.filter((node) => overlap(node, wanted)).map((node) => node.type),
        );
        const refused = there.size > 1 || (!adopt && there.size === 1 && !there.has(type));
        const { error, type: got } = tree.memtype_check_insert(
          wanted.start,
          wanted.end,
          type,
          adopt,
        );
        expect(error).toBe(refused ? -16 : 0);
        if (!refused) expect(got).toBe([...there][0] ?? type);
        expect(tree.nodes()).toHaveLength(before.length + (refused ? 0 : 1));
      }),
      { seed, numRuns: 300 },
    );
  });

  test('is as before once an insertion is erased', () => {
    fc.assert(
      fc.property(
        steps,
        step,
        fc.boolean(),
        (todo, { range: { start, end }, type }, eraseByEnd) => {
          const tree = filled(todo, eraseByEnd);
          const before = tree.nodes();
          if (tree.memtype_check_insert(start, end, type, true).error !== 0) return;
          expect(tree.memtype_erase(start, end)).toBe(true);
          expect(tree.nodes()).toEqual(before);
        },
      ),
      { seed, numRuns: 200 },
    );
  });

  test('loses exactly the bytes of an erased range, or nothing', () => {
    const bytes = (tree: MemtypeTree): number =>
      tree.nodes().reduce((sum, { start, end }) => sum + end - start, 0);
    fc.assert(
      fc.property(steps, range, fc.boolean(), (todo, { start, end }, eraseByEnd) => {
        const tree = filled(todo, eraseByEnd);
        const nodes = tree.nodes();
        const before = bytes(tree);
        const erased = tree.memtype_erase(start, end);
        expect(before - bytes(tree)).toBe(erased ? end - start : 0);
        const exact = nodes.some((node) => node.start === start && node.end === end);
        const longer = nodes.some((node) => node.start < start && node.end === end);
        expect(erased).toBe(exact || (eraseByEnd && longer));
      }),
      { seed, numRuns: 300 },
    );
  });
});
