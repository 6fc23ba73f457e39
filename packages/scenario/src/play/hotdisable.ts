import type { Machine, Process } from '@pfnmap/machine';
import { EBADF, EINVAL } from '@pfnmap/mm-core';
import type { Answer } from '../answer.ts';
import type { Step, StepOf } from '../grammar.ts';
import type { PlacedMap } from './placed-maps.ts';
import type { Player } from './player.ts';

const MEMORY_AND_BUS_MASTER = 6;

/** Entries of a range that are not empty, as far as walks go. */
function entriesIn({ kernel }: Machine, { mm }: Process, start: number, end: number): number {
  const { pt, mem, arch } = kernel;
  let entries = 0;
  for (let address = start; address < end; ) {
    const slot = pt.walk(mm, address);
    if (mem.lanes[slot] !== 0 || mem.lanes[slot + 1] !== 0) entries++;
    const { size } = arch.geometry.levels[pt.walked.level];
    address = (Math.floor(address / size) + 1) * size;
  }
  return entries;
}

/**
 * Only accesses during which memory enable stands still are answered, and all of the range is accessed each time: that
 * is what the accesses give that are made between the writes to the command register.
 */
function switchOffAndOn(player: Player, step: StepOf<'hotdisable'>, map: PlacedMap): Answer {
  const { machine, process } = player;
  const { device } = machine;
  const start = map.start + step.offset;
  const end = map.start + (step.length === undefined ? map.length : step.offset + step.length);
  if (end <= start) return { hotdisable: -1, errno: EINVAL };
  if (!player.isOpen) return { hotdisable: -1, errno: EBADF };
  const stride = step.step ?? player.pageSize;
  const accessAll = (signals: Set<number>): void => {
    for (let at = start; at < end; at += stride) signals.add(process.touch(at, step.write));
  };
  const [enabled, disabled] = [new Set<number>(), new Set<number>()];
  let entries = 0;
  device.writeCommand(MEMORY_AND_BUS_MASTER);
  accessAll(enabled);
  for (let round = 0; round < step.rounds; round++) {
    device.writeCommand(0);
    accessAll(disabled);
    entries = Math.max(entries, entriesIn(machine, process, start, end));
    device.writeCommand(MEMORY_AND_BUS_MASTER);
    accessAll(enabled);
  }
  const ascending = (signals: Set<number>) => [...signals].sort((a, b) => a - b);
  return {
    hotdisable: 0,
    errno: 0,
    enabled: ascending(enabled),
    disabled: ascending(disabled),
    entries,
  };
}

/** `hotdisable`; undefined for any other step. */
export function playHotdisable(step: Step, player: Player): Answer[] | undefined {
  if (step.op !== 'hotdisable') return undefined;
  const map = player.map(step.name);
  if (map === undefined) return [{ error: `no map ${step.name}` }];
  const answer = switchOffAndOn(player, step, map);
  player.forgetCalls();
  return [answer];
}
