import type { Kernel } from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import { createFolioWalkStart, type FolioWalkStart } from './folio-walk.ts';
import { createPageReaders, type PageReaders } from './pagemap.ts';
import { createPagesStat, type PagesStat } from './pages-stat.ts';
import { createSizeReaders, type SizeReaders } from './smaps.ts';
import { createPageWalker, type PageWalker } from './walk-page-range.ts';

/** Everything of pagewalk.c and /proc that PFN mappings meet. */
export interface MmPagewalk extends PageWalker, SizeReaders, PageReaders {
  readonly folio_walk_start: FolioWalkStart;
  readonly do_pages_stat: PagesStat;
}

/** Makes mm-pagewalk for a kernel: the only place where its gates are read. */
export function createMmPagewalk(kernel: Kernel, huge: MmHuge, memory: MmMemory): MmPagewalk {
  const { config } = kernel;
  const walker = createPageWalker(
    kernel,
    { splitsAgain: config.enabled('FIX_PAGEWALK_PUD_REFAULT') },
    huge,
  );
  const folio_walk_start = createFolioWalkStart(
    kernel,
    {
      knowsSpecial: config.enabled('SERIES_PATCH_06'),
      passesOverSpecialPmds:
        config.enabled('SERIES_PATCH_06') && !config.enabled('FIX_FOLIO_WALK_PRESENT_PMD'),
      usesNormalPud: config.enabled('VM_NORMAL_PAGE_PUD'),
      findsMigration: !config.enabled('FOLIO_WALK_NO_MIGRATION'),
    },
    memory,
  );
  return {
    ...walker,
    ...createSizeReaders(kernel, huge, memory, walker),
    ...createPageReaders(kernel, memory, walker),
    folio_walk_start,
    do_pages_stat: createPagesStat(kernel, folio_walk_start),
  };
}
