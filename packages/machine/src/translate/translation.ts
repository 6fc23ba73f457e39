import type { WalkedEntry } from '@pfnmap/pgtable-core';

/** Which table a stage of a translation looks into: the guest's own, KVM's slots, stage 2, a process's, DMA maps, the IOMMU's. */
export type StageKind = 'guest' | 'slot' | 'stage2' | 'host' | 'dma' | 'iommu';

/** A translation that ends in nothing. */
export interface TranslationEnd {
  /** Level of the table at which it ends; undefined where it ends before any entry. */
  readonly level: string | undefined;
  readonly why: string;
  /** What would map it. */
  readonly next: string;
}

/** One stage: from one kind of address to the next. Addresses and sizes are bytes. */
export interface TranslationStage {
  readonly kind: StageKind;
  readonly input: number;
  /** Undefined where the stage ends in nothing. */
  readonly output: number | undefined;
  /** The entries on the way down, from the top. Slots and DMA maps have none. */
  readonly entries: readonly WalkedEntry[];
  /** Bytes that its leaf maps. */
  readonly leafSize: number | undefined;
  /** What else there is to know, a clause each. */
  readonly facts: readonly string[];
  readonly end: TranslationEnd | undefined;
}

/** An address followed through every table between it and the memory. */
export interface Translation {
  readonly stages: readonly TranslationStage[];
  /** Where the hardware finds it, or undefined. */
  readonly physical: number | undefined;
  /** What lies there: `BAR 2 + 0x1000`. */
  readonly holder: string | undefined;
  /** Bytes that one entry of a TLB could hold, and the stage that limits it. */
  readonly tlb: { readonly size: number; readonly limitedBy: StageKind } | undefined;
}

/** What a stage found, without what it need not say. */
type Found = Pick<TranslationStage, 'kind' | 'input'> & Partial<TranslationStage>;

/** A stage of a translation. */
export const stageOf = (found: Found): TranslationStage => ({
  output: undefined,
  entries: [],
  leafSize: undefined,
  facts: [],
  end: undefined,
  ...found,
});
