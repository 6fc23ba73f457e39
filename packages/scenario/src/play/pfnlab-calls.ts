import { type FollowPfnmap, FollowPfnmapArgs } from '@pfnmap/follow-pfnmap';
import type { Machine } from '@pfnmap/machine';
import {
  EINVAL,
  ENOENT,
  type MmStruct,
  mmap_read_lock,
  mmap_read_unlock,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { Answer } from '../answer.ts';
import { hexOf } from './fold-table.ts';

function followLocked(
  { kernel, layers }: Machine,
  vma: VmAreaStruct,
  address: number,
  pfnmap: FollowPfnmap,
): Answer {
  const args = new FollowPfnmapArgs(vma, address);
  const error = pfnmap.follow_pfnmap_start(args);
  if (error !== 0) return { follow: error };
  const answer: Answer = {
    follow: 0,
    pfn: hexOf(args.pfn),
    pgprot: hexOf(kernel.arch.pgprot_val(args.pgprot)),
    writable: args.writable ? 1 : 0,
    special: args.special ? 1 : 0,
    ...(layers.follow.reportsAddrMask
      ? { addr_mask: hexOf(BigInt.asUintN(64, -BigInt(args.leafSize))) }
      : {}),
  };
  pfnmap.follow_pfnmap_end(args);
  return answer;
}

/** What the call FOLLOW of /dev/pfnlab tells of an address. */
export function followAt(machine: Machine, mm: MmStruct, address: number): Answer {
  const { pfnmap } = machine.layers.follow;
  const vma = mm.vma_lookup(address);
  if (vma === null) return { follow: -ENOENT };
  if (pfnmap === undefined) return { error: 'this kernel has no follow_pfnmap_start' };
  const { events } = machine.kernel;
  mmap_read_lock(events, mm);
  const answer = followLocked(machine, vma, address, pfnmap);
  mmap_read_unlock(events, mm);
  return answer;
}

/** The call ZAP of /dev/pfnlab: 0, -EINVAL for a range of parts of pages, or -ENOENT without a VMA. */
export function zapRange(machine: Machine, mm: MmStruct, address: number, length: number): number {
  const { kernel, layers } = machine;
  const { pageSize } = kernel.arch.geometry;
  if (address % pageSize !== 0 || length % pageSize !== 0) return -EINVAL;
  const vma = mm.vma_lookup(address);
  if (vma === null) return -ENOENT;
  mmap_read_lock(kernel.events, mm);
  layers.memory.zap_vma_ptes(vma, address, length);
  mmap_read_unlock(kernel.events, mm);
  return 0;
}
