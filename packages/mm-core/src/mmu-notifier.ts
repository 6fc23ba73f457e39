import type { EventLog, MmuNotifyReason } from './events.ts';
import type { MmStruct } from './mm-struct.ts';

/** The range that an invalidation is about. Bytes, `end` exclusive. */
export interface MmuNotifierRange {
  readonly mm: MmStruct;
  readonly reason: MmuNotifyReason;
  readonly start: number;
  readonly end: number;
}

/** A secondary MMU (KVM) that must forget what it copied from page tables. */
export interface MmuNotifier {
  invalidate_range_start(range: MmuNotifierRange): void;
  invalidate_range_end(range: MmuNotifierRange): void;
  /** The mm goes away. */
  release?(mm: MmStruct): void;
}

function report(events: EventLog, range: MmuNotifierRange, phase: 'start' | 'end'): void {
  if (!events.recording) return;
  const { reason, start, end } = range;
  events.record({ kind: 'notifier', phase, reason, mm: range.mm.id, start, end });
}

/**
 * Tells every notifier of the mm that a range is about to change.
 *
 * @context may sleep; no page-table lock is held.
 * @fidelity partial notifiers that may not block are not modelled
 * @patch none
 */
export function mmu_notifier_invalidate_range_start(
  events: EventLog,
  range: MmuNotifierRange,
): void {
  report(events, range, 'start');
  for (const notifier of range.mm.notifiers) notifier.invalidate_range_start(range);
}

/**
 * Tells them that the change is done. Every start has one end.
 *
 * @context as {@link mmu_notifier_invalidate_range_start}.
 * @fidelity exact
 * @patch none
 */
export function mmu_notifier_invalidate_range_end(events: EventLog, range: MmuNotifierRange): void {
  for (const notifier of range.mm.notifiers) notifier.invalidate_range_end(range);
  report(events, range, 'end');
}
