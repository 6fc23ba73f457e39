import { formatSize, type Played } from '@pfnmap/scenario';
import { columns } from './columns.ts';
import type { Style } from './terminal.ts';

const counted = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`;

/** What a scenario came to: sizes of entries, faults, handler calls, page tables; and the bug, if one was met. */
export function summaryLines(played: Played, style: Style): string[] {
  const { mapped, faults, handlerCalls, pgtablesBytes, dma } = played.summary;
  const sizes = mapped.map(
    ({ level, size, entries, bytes }) =>
      `${formatSize(bytes)} by ${counted(entries, 'entry', 'entries')} of ${formatSize(size)} (${level})`,
  );
  const rows = [
    ['mapped', sizes.length === 0 ? 'nothing' : sizes.join(', ')],
    ['faults', `${faults}, with ${counted(handlerCalls, 'handler call', 'handler calls')}`],
    ['page tables', `${formatSize(pgtablesBytes)}`],
    ...(dma === undefined
      ? []
      : [['DMA', `${counted(dma.lookups, 'lookup', 'lookups')}, ${dma.iommuMaps} iommu_map`]]),
  ];
  return [...columns(rows), ...bugLines(played, style)];
}

function bugLines({ bug }: Played, style: Style): string[] {
  if (bug === undefined) return [];
  const rows = [
    ['where', bug.where],
    ['rule', bug.rule],
    ['kernels', bug.kernels],
  ];
  return ['', style.bad(`The kernel dies here: ${bug.what}`), ...columns(rows), ''];
}
