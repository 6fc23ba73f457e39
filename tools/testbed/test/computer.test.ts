// Goal: tests start from the computer that the specification describes. Method: its BAR, its kernel, and one mapping.
import { computer, entryAt, forkOf, GiB, mapAnon, mapBar, VA } from '@pfnmap/testbed';
import { expect, test } from 'vitest';

test('the computer has 8 GiB in BAR 2 at 0x200000000, and a touch maps the first as one PUD', () => {
  const machine = computer();
  expect(machine.bar2Pfn * 4096).toBe(0x200000000);
  const program = machine.spawn();
  expect(mapBar(machine, program, { length: GiB })).toBe(VA);
  program.touch(VA, false);
  expect(entryAt(machine, program, VA)).toEqual({ level: 2, word: 0x80000002000002b7n });
});

test('a patch that is taken back answers n while those after it stay', () => {
  const { config } = computer({ reverted: ['SERIES_PATCH_07'] }).kernel;
  expect([config.enabled('SERIES_PATCH_07'), config.enabled('SERIES_PATCH_19')]).toEqual([
    false,
    true,
  ]);
});

test('a child has the memory of its parent', () => {
  const program = computer().spawn();
  mapAnon(program, VA, 4096);
  expect(forkOf(program).mm.vma_lookup(VA)?.vm_end).toBe(VA + 4096);
});
