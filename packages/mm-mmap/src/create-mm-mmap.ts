import { type EventLog, type Kernel, lock, type MmStruct, unlock } from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import type { MmPagewalk } from '@pfnmap/mm-pagewalk';
import { createAdvisePages } from './advise-pages.ts';
import { createChangeProtection } from './change-protection.ts';
import { createGetUnmappedArea } from './get-unmapped-area.ts';
import { createMadvise } from './madvise.ts';
import { createMadviseCold } from './madvise-cold.ts';
import { createMadviseFree } from './madvise-free.ts';
import { createMbind, type MbindRequest } from './mbind.ts';
import { createMergeVma } from './merge-vma.ts';
import { createMisplacedPages } from './misplaced-pages.ts';
import { createMlock } from './mlock.ts';
import { createMmap, type MmapRequest } from './mmap.ts';
import { createMovePageTables } from './move-page-tables.ts';
import { createMprotect } from './mprotect.ts';
import { createMremap, type MremapRequest } from './mremap.ts';
import { createUnmapper, type Unmapper } from './munmap.ts';
import { createPopulate } from './populate.ts';
import { createProcessMadvise } from './process-madvise.ts';
import { createReclaimPages } from './reclaim-pages.ts';
import { createSplitVma } from './split-vma.ts';
import { createUserfaultfdRegister, type UserfaultMode } from './userfaultfd.ts';

/** The system calls that change mappings. They return 0, an address, or a negative error number. */
export interface MmMmap extends Unmapper {
  mmap(mm: MmStruct, request: MmapRequest): number;
  mprotect(mm: MmStruct, start: number, length: number, prot: number): number;
  mremap(mm: MmStruct, request: MremapRequest): number;
  madvise(mm: MmStruct, start: number, length: number, advice: number): number;
  process_madvise(mm: MmStruct, start: number, length: number, advice: number): number;
  mlock(mm: MmStruct, start: number, length: number): number;
  mbind(mm: MmStruct, request: MbindRequest): number;
  userfaultfd_register(mm: MmStruct, start: number, length: number, mode: UserfaultMode): number;
}

/** What mm-mmap works with. */
export interface MmMmapLayers {
  readonly huge: MmHuge;
  readonly memory: MmMemory;
  readonly pagewalk: MmPagewalk;
  /** The commit limit: answers whether so many private writable pages are granted. */
  readonly mayCommit: (pages: number) => boolean;
}

/** A system call that holds mmap_lock for writing while it runs. */
function lockedWith<Args extends unknown[]>(
  events: EventLog,
  call: (mm: MmStruct, ...args: Args) => number,
): (mm: MmStruct, ...args: Args) => number {
  return (mm, ...args) => {
    mm.mmap_lock = 'write';
    lock(events, mm, 'mmap_lock (write)');
    try {
      return call(mm, ...args);
    } finally {
      unlock(events, mm, 'mmap_lock (write)');
      mm.mmap_lock = 'free';
    }
  };
}

/** The advices about what the pages of a range hold. */
function createPageAdvices(kernel: Kernel, huge: MmHuge, memory: MmMemory, pagewalk: MmPagewalk) {
  const { config } = kernel;
  const advisePages = createAdvisePages(kernel, huge, memory, pagewalk);
  const batches = config.enabled('RMAP_BATCHES');
  const reclaimPages = createReclaimPages(kernel, { batches }, huge);
  const asksNormalPage = config.enabled('MADVISE_NORMAL_PMD');
  return {
    cold: createMadviseCold(kernel, asksNormalPage, advisePages, reclaimPages),
    free: createMadviseFree(kernel, advisePages),
  };
}

/** Makes mm-mmap for a kernel: the only place where its gates are read. */
export function createMmMmap(kernel: Kernel, layers: MmMmapLayers): MmMmap {
  const { config } = kernel;
  const { huge, memory, pagewalk, mayCommit } = layers;
  const locked = <Args extends unknown[]>(call: (mm: MmStruct, ...args: Args) => number) =>
    lockedWith(kernel.events, call);
  const splitVma = createSplitVma(kernel, huge);
  const unmapper = createUnmapper(kernel, memory, splitVma);
  const transparentHugepage = config.enabled('TRANSPARENT_HUGEPAGE');
  const getUnmappedArea = createGetUnmappedArea(kernel, {
    transparentHugepage,
    thpPlacesFiles: transparentHugepage && config.enabled('THP_UNMAPPED_AREA_FILES'),
    asksDriver: config.enabled('EXPERIMENT_MAPPING_ORDER'),
  });
  const batches = config.enabled('PTE_BATCHES');
  const mergeVma = createMergeVma(kernel, { joinsUnfaulted: config.enabled('MERGE_UNFAULTED') });
  const changeProtection = createChangeProtection(kernel, { batches }, huge, memory);
  const populate = createPopulate(kernel, memory);
  const madvise = locked(
    createMadvise(
      kernel,
      {
        transparentHugepage,
        guardRegions: config.enabled('GUARD_REGIONS'),
        batchesFlushes: config.enabled('MADVISE_BATCHED_FLUSH'),
      },
      huge,
      memory,
      createPageAdvices(kernel, huge, memory, pagewalk),
      splitVma,
      mergeVma,
      populate,
    ),
  );
  return {
    exit_mmap: unmapper.exit_mmap,
    munmap: locked(unmapper.munmap),
    mmap: locked(createMmap(kernel, memory, unmapper, getUnmappedArea, mayCommit)),
    mprotect: locked(
      createMprotect(kernel, pagewalk, splitVma, mergeVma, changeProtection, populate),
    ),
    mremap: locked(
      createMremap(
        kernel,
        { movesSeveralVmas: config.enabled('MREMAP_SEVERAL_VMAS') },
        unmapper,
        createMovePageTables(
          kernel,
          { batches, movesPudLeaves: config.enabled('EXPERIMENT_SPLIT_LEAVES') },
          huge,
          memory,
        ),
      ),
    ),
    madvise,
    process_madvise: createProcessMadvise(
      kernel.arch.geometry.pageSize,
      { anyOnSelf: config.enabled('PROCESS_MADVISE_SELF') },
      madvise,
    ),
    mbind: locked(
      createMbind(
        kernel,
        { asksForPage: config.enabled('FIX_MBIND_PMD_PFNMAP') },
        memory,
        pagewalk,
        splitVma,
        mergeVma,
        createMisplacedPages(kernel, memory, pagewalk),
        huge.migrate_pages,
      ),
    ),
    mlock: locked(createMlock(kernel, splitVma, mergeVma, populate)),
    userfaultfd_register: locked(
      createUserfaultfdRegister(kernel, splitVma, mergeVma, changeProtection),
    ),
  };
}
