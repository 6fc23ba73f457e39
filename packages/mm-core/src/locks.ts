import type { PgtableLevel } from '@pfnmap/pgtable-core';
import type { EventLog } from './events.ts';

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
 * The lock that guards the entries of a level: one of the mm for PUDs and above, one of the table for PMDs and PTEs, as
 * with split page-table locks.
 */
export const pageTableLock = (level: PgtableLevel): string =>
  level === 0 ? 'pte lock' : level === 1 ? 'pmd lock' : 'page_table_lock';
