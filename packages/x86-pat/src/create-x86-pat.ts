import type { KernelConfig } from '@pfnmap/kconfig';
import type { PfnTracking } from '@pfnmap/mm-core';
import { cattr_name } from './cache-mode.ts';
import { type CacheTables, createCacheTables } from './cache-tables.ts';
import { followPhysByPfnmap, followPhysByPte, type Lookups } from './follow-phys.ts';
import { createIoRemapper, type IoRemapper } from './ioremap.ts';
import type { KernelLog } from './kernel-log.ts';
import { createMemtypes, type Memtypes } from './memtype.ts';
import { createPfnRanges, type PfnRanges } from './pfn-range.ts';
import type { RamMap } from './physical-ranges.ts';
import { createSetMemory, type SetMemory } from './set-memory.ts';
import { createContextTracking } from './track-by-context.ts';
import { createFlagTracking } from './track-by-flag.ts';

/** What {@link createX86Pat} needs of the machine. */
export interface X86PatOptions extends KernelLog, Lookups, RamMap {
  readonly config: KernelConfig;
  /** False on a kernel booted with `nopat`, or on a CPU without PAT. */
  readonly patEnabled: boolean;
  /** True when the MTRRs make a whole physical range write-back. Without it they make everything write-back. */
  mtrrIsWriteBack?(start: number, end: number): boolean;
}

/** Memory types of one machine. */
export interface X86Pat extends Memtypes, PfnRanges, IoRemapper, SetMemory, CacheTables {
  /** What the mm packages call when frames are mapped. */
  readonly tracking: PfnTracking;
  /** The lines of /sys/kernel/debug/x86/pat_memtype_list; the end of a range is exclusive there. */
  pat_memtype_list(): string[];
}

const hex16 = (value: number): string => `0x${value.toString(16).padStart(16, '0')}`;

/** Makes the memory types of a machine: the only place where the gates of this package are read. */
export function createX86Pat(options: X86PatOptions): X86Pat {
  const { config, patEnabled } = options;
  const log: KernelLog = options;
  const tables = createCacheTables(patEnabled);
  const memtypes = createMemtypes({
    patEnabled,
    ramMap: options,
    mtrrIsWriteBack: (start, end) => options.mtrrIsWriteBack?.(start, end) ?? true,
    eraseByEnd: !config.enabled('MEMTYPE_ERASE_EXACT'),
    printk: (line) => log.printk(line),
    warn: (where, what) => log.warn(where, what),
    current: () => log.current(),
  });
  const { withCachemode } = tables;
  const { frameMemtype } = memtypes;
  const ranges = createPfnRanges(memtypes, tables, patEnabled, log);
  const followPhys = config.enabled('SERIES_PATCH_12')
    ? followPhysByPfnmap({ follow: (vma, address) => options.follow(vma, address) })
    : followPhysByPte({ followPte: (vma, address) => options.followPte(vma, address) });
  const tracking: PfnTracking = {
    insert: patEnabled
      ? (pfn, prot) => withCachemode(prot, frameMemtype(pfn))
      : (_pfn, prot) => prot,
    ...(config.enabled('PAT_TRACK_CTX')
      ? createContextTracking(ranges)
      : createFlagTracking(
          { forkFailureFixed: config.enabled('FIX_PAT_FORK_FAILURE') },
          ranges,
          followPhys,
          log,
        )),
  };
  return {
    ...tables,
    ...memtypes,
    ...ranges,
    ...createIoRemapper(memtypes, options, log),
    ...createSetMemory(memtypes),
    tracking,
    pat_memtype_list: () => [
      'PAT memtype list:',
      ...memtypes
        .nodes()
        .map(
          ({ start, end, type }) => `PAT: [mem ${hex16(start)}-${hex16(end)}] ${cattr_name(type)}`,
        ),
    ],
  };
}
