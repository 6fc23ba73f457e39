import type { DmaMapping } from '@pfnmap/vfio-type1';
import type { Machine } from '../machine.ts';
import { byteRange } from './byte-size.ts';
import { stageOf, type TranslationStage } from './translation.ts';

/** What VFIO_IOMMU_MAP_DMA was told. */
export function dmaStage(mapping: DmaMapping | undefined, iova: number): TranslationStage {
  const stage = { kind: 'dma', input: iova } as const;
  if (mapping === undefined) {
    const why = 'no DMA map holds the address: the IOMMU blocks the device';
    return stageOf({ ...stage, end: { level: undefined, why, next: 'VFIO_IOMMU_MAP_DMA' } });
  }
  const fact = `map: IOVA ${byteRange(mapping.iova, mapping.size)} is host-virtual ${byteRange(mapping.vaddr, mapping.size)}`;
  return stageOf({ ...stage, output: mapping.vaddr + iova - mapping.iova, facts: [fact] });
}

/** The IOMMU's page table. `host` is the process's page table for the same address, where a map holds it. */
export function iommuStage(
  { dma }: Machine,
  iova: number,
  host: TranslationStage | undefined,
): TranslationStage {
  const entries = dma.domain.path(iova);
  const last = entries.at(-1);
  const stage = { kind: 'iommu', input: iova, entries } as const;
  if (last?.kind !== 'leaf') {
    const why = 'nothing is mapped: a fault of the IOMMU';
    return stageOf({ ...stage, end: { level: last?.level, why, next: 'VFIO_IOMMU_MAP_DMA' } });
  }
  const output = Number(last.address) + (iova % last.size);
  const facts = ["sizes are what iommu_map() makes; the bits are the model's own, no vendor's"];
  if (host !== undefined && host.output !== output) {
    facts.push("stays while the CPU's table changed: type1 hears of no invalidation");
  }
  return stageOf({ ...stage, output, leafSize: last.size, facts });
}
