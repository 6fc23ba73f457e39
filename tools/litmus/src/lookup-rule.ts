import type { Machine } from '@pfnmap/machine';
import { LEVEL_NAMES } from '@pfnmap/pgtable-core';
import { BrokenInvariant } from '@pfnmap/sim';

/**
 * M9: between follow_pfnmap_start() and follow_pfnmap_end() what the lookup told is what the table says: its lock is
 * held. Put around the lookup of a machine, for everybody who uses it.
 */
export function checkLookups(machine: Machine): void {
  const { pfnmap } = machine.layers.follow;
  if (pfnmap === undefined) return;
  const { pt, arch } = machine.kernel;
  const { levels, pageSize } = arch.geometry;
  const start = pfnmap.follow_pfnmap_start;
  pfnmap.follow_pfnmap_start = (args) => {
    const error = start(args);
    if (error !== 0) return error;
    const slot = pt.walk(args.vma.vm_mm, args.address);
    const { level } = pt.walked;
    const { size } = levels[level];
    const pfn = pt.pte_none(slot)
      ? -1
      : pt.pfnAt(level, slot) + Math.floor((args.address % size) / pageSize);
    if (pfn === args.pfn && size === args.leafSize) return 0;
    const there =
      pfn < 0 ? 'nothing is mapped' : `a ${LEVEL_NAMES[level]} maps PFN 0x${pfn.toString(16)}`;
    throw new BrokenInvariant(
      'M9',
      `follow_pfnmap_start() of 0x${args.address.toString(16)} tells PFN 0x${args.pfn.toString(16)} of an entry of 0x${args.leafSize.toString(16)} bytes, and ${there}`,
    );
  };
}
