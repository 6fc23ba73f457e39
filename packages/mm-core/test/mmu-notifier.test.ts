// Goal: secondary MMUs hear of a change before and after it, each start with its end.
import {
  createEventLog,
  type MmuNotifier,
  type MmuNotifierRange,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '@pfnmap/mm-core';
import { expect, test } from 'vitest';
import { emptyMm } from './mappings.ts';

const rangeOf = (mm = emptyMm(5)): MmuNotifierRange => ({
  mm,
  reason: 'CLEAR',
  start: 0x40000000,
  end: 0x80000000,
});

test('every notifier of the mm is told, in the order of registration', () => {
  const heard: string[] = [];
  const notifier = (name: string): MmuNotifier => ({
    invalidate_range_start: (range) => heard.push(`${name} start ${range.reason}`),
    invalidate_range_end: (range) => heard.push(`${name} end ${range.reason}`),
  });
  const range = rangeOf();
  range.mm.notifiers.push(notifier('first'), notifier('second'));
  const events = createEventLog();
  mmu_notifier_invalidate_range_start(events, range);
  mmu_notifier_invalidate_range_end(events, range);
  expect(heard).toEqual([
    'first start CLEAR',
    'second start CLEAR',
    'first end CLEAR',
    'second end CLEAR',
  ]);
});

test('notifiers of another mm hear nothing', () => {
  const other = emptyMm(6);
  const heard: string[] = [];
  other.notifiers.push({
    invalidate_range_start: () => heard.push('start'),
    invalidate_range_end: () => heard.push('end'),
  });
  const events = createEventLog();
  mmu_notifier_invalidate_range_start(events, rangeOf());
  mmu_notifier_invalidate_range_end(events, rangeOf());
  expect(heard).toEqual([]);
});

test('both phases are recorded around what happens in between', () => {
  const events = createEventLog();
  events.recording = true;
  const range = rangeOf();
  mmu_notifier_invalidate_range_start(events, range);
  events.record({ kind: 'printk', text: 'the change' });
  mmu_notifier_invalidate_range_end(events, range);
  const { start, end } = range;
  expect(events.take()).toEqual([
    { kind: 'notifier', phase: 'start', reason: 'CLEAR', mm: 5, start, end },
    { kind: 'printk', text: 'the change' },
    { kind: 'notifier', phase: 'end', reason: 'CLEAR', mm: 5, start, end },
  ]);
});
