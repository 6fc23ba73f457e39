import type { Kvm } from '@pfnmap/kvm-consumer';
import type { Machine } from '@pfnmap/machine';
import { BrokenInvariant } from '@pfnmap/sim';

/** The frame that the host has at an address, or -1. */
function hostFrame(machine: Machine, kvm: Kvm, address: number): number {
  const { pt, arch } = machine.kernel;
  const slot = pt.walk(kvm.mm, address);
  const { level } = pt.walked;
  const { size } = arch.geometry.levels[level];
  const offset = Math.floor((address % size) / arch.geometry.pageSize);
  return pt.pte_none(slot) ? -1 : pt.pfnAt(level, slot) + offset;
}

/**
 * Q1: what a guest can reach, its host process has mapped.
 *
 * @throws BrokenInvariant for a leaf of a second stage that the host does not have.
 */
export function checkStage2(machine: Machine): void {
  const { pageSize } = machine.kernel.arch.geometry;
  for (const kvm of machine.kvm.vms) {
    for (const { gfn, pfn, word } of kvm.mmu.leaves()) {
      const slot = kvm.memslots.gfn_to_memslot(gfn);
      if (slot === undefined) continue;
      const hva = slot.userspace_addr + (gfn - slot.base_gfn) * pageSize;
      if (hostFrame(machine, kvm, hva) === pfn) continue;
      throw new BrokenInvariant(
        'Q1',
        `the guest reaches PFN 0x${pfn.toString(16)} by 0x${word.toString(16)} at guest frame 0x${gfn.toString(16)}, where the host has another or none`,
      );
    }
  }
}
