import { formatVmFault } from '@pfnmap/mm-core';
import type { Call, FlushEvent, NotifyEvent } from '@pfnmap/scenario';

const SPTE_SIZES: Readonly<Record<number, string>> = { 1: '4K', 2: '2M', 3: '1G' };

/** A handler call or a change of stage 2 in words. */
export function callLine(call: Call): string {
  if ('s2fault' in call) return `guest fault at ${call.s2fault}, taken to the host`;
  if ('spte' in call) {
    const { gfn, level, old, new: now, table } = call.spte;
    const size = SPTE_SIZES[level] ?? `level ${level}`;
    const to = table === 1 ? `a table (${now})` : now;
    return `stage 2, gfn ${gfn}, ${size}: ${old} becomes ${to}`;
  }
  const { handler, order, ret, write, map, offset } = call;
  const place = map === null ? 'outside of all mappings' : `at ${map}+${offset}`;
  const access = write === 1 ? 'write' : 'read';
  return `${handler} handler, order ${order}, ${access} ${place}: ${formatVmFault(Number(ret))}`;
}

/** What an MMU notifier or the TLB was told, in words. */
export function eventLine(event: NotifyEvent | FlushEvent): string {
  const { map, offset, length } = event;
  const size = length === undefined ? '' : `${length} bytes `;
  const place = map === null ? 'outside of all mappings' : `at ${map}+${offset}`;
  const where = length === undefined && map === null ? 'everything' : `${size}${place}`;
  if ('flush' in event) {
    const stride = event.stride === undefined ? '' : ` in strides of ${event.stride}`;
    const tables = event.tables === 1 ? ', tables freed' : '';
    return `TLB flush of ${where}${stride}${tables}`;
  }
  const reason = event.reason === undefined ? '' : ` (${event.reason})`;
  return `MMU notifier ${event.notify}${reason}: ${where}`;
}
