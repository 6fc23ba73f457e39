import type { EventLog, RacePoint, VmFault } from '@pfnmap/mm-core';

/**
 * A race point in the middle of a fault. A kernel has one VmFault, which a fault of whoever runs there would overwrite:
 * the one that runs is put aside meanwhile.
 */
export function raceInFault(events: EventLog, inFlight: VmFault, point: RacePoint): void {
  const aside = { ...inFlight };
  events.race?.(point);
  Object.assign(inFlight, aside);
}
