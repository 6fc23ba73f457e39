import { EINVAL } from '@pfnmap/mm-core';
import type { Answer } from '../answer.ts';
import type { Step } from '../grammar.ts';
import { hexOf } from './fold-table.ts';
import type { PlacedMap } from './placed-maps.ts';
import { type Player, resultOf } from './player.ts';

function mincore(player: Player, start: number, length: number): Answer {
  const { mm } = player.process;
  const pages = Math.ceil(length / player.pageSize);
  const resident = player.machine.layers.pagewalk.mincore(mm, start, pages);
  if (typeof resident === 'number') return { mincore: -1, errno: -resident };
  return { mincore: 0, errno: 0, resident: resident.reduce((sum, page) => sum + page, 0) };
}

function smaps(player: Player, map: PlacedMap): Answer {
  const found = player.process.smaps().find((entry) => entry.start === map.start);
  if (found === undefined) return { smaps: {} };
  const { Size, Rss, THPeligible } = found;
  return { smaps: { Size, Rss, THPeligible } };
}

function numamaps(player: Player, map: PlacedMap): Answer {
  const readings = player.machine.layers.pagewalk.numa_maps(player.process.mm);
  const found = readings.find((entry) => entry.start === map.start);
  if (found === undefined) return { numamaps: {} };
  const { policy, pages, dirty } = found;
  const counts = {
    ...(pages > 0 ? { anon: pages, N0: pages } : {}),
    ...(dirty > 0 ? { dirty } : {}),
    ...(found.mapmax > 1 ? { mapmax: found.mapmax } : {}),
  };
  return { numamaps: { policy, ...counts } };
}

function onMap(step: Step, player: Player, map: PlacedMap): Answer[] | undefined {
  const { process, machine } = player;
  switch (step.op) {
    case 'processmadvise': {
      const start = map.start + step.offset;
      const result = process.process_madvise(start, player.lengthOf(step), step.advice);
      return [resultOf('processmadvise', result)];
    }
    case 'mbind': {
      const { policy, strict, move } = step;
      const address = map.start + step.offset;
      const request = { address, length: player.lengthOf(step), policy, strict, move };
      return [resultOf('mbind', machine.layers.mmap.mbind(process.mm, request))];
    }
    case 'mincore':
      return [mincore(player, map.start + step.offset, player.lengthOf(step))];
    case 'movepages': {
      const node = machine.layers.pagewalk.do_pages_stat(process.mm, map.start + step.offset);
      return [{ node }];
    }
    case 'uffd': {
      const start = map.start + step.offset;
      const { mmap } = machine.layers;
      const length = player.lengthOf(step);
      return [resultOf('uffd', mmap.userfaultfd_register(process.mm, start, length, step.mode))];
    }
    case 'smaps':
      return [smaps(player, map)];
    case 'pagemap':
      return [{ pagemap: hexOf(process.pagemap(map.start + step.offset)) }];
    case 'numamaps':
      return [numamaps(player, map)];
    default:
      return undefined;
  }
}

/** Steps that read and write /proc, and calls about policies and residency; undefined for any other step. */
export function playProcStep(step: Step, player: Player): Answer[] | undefined {
  const { pagewalk } = player.machine.layers;
  if (step.op === 'clearrefs') {
    const known = step.value >= 1 && step.value <= 5;
    const result = known ? pagewalk.clear_refs(player.process.mm, step.value) : -EINVAL;
    return [resultOf('clearrefs', result)];
  }
  if (step.op === 'smapsrollup') {
    const { AnonHugePages } = pagewalk.smaps_rollup(player.process.mm);
    return [{ smapsrollup: { AnonHugePages, ShmemPmdMapped: 0, FilePmdMapped: 0 } }];
  }
  if (!('name' in step) || step.op === 'mmap') return undefined;
  const map = player.map(step.name);
  return map === undefined ? undefined : onMap(step, player, map);
}
