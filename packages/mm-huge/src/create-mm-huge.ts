import type { Kernel, VmAreaStruct } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PMD, type Prot } from '@pfnmap/pgtable-core';
import { type AnonymousHuge, createAnonymousHuge } from './anonymous.ts';
import { createHugeChanger, type HugeChanger } from './change.ts';
import { createFolioEntries } from './folio-entries.ts';
import { createPfnInserter, type PfnInserter } from './insert-pfn.ts';
import { createMadviseCollapse, type MadviseCollapse } from './madvise-collapse.ts';
import { createMapAnonFolio } from './map-anon-folio.ts';
import { createMigratePages, type MigratePages } from './migrate-pages.ts';
import { createHugeMover, type HugeMover } from './move.ts';
import { createClearing, createSmallerLeaves } from './smaller-leaves.ts';
import { createHugeSplitter, type HugeSplitter } from './split.ts';
import { createSplitFolio, type SplitFolio } from './split-folio.ts';
import {
  type OrderGates,
  type TvaReason,
  thp_vma_allowable_orders,
  vma_is_special_huge,
} from './thp-orders.ts';
import { createHugeZapper, type HugeZapper } from './zap.ts';

/** Everything of huge_memory.c that PFN mappings and anonymous memory meet. */
export interface MmHuge
  extends PfnInserter,
    HugeSplitter,
    HugeChanger,
    HugeMover,
    HugeZapper,
    AnonymousHuge {
  /** True when one order is allowed: see {@link thp_vma_allowable_orders}. */
  thp_vma_allowable_order(vma: VmAreaStruct, reason: TvaReason, order: number): boolean;
  thp_vma_allowable_orders(vma: VmAreaStruct, reason: TvaReason, orders: number): number;
  readonly madvise_collapse: MadviseCollapse;
  readonly split_folio: SplitFolio;
  readonly migrate_pages: MigratePages;
  vma_is_special_huge(vma: VmAreaStruct): boolean;
  /** Always false: there is no huge zero page at PUD level. Until patch 2, which drops it. */
  readonly is_huge_zero_pud: ((pud: Prot) => boolean) | undefined;
}

/** Makes mm-huge for a kernel: the only place where its gates are read. */
export function createMmHuge(kernel: Kernel): MmHuge {
  const { config } = kernel;
  const transparentHugepage = config.enabled('TRANSPARENT_HUGEPAGE');
  const splitsLeaves = config.enabled('EXPERIMENT_SPLIT_LEAVES');
  const orderGates: OrderGates = {
    transparentHugepage,
    specialOrders: config.enabled('SERIES_PATCH_04'),
    pfnmapIgnoresSysfs: config.enabled('FIX_THP_SYSFS_PFNMAP'),
    specialNeedsFile: !config.enabled('SPECIAL_HUGE_NO_FILE'),
  };
  const allowableOrders = (vma: VmAreaStruct, reason: TvaReason, orders: number): number =>
    thp_vma_allowable_orders(kernel, orderGates, vma, reason, orders);
  const pmdOrderBit = 1 << kernel.arch.geometry.levels[PGTABLE_LEVEL_PMD].order;
  const mapFolio = createMapAnonFolio(kernel);
  const splitter = createHugeSplitter(
    kernel,
    {
      transparentHugepage,
      debugVm: config.enabled('DEBUG_VM'),
      boundariesSplitPuds: splitsLeaves || config.enabled('FIX_SPLIT_VMA_PUD_LEAF'),
    },
    splitsLeaves ? createSmallerLeaves(kernel) : createClearing(kernel),
  );
  const splitsInWalk = config.enabled('RMAP_SPLITS_IN_WALK');
  const folioEntries = createFolioEntries(kernel, splitter, splitsInWalk);
  const split_folio = createSplitFolio(kernel, folioEntries);
  return {
    ...createPfnInserter(kernel, {
      marksSpecial: config.enabled('SERIES_PATCH_03'),
      pudTakesCachemode: config.enabled('FIX_PUD_CACHEMODE'),
    }),
    ...splitter,
    ...createHugeChanger(kernel),
    ...createHugeMover(kernel),
    ...createHugeZapper(kernel),
    ...createAnonymousHuge(
      kernel,
      {
        zeroIsSpecial: config.enabled('HUGE_ZERO_SPECIAL'),
        zeroBecomesHuge: config.enabled('HUGE_ZERO_WRITE'),
        accessFlushesLeaf: config.enabled('PMD_ACCESS_FLUSH_LEAF'),
      },
      splitter,
      mapFolio,
    ),
    split_folio,
    migrate_pages: createMigratePages(
      kernel,
      folioEntries,
      split_folio,
      config.enabled('SPLIT_LISTS_UPWARDS'),
    ),
    madvise_collapse: createMadviseCollapse(
      kernel,
      {
        readOnly: config.enabled('COLLAPSE_READ_ONLY'),
        emptyRange: config.enabled('COLLAPSE_EMPTY_RANGE'),
        batches: config.enabled('PTE_BATCHES'),
      },
      (vma) => allowableOrders(vma, 'collapse', pmdOrderBit) !== 0,
      mapFolio,
    ),
    thp_vma_allowable_orders: allowableOrders,
    thp_vma_allowable_order: (vma, reason, order) => allowableOrders(vma, reason, 1 << order) !== 0,
    vma_is_special_huge: (vma) => vma_is_special_huge(orderGates, vma),
    is_huge_zero_pud: config.enabled('SERIES_PATCH_02') ? undefined : () => false,
  };
}
