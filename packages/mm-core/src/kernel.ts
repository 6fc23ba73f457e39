import type { KernelConfig } from '@pfnmap/kconfig';
import type { ArchPgtable, Pfn, Pgtable, PhysMem, Prot } from '@pfnmap/pgtable-core';
import type { AnonPages } from './anon-pages.ts';
import type { EventLog } from './events.ts';
import type { VmAreaStruct } from './vma.ts';

/** /sys/kernel/mm/transparent_hugepage/enabled. */
export type ThpEnabled = 'always' | 'madvise' | 'never';

/**
 * What an architecture does when PFNs are mapped: memory types of x86 (PAT). The fallback of every other
 * architecture does nothing.
 */
export interface PfnTracking {
  /** pfnmap_setup_cachemode_pfn(), before 6.16 track_pfn_insert(): the protection with the memory type of the frame. */
  insert(pfn: Pfn, prot: Prot): Prot;
  /** track_pfn_remap(): the protection to use, or a negative error number in `error`. */
  remap(
    vma: VmAreaStruct,
    pfn: Pfn,
    address: number,
    size: number,
    prot: Prot,
  ): { error: number; prot: Prot };
  /** untrack_pfn(): the whole VMA goes away, or a part when `size` is not 0. */
  untrack(vma: VmAreaStruct, pfn: Pfn, size: number): void;
  /** track_pfn_copy() in fork: 0, or a negative error number that makes fork fail. */
  copy(child: VmAreaStruct, parent: VmAreaStruct): number;
  /** untrack_pfn_clear(): the VMA loses its tracking without freeing it. */
  clear(vma: VmAreaStruct): void;
  /** untrack_pfn_copy(): the copy failed after all. */
  uncopy(child: VmAreaStruct): void;
  /** A VMA was split, copied or moved: the new VMA shares the tracking of the old. */
  share(vma: VmAreaStruct, from: VmAreaStruct): void;
  /** The VMA is gone: its share of a tracking context is given up (from Linux 6.16 on). */
  close(vma: VmAreaStruct): void;
}

/** The tracking of architectures that have none. */
export const noPfnTracking: PfnTracking = Object.freeze({
  insert: (_pfn: Pfn, prot: Prot): Prot => prot,
  remap: (_vma: VmAreaStruct, _pfn: Pfn, _address: number, _size: number, prot: Prot) => ({
    error: 0,
    prot,
  }),
  untrack: (): void => {},
  copy: (): number => 0,
  clear: (): void => {},
  uncopy: (): void => {},
  share: (): void => {},
  close: (): void => {},
});

/**
 * The running kernel, as every mm path knows it: one of these is made per machine and handed to the factories of the mm
 * packages.
 */
export interface Kernel {
  readonly config: KernelConfig;
  readonly arch: ArchPgtable;
  readonly pt: Pgtable;
  readonly mem: PhysMem;
  readonly anon: AnonPages;
  readonly events: EventLog;
  readonly tracking: PfnTracking;
  /** End of user addresses: TASK_SIZE, in bytes. */
  readonly taskSize: number;
  /** System settings that may change while it runs. */
  readonly sysfs: { thpEnabled: ThpEnabled };
}

/** Prints a line to the kernel log. */
export const printk = (kernel: Pick<Kernel, 'events'>, text: string): void =>
  kernel.events.record({ kind: 'printk', text });
