// What the experiments change, on whole machines.
import type { PlayedStep } from '@pfnmap/scenario';
import { describe, expect, test } from 'vitest';
import type { Asked } from '../src/index.ts';
import { play, playText, tableOf } from './playing.ts';

const next = (arch: 'x86_64' | 'arm64', ...symbols: string[]) => ({
  arch,
  kernel: '7.3',
  with: symbols,
});
/** Entries by level and faults of a scenario. */
function summaryOf(name: string, asked: Asked) {
  const { mapped, faults, pgtablesBytes } = play(name, asked).summary;
  return {
    entries: mapped.map(({ level, entries }) => `${entries} ${level}`),
    faults,
    pgtablesBytes,
  };
}
const runsOf = (name: string, asked: Asked): string[] =>
  tableOf(name, asked).map(
    ({ level, count, entry }) => `${count} ${level}${/^0x0+$/.test(entry) ? ' none' : ''}`,
  );

describe('E1: leaves are split', () => {
  const split = next('x86_64', 'EXPERIMENT_SPLIT_LEAVES');

  test('a zap of one page: no fault brings the rest back, and the page stays out', () => {
    expect(runsOf('E1-unmap-page', split)).toEqual([
      '2 pmd',
      '1 pte',
      '1 pte none',
      '510 pte',
      '509 pmd',
    ]);
    expect(summaryOf('E1-unmap-page', split).faults).toBe(1);
  });
  test('today one fault brings 1 GiB back, the page that was zapped with it', () => {
    expect(runsOf('E1-unmap-page', next('x86_64'))).toEqual(['1 pud']);
    expect(summaryOf('E1-unmap-page', next('x86_64')).faults).toBe(2);
  });
  test('a boundary inside a 1 GiB entry: today the kernel dies', () => {
    expect(play('E1-boundary', next('x86_64')).bug?.where).toBe('__split_huge_pmd');
    expect(play('E1-boundary', split).bug).toBeUndefined();
  });
});

describe('E2: remap_pfn_range() with leaves', () => {
  const huge = ['EXPERIMENT_SPLIT_LEAVES', 'EXPERIMENT_REMAP_PFN_HUGE'];
  test('one entry in place of 262144, and 3 tables in place of 514 after munmap of a page', () => {
    expect(summaryOf('E2-remap', next('x86_64', ...huge))).toEqual({
      entries: ['511 pmd', '511 pte'],
      faults: 0,
      pgtablesBytes: 3 * 4096,
    });
    expect(summaryOf('E2-remap', next('x86_64'))).toEqual({
      entries: ['262143 pte'],
      faults: 0,
      pgtablesBytes: 514 * 4096,
    });
  });
});

describe('E3: 1 GiB on arm64', () => {
  const huge = next('arm64', 'EXPERIMENT_ARM64_PUD_PFNMAP');
  test('two entries and faults in place of 1024, and two tables fewer', () => {
    const touch = 'machine bar=2G\nvfio\nmmap a bar2 length=2G align=1G\ntouchall a step=2M\n';
    const { mapped, faults, pgtablesBytes } = playText(touch, huge).summary;
    expect([mapped, faults, pgtablesBytes]).toMatchObject([
      [{ level: 'pud', entries: 2 }],
      2,
      4096,
    ]);
    const today = playText(touch, next('arm64')).summary;
    expect(today).toMatchObject({
      mapped: [{ level: 'pmd', entries: 1024 }],
      faults: 1024,
      pgtablesBytes: 12288,
    });
  });
  test('the word is that of a 2 MiB block, one level up', () => {
    const first = (asked: Asked) =>
      play('E3-arm64-1g', asked)
        .capture.steps.find(({ step }) => step === 'table a')!
        .answers.flatMap((answer) => ('table' in answer ? answer.table : []))[0]!;
    expect([first(huge).level, first(next('arm64')).level]).toEqual(['pud', 'pmd']);
    expect(first(huge).entry).toBe(first(next('arm64')).entry);
  });
  test('a guest keeps its 2 MiB stage-2 blocks: KVM asks for PMD size at most', () => {
    const guest =
      'machine bar=2G\nvfio\nmmap a bar2 length=1G align=1G\nkvm\nkvmslot a length=1G gpa=4G\nkvmaccess gpa=4G+6M\n';
    const events: string[] = [];
    const onStep = (step: PlayedStep) => events.push(...step.events.map(({ text }) => text));
    const asked = { ...huge, events: true, onStep };
    expect(playText(guest, asked).summary.mapped).toMatchObject([{ level: 'pud' }]);
    const stage2 = events.filter((text) => text.startsWith('stage 2'));
    expect(stage2.at(-1)).toMatch(/gfn 0x100600 level 2: 0x0 ->/);
  });
});

describe('E4: a driver asks for aligned addresses', () => {
  test.each([
    ['6.12.117', [], '17 pmd', 12 * 1024],
    ['7.3', [], '17 pte', 80 * 1024],
    ['7.3', ['EXPERIMENT_MAPPING_ORDER'], '2 pud', 0],
  ] as const)('%s %j: %s for 17 touches in 2 GiB', (kernel, symbols, entries, pgtablesBytes) => {
    const asked = { arch: 'x86_64', kernel, with: symbols } as const;
    expect(summaryOf('E4-aligned-address', asked)).toMatchObject({
      entries: [entries],
      pgtablesBytes,
    });
  });
});

describe('E5: one page of a BAR fails', () => {
  const needs = ['EXPERIMENT_SPLIT_LEAVES', 'MEMORY_FAILURE_PFN'];
  const unmaps = next('x86_64', ...needs, 'EXPERIMENT_MEMORY_FAILURE_UNMAP');
  const answersTo = (step: string, asked: Asked) =>
    play('E5-memory-failure', asked).capture.steps.find((each) => each.step === step)!.answers[0];

  // ENXIO and EBUSY: what memory_failure() says of a frame without a struct page.
  test.each([
    ['6.12.117', 6],
    ['7.3', 16],
  ])('%s answers %i, and the entry stays', (kernel, errno) => {
    const asked = { arch: 'x86_64', kernel, with: [] } as const;
    expect(answersTo('hardoffline offset=6M+4K', asked)).toEqual({ hardoffline: -1, errno });
    expect(runsOf('E5-memory-failure', asked)).toEqual(['1 pud']);
    expect(answersTo('touch a offset=6M+4K', asked)).toEqual({ signal: 0 });
  });
  test('the page alone goes, and an access to it gets SIGBUS, also after a reset', () => {
    expect(answersTo('hardoffline offset=6M+4K', unmaps)).toMatchObject({ hardoffline: 0 });
    expect(answersTo('table a', unmaps)).toMatchObject({
      table: [{ count: 3 }, { level: 'pte' }, { level: 'pte' }, { count: 510 }, { count: 508 }],
    });
    expect(answersTo('touchall a offset=6M length=2M', unmaps)).toEqual({ signals: 1 });
    expect(answersTo('touch a offset=6M+4K', unmaps)).toEqual({ signal: 7 });
  });
});
