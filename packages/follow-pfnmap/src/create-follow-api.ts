import type { Kernel, MmStruct } from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import { createFixupUserFault, type FixupResult } from './fixup-user-fault.ts';
import { createFollowPfnmap, type FollowPfnmap } from './follow-pfnmap.ts';
import { createFollowPte, type FollowPte } from './follow-pte.ts';

/** The lookups that a kernel has: the new API from patch 9 on, follow_pte until patch 16. */
export interface FollowApi {
  /** From patch 9 on. */
  readonly pfnmap: FollowPfnmap | undefined;
  /** Until patch 16. */
  readonly follow_pte: FollowPte | undefined;
  /** True when follow_pfnmap_start() also reports addr_mask (from Linux 6.15 on). */
  readonly reportsAddrMask: boolean;
  fixup_user_fault(
    mm: MmStruct,
    address: number,
    fault_flags: number,
    mayUnlock: boolean,
  ): FixupResult;
}

/** Makes the lookups for a kernel: the only place where their gates are read. */
export function createFollowApi(kernel: Kernel, memory: MmMemory): FollowApi {
  const { config } = kernel;
  return {
    pfnmap: config.enabled('SERIES_PATCH_09')
      ? createFollowPfnmap(kernel, {
          readsUnderLock: config.enabled('FIX_FOLLOW_PFNMAP_REREAD'),
          lockdepNeedsFile:
            config.enabled('LOCKDEP') && !config.enabled('FIX_FOLLOW_LOCKDEP_NO_FILE'),
        })
      : undefined,
    follow_pte: config.enabled('SERIES_PATCH_16')
      ? undefined
      : createFollowPte(kernel, { debugVm: config.enabled('DEBUG_VM') }),
    reportsAddrMask: config.enabled('FOLLOW_ADDR_MASK'),
    fixup_user_fault: createFixupUserFault(memory),
  };
}
