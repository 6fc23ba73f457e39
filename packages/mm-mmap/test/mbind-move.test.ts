// Goal: a memory policy moves pages as kernels do, and says so to those who share the page tables. Method: what 6.12.117 and 7.3.4
// answered to scenarios 75 to 77; notifier ranges are told by their first page and how many they are.
import { BarProcess, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const PAGE = 4096;
const DONTNEED = 4;

function memory(thp: 'always' | 'never', kernel = '6.12.117'): BarProcess {
  const bar = new BarProcess({ kernel });
  bar.machine.kernel.sysfs.thpEnabled = thp;
  bar.mapFile(null, 4 * MiB, { shared: false });
  return bar;
}
/** Gives 4 MiB a policy, and tells the notifier ranges that began. */
function move(bar: BarProcess, policy: 'local' | 'bind' = 'local'): string[] {
  const { events } = bar.machine.kernel;
  const request = { address: VA, length: 4 * MiB, policy, strict: false, move: true } as const;
  events.take();
  events.recording = true;
  expect(bar.machine.layers.mmap.mbind(bar.process.mm, request)).toBe(0);
  events.recording = false;
  return events.take().flatMap((event) => {
    if (event.kind !== 'notifier' || event.phase !== 'start') return [];
    return [`${(event.start - VA) / PAGE}+${(event.end - event.start) / PAGE}`];
  });
}
/** Pins the page at an address, as a DMA mapping does. */
function pin(bar: BarProcess, address: number): void {
  const { pt, anon } = bar.machine.kernel;
  const slot = pt.walk(bar.process.mm, address);
  anon.pin(pt.pfnAt(pt.walked.level, slot));
}

test.each(['always', 'never'] as const)('a policy with nodes moves nothing (THP %s)', (thp) => {
  const bar = memory(thp);
  bar.touch(VA, true);
  expect(move(bar, 'bind')).toEqual([]);
});

test('pages of device memory stay', () => {
  const bar = new BarProcess();
  bar.map(4 * MiB);
  bar.touch();
  expect(move(bar)).toEqual([]);
});

test('pages that a child maps too stay', () => {
  const bar = memory('never');
  bar.touch(VA, true);
  bar.process.fork();
  bar.touch(VA + PAGE, true);
  expect(move(bar)).toEqual(['1+1']);
});

describe('single pages', () => {
  test('move one by one, and keep what their entries said', () => {
    const bar = memory('never');
    for (const page of [0, 1, 5]) bar.touch(VA + page * PAGE, true);
    const before = bar.entry(VA);
    expect(move(bar)).toEqual(['0+1', '1+1', '5+1']);
    expect(bar.entry(VA)).toBe(before);
  });

  test('that are pinned are tried three times with the others, and seven times each by itself', () => {
    const bar = memory('never');
    for (const page of [0, 1, 2]) bar.touch(VA + page * PAGE, true);
    pin(bar, VA);
    pin(bar, VA + 2 * PAGE);
    const together = ['0+1', '2+1'];
    const alone = (page: number): string[] => Array(7).fill(`${page}+1`);
    expect(move(bar)).toEqual([
      ...['0+1', '1+1', '2+1'],
      ...together,
      ...together,
      ...alone(0),
      ...alone(2),
    ]);
  });
});

describe('huge pages', () => {
  test('move whole', () => {
    const bar = memory('always');
    bar.touch(VA, true);
    bar.touch(VA + 2 * MiB, true);
    expect(move(bar)).toEqual(['0+512', '512+512']);
    expect(bar.entry(VA)).toMatch(/^pmd /);
  });

  test('that are pinned are tried ten times', () => {
    const bar = memory('always');
    bar.touch(VA, true);
    pin(bar, VA);
    expect(move(bar)).toEqual(Array(10).fill('0+512'));
  });

  test.each([
    ['6.12.117', ['0+512', '0+512', '511+1', '2+1', '0+1']],
    ['7.3', ['0+512', '2+1', '511+1', '0+1']],
  ])('that are cut are split, and their pages move in the order of %s', (kernel, ranges) => {
    const bar = memory('always', kernel);
    for (const page of [0, 2, 511]) bar.touch(VA + page * PAGE, true);
    bar.process.madvise(VA + 16 * PAGE, PAGE, DONTNEED);
    expect(move(bar)).toEqual(ranges);
    expect(bar.entry(VA + 16 * PAGE)).toBe('pte none');
    expect(bar.entry(VA + PAGE)).toMatch(/a25$/);
  });
});
