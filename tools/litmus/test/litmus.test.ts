// Goal: random programs and races find every defect of the list on the series as posted, each by its cause; with the repairs they
// find nothing. Method: fixed seeds; then each race by hand, as the specification tells it.
import type { MachineArch } from '@pfnmap/machine';
import { describe, expect, test } from 'vitest';
import {
  clearWithFixes,
  DEFECTS,
  explore,
  POSTED,
  rediscover,
  runProgram,
  TestedKernel,
} from '../src/index.ts';

/** Seeds with which each defect is met soon. */
const SEEDS: Readonly<Record<string, number>> = {
  F1: 1,
  F3: 1,
  F4: 1,
  H3: 3,
  F8: 1,
  F9: 2,
  F10: 1,
  H1: 2,
  KVM: 1,
};

/** What the smallest program has, beside its mapping. */
const SMALLEST: Readonly<Record<string, readonly RegExp[]>> = {
  F1: [/^mmap \w anon .* private$/, /^migrate /, /^fork$/],
  F3: [/^mmap \w (bar2|lab) offset=0x1000 /, /^touch /],
  F4: [/^mmap \w (bar2|lab) /, /^touch \w offset=0x(?!0$|\w*00000$)/],
  H3: [/^touch /, /^(munmap|mprotect|madvise|mlock) \w offset=/],
  F8: [/^# (zap|command 0|smaps|unmaprange)/],
  F9: [/^# .*touch /],
  F10: [/^dmamap /],
  H1: [/^touch /, /^peer$/, /^# command 0$/],
  KVM: [/^kvmaccess /],
};

describe.each(DEFECTS)('$id', (defect) => {
  test(`$id is found on the series as posted, and shrunk: ${defect.title}`, () => {
    const found = rediscover(defect, { arch: 'x86_64', seed: SEEDS[defect.id] as number });
    expect(found.finding).toBeDefined();
    const program = found.program ?? [];
    for (const part of SMALLEST[defect.id] as readonly RegExp[]) {
      expect(program).toEqual(expect.arrayContaining([expect.stringMatching(part)]));
    }
    expect(program.length).toBeLessThanOrEqual(8);
    expect(found.finding?.schedule === undefined).toBe(defect.kind === 'program');
  });
});

test.each(['x86_64', 'arm64'] as const)('with every repair nothing is found on %s', (arch) => {
  expect(clearWithFixes('program', { arch, seed: 1, programs: 150 })).toMatchObject({
    finding: undefined,
  });
  expect(clearWithFixes('race', { arch, seed: 1, programs: 12 })).toMatchObject({
    finding: undefined,
  });
});

const kernel = (arch: MachineArch, ...fixes: readonly string[]) =>
  new TestedKernel(arch, POSTED, fixes);

/** The rules that break in the races of a path with what others do, and where. */
function races(
  fixes: readonly string[],
  setup: readonly string[],
  path: string,
  others: readonly string[],
): string[] {
  const program = { setup: ['vfio', ...setup], path, others };
  return [...explore(kernel('x86_64', ...fixes), program)].map(
    ({ rule, schedule }) => `${rule} at ${schedule?.point}, ${schedule?.other}`,
  );
}

const BAR = 'mmap a bar2 length=2M align=2M';
const TWO = 'mmap a bar2 length=4M align=2M';
const GIGABYTE = 'mmap a bar2 length=1G align=1G';

describe('races as the specification tells them', () => {
  test.each([
    ['P09-S6: a zap in the window', 'zap a length=2M'],
    ['P09-S7: a zap, and pages of 4K in place of the leaf', 'zap a length=2M; touch a offset=4K'],
  ])('F8, %s: the old frame is told; with the fix it is not', (_title, other) => {
    const setup = [BAR, 'touch a'];
    expect(races([], setup, 'follow a offset=0x3000', [other])).toEqual([
      `M9 at follow_pfnmap_start, ${other}`,
    ]);
    expect(races(['FIX_FOLLOW_PFNMAP_REREAD'], setup, 'follow a offset=0x3000', [other])).toEqual(
      [],
    );
  });
  test('F9: a leaf that comes back while it is split is read as a table; with the fix it is split again', () => {
    const others = ['touch a'];
    const setup = [GIGABYTE, 'touch a'];
    expect(races([], setup, 'smaps a', others)).toEqual(['BUG at walk_pud_range, touch a']);
    expect(races(['FIX_PAGEWALK_PUD_REFAULT'], setup, 'smaps a', others)).toEqual([]);
  });
  test('F10: a zap between the fault and the second lookup of a DMA map ends it; with the fix it looks again', () => {
    const path = 'dmamap a length=4K iova=1G';
    const fixes = ['FIX_FOLLOW_PFNMAP_REREAD'];
    const others = ['zap a length=2M'];
    expect(races(fixes, [BAR], path, others)).toEqual([
      'O1 at follow_fault_pfn_after, zap a length=2M',
      'O1 at follow_pfnmap_start, zap a length=2M',
    ]);
    expect(races([...fixes, 'FIX_VFIO_DMA_RETRY'], [BAR], path, others)).toEqual([]);
  });
  test('P07.15: the device goes down while fork copies its leaf: the child keeps it', () => {
    const fixes = ['FIX_PMD_SPECIAL_PRESENT'];
    const setup = [BAR, 'touch a'];
    expect(races(fixes, setup, 'peer', ['command 0'])).toEqual(['M15 at copy_huge_pmd, command 0']);
    expect(races([...fixes, 'FIX_COPY_HUGE_PMD_REREAD'], setup, 'peer', ['command 0'])).toEqual([]);
  });
  test('a PUD leaf is read under its locks: fork copies none that is gone', () => {
    expect(races([], [GIGABYTE, 'touch a'], 'peer', ['command 0'])).toEqual([]);
  });
});

describe('what a held lock forbids is left out', () => {
  const pruned = (setup: readonly string[], path: string, other: string) => {
    const program = { setup: ['vfio', ...setup], path, others: [other] };
    const exploration = explore(kernel('x86_64'), program);
    for (;;) {
      const step = exploration.next();
      if (step.done === true) return step.value;
    }
  };
  test.each([
    ['munmap in a lookup', 'follow a', 'munmap a length=2M'],
    ['mprotect in a lookup', 'follow a', 'mprotect a length=2M prot=r'],
    ['a fork in a lookup', 'follow a', 'peer'],
    ['a fault in a fork', 'peer', 'touch a offset=2M'],
    ['a second fork in a fork', 'peer', 'peer'],
    ['a fault while the device goes down', 'command 0', 'touch a offset=2M'],
    ['munmap while the device goes down', 'command 0', 'munmap a length=2M'],
  ])('%s', (_title, path, other) => {
    expect(pruned([TWO, 'touch a'], path, other)).toMatchObject({ schedules: 0, pruned: 1 });
  });
  test('what needs none of the locks runs', () => {
    const at = pruned([BAR, 'touch a'], 'follow a', 'follow a');
    expect(at).toEqual({ schedules: 1, pruned: 0, points: ['follow_pfnmap_start'] });
  });
});

describe('F1 by its words', () => {
  const program = (kind: string) => [
    'mmap a anon length=2M align=2M private',
    `migrate a offset=0x0 ${kind} pfn=0x100000`,
    'fork',
    'endfork',
  ];
  const rules = (kind: string, ...fixes: readonly string[]) =>
    [...runProgram(kernel('x86_64', ...fixes), program(kind))].map(({ key }) => key);
  test('a writable migration entry is on both sides after a fork; with the fix it is not', () => {
    expect(rules('write')).toEqual(['A1, line 3']);
    expect(rules('write', 'FIX_PMD_SPECIAL_PRESENT')).toEqual([]);
  });
  test('a readable one is copied without a count; with the fix it is not', () => {
    expect(rules('read')).toEqual(['A2, line 3']);
    expect(rules('read', 'FIX_PMD_SPECIAL_PRESENT')).toEqual([]);
  });
});
