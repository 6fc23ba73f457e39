import type { PgtableLevel } from '@pfnmap/pgtable-core';
import type { EventLog } from './events.ts';
import type { MmStruct } from './mm-struct.ts';

/** What is locked: its name as Linux has it, and the address space it belongs to, 0 for none. */
export interface LockOwner {
  readonly id: number;
}

/** The owner of locks that belong to no address space. */
export const NO_MM: LockOwner = Object.freeze({ id: 0 });

function recordLock(
  events: EventLog,
  { id }: LockOwner,
  name: string,
  action: 'acquire' | 'release',
): void {
  events.record({ kind: 'lock', action, lock: name, mm: id });
}

/** Records that a lock is taken. Nothing is built while nobody records. */
export function lock(events: EventLog, owner: LockOwner, name: string): void {
  if (events.recording) recordLock(events, owner, name, 'acquire');
}

/** Records that a lock is given up. */
export function unlock(events: EventLog, owner: LockOwner, name: string): void {
  if (events.recording) recordLock(events, owner, name, 'release');
}

/**
 * Takes mmap_lock for reading.
 *
 * @fidelity partial one path runs at a time, so nobody waits
 * @patch none
 */
export function mmap_read_lock(events: EventLog, mm: MmStruct): void {
  mm.mmap_lock = 'read';
  lock(events, mm, 'mmap_lock (read)');
}

/**
 * Gives it up.
 *
 * @fidelity partial as {@link mmap_read_lock}
 * @patch none
 */
export function mmap_read_unlock(events: EventLog, mm: MmStruct): void {
  unlock(events, mm, 'mmap_lock (read)');
  mm.mmap_lock = 'free';
}

/**
 * The lock that guards the entries of a level: one of the mm for PUDs and above, one of the table for PMDs and PTEs, as
 * with split page-table locks.
 */
export const pageTableLock = (level: PgtableLevel): string =>
  level === 0 ? 'pte lock' : level === 1 ? 'pmd lock' : 'page_table_lock';
