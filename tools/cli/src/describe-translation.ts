import type { StageKind, Translation, TranslationStage } from '@pfnmap/machine';
import type { ArchPgtable, WalkedEntry } from '@pfnmap/pgtable-core';
import { formatSize, type Step, type TranslationQuery } from '@pfnmap/scenario';
import { type Alignment, columns } from './columns.ts';
import { wide } from './describe-entry.ts';
import type { Style } from './terminal.ts';

/** An address that was followed. */
export interface ToldTranslation {
  readonly from: TranslationQuery['from'];
  readonly address: number;
  readonly after: Step | undefined;
  readonly release: string;
  readonly arch: ArchPgtable;
  readonly translation: Translation;
}

/** What each stage is called, and the addresses that it leads from and to. */
const STAGES: Readonly<
  Record<StageKind, { readonly title: string; readonly from: string; readonly to: string }>
> = {
  guest: { title: "guest's own table", from: 'guest-virtual', to: 'guest-physical' },
  slot: { title: 'memory slot of KVM', from: 'guest-physical', to: 'host-virtual' },
  stage2: { title: 'stage 2', from: 'guest-physical', to: 'physical' },
  host: { title: "program's page table", from: 'host-virtual', to: 'physical' },
  dma: { title: 'DMA map of VFIO', from: 'IOVA', to: 'host-virtual' },
  iommu: { title: "IOMMU's page table", from: 'IOVA', to: 'physical' },
};

const HEADING = ['level', 'size', 'index', 'entry', 'is', 'memory', 'bits'];
const ALIGNED: readonly Alignment[] = ['left', 'right', 'right'];

const hex = (address: number | bigint): string => `0x${address.toString(16)}`;

function isOf({ kind, address }: WalkedEntry): string {
  return kind === 'none' || (kind === 'not present' && address === 0n)
    ? kind
    : `${kind} at ${hex(address)}`;
}

const rowOf = (entry: WalkedEntry): string[] => [
  entry.level,
  formatSize(entry.size),
  `${entry.index}`,
  wide(entry.word),
  isOf(entry),
  entry.memoryType,
  entry.flags.join(' '),
];

function stageLines(stage: TranslationStage, holder: string, style: Style): string[] {
  const { title, from, to } = STAGES[stage.kind];
  const { entries, facts, input, output, end } = stage;
  const way = `${from} ${hex(input)} → ${output === undefined ? 'nothing' : `${to} ${hex(output)}`}`;
  const table = entries.length === 0 ? [] : columns([HEADING, ...entries.map(rowOf)], ALIGNED);
  const lines = [`${style.name(title.padEnd(22))}${way}${holder}`];
  for (const line of table) lines.push(`  ${line}`);
  for (const fact of facts) lines.push(style.aside(`  ${fact}`));
  if (end !== undefined) {
    const place = end.level === undefined ? 'here' : `at level ${end.level}`;
    lines.push(style.bad(`  ends ${place}: ${end.why}`), `  to map it: ${end.next}`);
  }
  return [...lines, ''];
}

/** The size that one entry of a TLB could hold, in words. */
function tlbLine({ tlb, stages }: Translation): string {
  if (tlb === undefined) return 'nothing: the walk ends before the memory';
  const { from } = STAGES[stages[0]!.kind];
  return `${formatSize(tlb.size)}: the most that one entry for the ${from} address can hold (leaf of ${STAGES[tlb.limitedBy].title})`;
}

/** A translation as a picture: a block a stage, the entries in columns. */
export function translationLines(told: ToldTranslation, style: Style): string[] {
  const { stages, physical, holder } = told.translation;
  const lines = stages.flatMap((stage) =>
    stageLines(
      stage,
      stage.output !== undefined && stage.output === physical && holder !== undefined
        ? `, ${holder}`
        : '',
      style,
    ),
  );
  return [...lines, `${style.heading('TLB')}                   ${tlbLine(told.translation)}`];
}

const entryJson = ({
  level,
  size,
  index,
  word,
  kind,
  address,
  flags,
  memoryType,
}: WalkedEntry) => ({
  level,
  size,
  index,
  entry: wide(word),
  kind,
  address: hex(address),
  flags,
  memoryType,
});

const addressJson = (address: number | undefined): string | null =>
  address === undefined ? null : hex(address);

/** The same for programs. */
export function translationJson(told: ToldTranslation): object {
  const { translation, from, address, after, release, arch } = told;
  return {
    format: 'pfnmap-translate/1',
    kernel: release,
    arch: arch.name,
    after: after === undefined ? null : { line: after.line, step: after.text },
    from,
    address: hex(address),
    stages: translation.stages.map(({ kind, input, output, entries, leafSize, facts, end }) => ({
      kind,
      input: hex(input),
      output: addressJson(output),
      entries: entries.map(entryJson),
      leafSize: leafSize ?? null,
      facts,
      end: end === undefined ? null : { level: end.level ?? null, why: end.why, next: end.next },
    })),
    physical: addressJson(translation.physical),
    holder: translation.holder ?? null,
    tlb: translation.tlb ?? null,
  };
}
