import { type FollowApi, FollowPfnmapArgs } from '@pfnmap/follow-pfnmap';
import type { KernelConfig } from '@pfnmap/kconfig';
import { type EventLog, type Kernel, printk, type VmAreaStruct } from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import { createX86Pat, type X86Pat } from '@pfnmap/x86-pat';
import { RAM_BYTES } from './platform.ts';

/** What the memory types look frames up with; known once the mm packages are made. */
export interface LateLookups {
  kernel: Kernel | undefined;
  follow: FollowApi | undefined;
  memory: MmMemory | undefined;
}

const PAGE_SIZE = 4096;

/** Memory types of an x86_64 machine, wired to the lookups of the mm packages, which are made after it. */
export function createX86Tracking(
  config: KernelConfig,
  events: EventLog,
  patEnabled: boolean,
  late: LateLookups,
): X86Pat {
  const max_pfn = RAM_BYTES / PAGE_SIZE;
  const follow = (vma: VmAreaStruct, address: number) => {
    const lookup = late.follow?.pfnmap;
    if (lookup === undefined) return null;
    const args = new FollowPfnmapArgs(vma, address);
    if (lookup.follow_pfnmap_start(args) !== 0) return null;
    const { pfn, pgprot, special } = args;
    lookup.follow_pfnmap_end(args);
    return { pfn, pgprot, special };
  };
  const followPte = (vma: VmAreaStruct, address: number) => {
    const { kernel, memory } = late;
    const slot = late.follow?.follow_pte?.(vma, address) ?? -1;
    if (kernel === undefined || memory === undefined || slot < 0) return null;
    const pgprot = kernel.pt.ptep_get(slot);
    const pfn = kernel.pt.pfnAt(0, slot);
    return { pfn, pgprot, normal: memory.vm_normal_page(vma, address, pgprot, pfn) >= 0 };
  };
  return createX86Pat({
    config,
    patEnabled,
    isRam: (pfn) => pfn < max_pfn,
    max_pfn,
    follow,
    followPte,
    current: () => ({ comm: 'run', pid: 1 }),
    printk: (line) => printk({ events }, line),
    warn: (where, what) => events.record({ kind: 'warn', where, what }),
  });
}
