// Goal: what the kernel did is kept, forgotten and printed as said.
import {
  createEventLog,
  formatEvent,
  type KernelEvent,
  lock,
  NO_MM,
  pageTableLock,
  printk,
  unlock,
} from '@pfnmap/mm-core';
import { expect, test } from 'vitest';

const WARN: KernelEvent = {
  kind: 'warn',
  where: 'insert_pfn_pud',
  what: 'occupied by another PFN',
};
const LINE: KernelEvent = { kind: 'printk', text: 'mm/pgtable-generic.c:42: bad pud' };
const LOCK: KernelEvent = { kind: 'lock', action: 'acquire', lock: 'pmd lock', mm: 1 };

test('without recording only warnings and log lines are kept', () => {
  const events = createEventLog();
  for (const event of [WARN, LOCK, LINE]) events.record(event);
  expect(events.take()).toEqual([WARN, LINE]);
});

test('with recording everything is kept, in order, until it is taken', () => {
  const events = createEventLog();
  events.recording = true;
  for (const event of [WARN, LOCK, LINE]) events.record(event);
  expect(events.take()).toEqual([WARN, LOCK, LINE]);
  expect(events.take()).toEqual([]);
});

test('a listener hears of each event that is kept', () => {
  const events = createEventLog();
  const heard: KernelEvent[] = [];
  events.listener = (event) => heard.push(event);
  for (const event of [LOCK, WARN]) events.record(event);
  expect(heard).toEqual([WARN]);
});

test.each<readonly [KernelEvent, string]>([
  [
    {
      kind: 'notifier',
      phase: 'start',
      reason: 'CLEAR',
      mm: 1,
      start: 0x40000000,
      end: 0x80000000,
    },
    'mmu notifier start CLEAR [0x40000000, 0x80000000)',
  ],
  [
    {
      kind: 'tlb',
      mm: 1,
      start: 0x200000,
      end: 0x600000,
      strideShift: 21,
      full: false,
      freedTables: false,
    },
    'tlb flush [0x200000, 0x600000) in steps of 0x200000',
  ],
  [
    {
      kind: 'tlb',
      mm: 1,
      start: 0,
      end: 0x40000000,
      strideShift: 12,
      full: true,
      freedTables: true,
    },
    'tlb flush: whole mm',
  ],
  [LOCK, 'acquire pmd lock'],
  [
    { kind: 'stage2', vm: 2, gfn: 0x40000, level: 3, old: 0n, new: 0x200000bf3n },
    'stage 2 of VM 2, gfn 0x40000 level 3: 0x0 -> 0x200000bf3',
  ],
  [WARN, 'WARNING: insert_pfn_pud: occupied by another PFN'],
  [LINE, 'mm/pgtable-generic.c:42: bad pud'],
])('%o prints as "%s"', (event, text) => {
  expect(formatEvent(event)).toBe(text);
});

test('printk() adds a line to the log', () => {
  const events = createEventLog();
  printk({ events }, 'a line');
  expect(events.take()).toEqual([{ kind: 'printk', text: 'a line' }]);
});

test('locks are recorded by name and owner, only while someone records', () => {
  const events = createEventLog();
  lock(events, { id: 4 }, pageTableLock(1));
  expect(events.take()).toEqual([]);
  events.recording = true;
  lock(events, { id: 4 }, pageTableLock(1));
  unlock(events, NO_MM, 'i_mmap_rwsem (read)');
  expect(events.take()).toEqual([
    { kind: 'lock', action: 'acquire', lock: 'pmd lock', mm: 4 },
    { kind: 'lock', action: 'release', lock: 'i_mmap_rwsem (read)', mm: 0 },
  ]);
});

test('PTE and PMD tables have locks of their own, everything above shares page_table_lock', () => {
  expect(([0, 1, 2, 3, 4] as const).map(pageTableLock)).toEqual([
    'pte lock',
    'pmd lock',
    'page_table_lock',
    'page_table_lock',
    'page_table_lock',
  ]);
});
