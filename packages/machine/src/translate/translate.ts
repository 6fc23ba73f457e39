import type { Kvm } from '@pfnmap/kvm-consumer';
import type { MmStruct } from '@pfnmap/mm-core';
import type { Machine } from '../machine.ts';
import { byteAddress } from './byte-size.ts';
import { guestStage, slotStage, stage2Stage } from './guest-stages.ts';
import { hostStage } from './host-stage.ts';
import { dmaStage, iommuStage } from './iommu-stages.ts';
import type { Translation, TranslationStage } from './translation.ts';

/** Which address to follow: of a program, of a guest (its own or physical), or of a device. */
export type TranslationRequest =
  | { readonly from: 'hva'; readonly address: number; readonly mm: MmStruct }
  | { readonly from: 'gva' | 'gpa'; readonly address: number; readonly vm: Kvm }
  | { readonly from: 'iova'; readonly address: number };

/** What lies at a physical address. */
function holderOf({ kernel, bars }: Machine, physical: number): string {
  const index = bars.findIndex(({ start, size }) => physical >= start && physical < start + size);
  const bar = bars[index];
  if (bar !== undefined) return `BAR ${index} + ${byteAddress(physical - bar.start)}`;
  return kernel.mem.isRam(physical / kernel.arch.geometry.pageSize) ? 'RAM' : 'neither RAM nor BAR';
}

/** The stages, `last` being the one that the hardware walks to the memory. */
function combine(
  machine: Machine,
  stages: readonly TranslationStage[],
  last: TranslationStage,
): Translation {
  const { output, leafSize, kind } = last;
  return {
    stages,
    physical: output,
    holder: output === undefined ? undefined : holderOf(machine, output),
    tlb: leafSize === undefined ? undefined : { size: leafSize, limitedBy: kind },
  };
}

function translateGuest(machine: Machine, vm: Kvm, gpa: number): TranslationStage[] {
  const { pageSize } = machine.kernel.arch.geometry;
  const slot = vm.memslots.gfn_to_memslot(Math.floor(gpa / pageSize));
  const inSlot = slotStage(slot, gpa, pageSize);
  const host = inSlot.output === undefined ? undefined : hostStage(machine, vm.mm, inSlot.output);
  const stage2 = stage2Stage(machine, vm, gpa, slot, host);
  return host === undefined ? [inSlot, stage2] : [inSlot, stage2, host];
}

/**
 * Follows an address through every table between it and the memory, as hardware and KVM find them now; nothing is
 * faulted in, and no accessed bit is set. Rights are not looked at.
 *
 * A guest's address goes through stage 2 to the memory; slot and host table, which KVM copies stage 2 from, are shown
 * with it. A device's goes through the IOMMU; the program's map and table are shown with it.
 */
export function translate(machine: Machine, request: TranslationRequest): Translation {
  const { from, address } = request;
  if (from === 'hva') {
    const host = hostStage(machine, request.mm, address);
    return combine(machine, [host], host);
  }
  if (from === 'iova') {
    const mapping = machine.dma.mappingAt(address);
    const dma = dmaStage(mapping, address);
    const host = mapping && hostStage(machine, mapping.mm, dma.output as number);
    const iommu = iommuStage(machine, address, host);
    return combine(machine, host === undefined ? [dma, iommu] : [dma, iommu, host], iommu);
  }
  const guest = from === 'gva' ? [guestStage(machine, address)] : [];
  const stages = translateGuest(machine, request.vm, guest[0]?.output ?? address);
  return combine(machine, [...guest, ...stages], stages[1] as TranslationStage);
}
