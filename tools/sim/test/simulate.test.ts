import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PUD } from '@pfnmap/pgtable-core';
import { Player, parseScenario } from '@pfnmap/scenario';
import { describe, expect, test } from 'vitest';
import { InvariantChecker } from '../src/invariants.ts';
import { machineOf, ProgramRunner, TARGETS } from '../src/run-program.ts';
import { simulate } from '../src/simulate.ts';

// Random programs hold every invariant, and each invariant is seen to fail when the machine is damaged by hand.

const target = TARGETS['6.12-x86_64']!;

/** A machine with one 1 GiB leaf, and the slot of it. */
function withLeaf() {
  const machine = machineOf(target);
  machine.kernel.events.recording = true;
  const player = new Player(machine, { highMask: 0xfffff, isRam: () => false });
  const { steps } = parseScenario('vfio\nmmap a bar2 length=1G align=1G\ntouch a\n', 'leaf');
  for (const step of steps) player.play(step);
  machine.kernel.events.take();
  const slot = machine.kernel.pt.walk(player.process.mm, 0x200000000000);
  return {
    machine,
    player,
    slot,
    check: () => new InvariantChecker(machine).check(player.process, []),
  };
}

describe.each(Object.keys(TARGETS))('random programs on %s', (name) => {
  test('hold every invariant', () => {
    const { steps, failure } = simulate(name, 1500, 7);
    expect(failure).toBeUndefined();
    expect(steps).toBeGreaterThanOrEqual(1500);
  });
});

describe('a damaged machine is noticed', () => {
  test('I3: a leaf with another frame', () => {
    const { machine, slot, check } = withLeaf();
    const { pt } = machine.kernel;
    pt.set(PGTABLE_LEVEL_PUD, slot, machine.bar2Pfn + 2 ** 18, pt.pudp_get(slot));
    expect(check).toThrow(/^I3: /);
  });
  test('M4: a leaf that is not aligned', () => {
    const { machine, slot, check } = withLeaf();
    const { pt } = machine.kernel;
    pt.set(PGTABLE_LEVEL_PUD, slot, machine.bar2Pfn + 512, pt.pudp_get(slot));
    expect(check).toThrow(/^M4: /);
  });
  test('M1: a leaf without the special bit', () => {
    const { machine, slot, check } = withLeaf();
    const { pt } = machine.kernel;
    pt.setProt(PGTABLE_LEVEL_PUD, slot, pt.pudp_get(slot) & ~0x200);
    expect(check).toThrow(/^M1: /);
  });
  test('M15: an entry while memory decoding is off', () => {
    const { machine, player } = withLeaf();
    const checker = new InvariantChecker(machine);
    checker.check(player.process, []);
    checker.memoryOn = false;
    expect(() => checker.check(player.process, [])).toThrow(/^M15: /);
  });
  test('I2: a table that is not counted', () => {
    const { player, check } = withLeaf();
    player.process.mm.pgtables_bytes += 4096;
    expect(check).toThrow(/^I2: /);
  });
  test('I1: a counted page', () => {
    const { player, check } = withLeaf();
    player.process.mm.rss.file++;
    expect(check).toThrow(/^I1: /);
  });
  test('I6: a notifier range without an end', () => {
    const { machine, player } = withLeaf();
    const open = {
      kind: 'notifier',
      phase: 'start',
      reason: 'CLEAR',
      mm: 1,
      start: 0,
      end: 1,
    } as const;
    const checker = new InvariantChecker(machine);
    expect(() => checker.check(player.process, [open])).toThrow(/^I6: /);
  });
  test('I13: a page that a program leaves behind', () => {
    const runner = new ProgramRunner(target);
    expect(runner.run(['vfio', 'mmap a bar2 length=2M align=2M', 'touch a'])).toBe(3);
    const { machine } = withLeaf();
    const before = machine.kernel.mem.framesInUse();
    machine.kernel.pt.walkAlloc(PGTABLE_LEVEL_PMD, machine.spawn().mm, 0x300000000000);
    expect(machine.kernel.mem.framesInUse()).toBeGreaterThan(before);
  });
});
