import { type Kernel, type VmAreaStruct, VmFault } from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import {
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';
import { type BadEntries, createBadEntries } from './bad-entries.ts';
import { createMissingPteFaults } from './do-fault.ts';
import { createWriteProtectFault } from './do-wp-page.ts';
import { createFreePgtables, type FreePgtables } from './free-pgtables.ts';
import { createHandleMmFault, type FaultHandler } from './handle-mm-fault.ts';
import { createHugeSteps } from './huge-steps.ts';
import { createPteInserter, type PteInserter } from './insert-pfn.ts';
import { createMemoryFailure, type MemoryFailure } from './memory-failure.ts';
import { createRemapPfnRange } from './remap-pfn-range.ts';
import { createNormalPages, type NormalPages } from './vm-normal-page.ts';
import { createZapper, type Zapper } from './zap.ts';

/** Everything of memory.c that PFN mappings meet. */
export interface MmMemory
  extends NormalPages,
    PteInserter,
    Zapper,
    BadEntries,
    FaultHandler,
    MemoryFailure {
  readonly free_pgtables: FreePgtables;
  remap_pfn_range(vma: VmAreaStruct, address: number, pfn: Pfn, size: number, prot: Prot): number;
}

/** The levels above the PTE that remap_pfn_range() may use. */
function remapLeafLevels(config: Kernel['config']): readonly PgtableLevel[] {
  if (!config.enabled('EXPERIMENT_REMAP_PFN_HUGE')) return [];
  return config.enabled('ARCH_SUPPORTS_PUD_PFNMAP')
    ? [PGTABLE_LEVEL_PUD, PGTABLE_LEVEL_PMD]
    : [PGTABLE_LEVEL_PMD];
}

/** Makes mm-memory for a kernel: the only place where its gates are read. */
export function createMmMemory(kernel: Kernel, huge: MmHuge): MmMemory {
  const { config } = kernel;
  const tracksByContext = config.enabled('PAT_TRACK_CTX');
  const vmNormalPud = config.enabled('VM_NORMAL_PAGE_PUD');
  const normal = createNormalPages(kernel, {
    pmdSpecialFirst: config.enabled('FIX_FOLIO_WALK_PRESENT_PMD'),
  });
  const bad = createBadEntries(kernel, vmNormalPud ? { pud: 44, pmd: 55 } : { pud: 42, pmd: 53 });
  const zapper = createZapper(
    kernel,
    {
      assertsMmapLock: !config.enabled('FIX_ZAP_NO_MMAP_ASSERT'),
      zapsMixedmap: config.enabled('ZAP_SPECIAL_VMA_RANGE'),
      reclaimsTables: config.enabled('PT_RECLAIM'),
      untracksOnUnmap: !tracksByContext,
    },
    huge,
    normal,
    bad,
  );
  const inFlight = new VmFault(kernel.arch.geometry.pageSize);
  const missing = createMissingPteFaults(kernel);
  const do_wp_page = createWriteProtectFault(kernel, normal, {
    reusesLargeFolios: config.enabled('REUSE_LARGE_FOLIO'),
  });
  return {
    ...normal,
    ...bad,
    ...zapper,
    ...createPteInserter(kernel, inFlight),
    ...createHandleMmFault(kernel, inFlight, createHugeSteps(kernel, huge), missing, do_wp_page),
    ...createMemoryFailure(
      kernel,
      {
        handlesFailures: config.enabled('MEMORY_FAILURE'),
        registersRanges: config.enabled('MEMORY_FAILURE_PFN'),
        unmaps: config.enabled('EXPERIMENT_MEMORY_FAILURE_UNMAP'),
      },
      zapper,
    ),
    free_pgtables: createFreePgtables(kernel),
    remap_pfn_range: createRemapPfnRange(
      kernel,
      {
        rulesBeforeTracking: config.enabled('REMAP_PFN_FLAGS_FIRST'),
        leafLevels: remapLeafLevels(config),
      },
      zapper,
    ),
  };
}
