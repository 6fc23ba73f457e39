import { EBADF } from '@pfnmap/mm-core';
import type { Answer } from '../answer.ts';
import type { Step } from '../grammar.ts';
import { type Player, resultOf } from './player.ts';

/** VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA of a scenario; undefined for any other step. */
export function playDmaStep(step: Step, player: Player): Answer[] | undefined {
  const { dma } = player.machine;
  if (step.op === 'dmaunmap') {
    const result = player.isOpen ? dma.unmapDma(step.iova, player.lengthOf(step)) : -EBADF;
    return [resultOf('dmaunmap', result)];
  }
  if (step.op !== 'dmamap') return undefined;
  const map = player.map(step.name);
  if (map === undefined) return [{ error: `no map ${step.name}` }];
  if (!player.isOpen) return [resultOf('dmamap', -EBADF)];
  const result = dma.mapDma(player.process.mm, {
    iova: step.iova,
    vaddr: map.start + step.offset,
    size: player.lengthOf(step),
    read: true,
    write: true,
  });
  return [resultOf('dmamap', result)];
}
