import { EINVAL, type Kernel, lock, unlock, VM_IO, VM_PFNMAP } from '@pfnmap/mm-core';
import { alignDown, KernelBug, PGTABLE_LEVEL_PTE, type Prot } from '@pfnmap/pgtable-core';
import type { FollowPfnmapArgs } from './follow-pfnmap-args.ts';
import { type LeafLevel, leafLevels } from './leaf-level.ts';

/** The gates of the lookup, read once. */
export interface FollowPfnmapGates {
  /** A leaf is read again under its lock and must be present (fix of patch 09); before, what was read first counts. */
  readonly readsUnderLock: boolean;
  /** LOCKDEP looks at the VMA's file, also where there is none (fixed in 6.12). */
  readonly lockdepNeedsFile: boolean;
}

/** The lookup of one kernel. */
export interface FollowPfnmap {
  follow_pfnmap_start(args: FollowPfnmapArgs): number;
  follow_pfnmap_end(args: FollowPfnmapArgs): void;
}

/** Makes the lookup for a kernel. */
export function createFollowPfnmap(kernel: Kernel, gates: FollowPfnmapGates): FollowPfnmap {
  const { pt, events } = kernel;
  const { pageSize } = kernel.arch.geometry;
  const levels = leafLevels(kernel);

  const readsUnderLock = ({ level }: LeafLevel): boolean =>
    gates.readsUnderLock || level === PGTABLE_LEVEL_PTE;
  /** Whether an entry, as it was read, can be answered for. */
  const isMapped = (at: LeafLevel, entry: Prot): boolean =>
    at.leaf(entry) && (!readsUnderLock(at) || at.present(entry));

  /** One attempt: 0, -EINVAL, or `retry` when a table took the leaf's place before its lock was had. */
  const attempt = (args: FollowPfnmapArgs): number | 'retry' => {
    const { vma, address } = args;
    const slot = pt.walk(vma.vm_mm, address);
    const at = levels[pt.walked.level];
    if (at === undefined || at.none(slot)) return -EINVAL;
    let entry = at.get(slot);
    if (!isMapped(at, entry)) return -EINVAL;
    let base = pt.pfnAt(at.level, slot);
    events.race?.('follow_pfnmap_start');
    lock(events, vma.vm_mm, at.lockName);
    // Only who comes in between, or hears of the lock, can have changed the entry since it was read.
    if ((events.recording || events.race !== undefined) && readsUnderLock(at)) {
      entry = at.get(slot);
      const isTable = at.level !== PGTABLE_LEVEL_PTE && pt.isTable(slot);
      if (isTable || at.none(slot) || !isMapped(at, entry)) {
        unlock(events, vma.vm_mm, at.lockName);
        return isTable ? 'retry' : -EINVAL;
      }
      base = pt.pfnAt(at.level, slot);
    }
    const page = Math.floor((address - alignDown(address, at.size)) / pageSize);
    args.start(at, entry, alignDown(base, at.pages) + page);
    return 0;
  };

  return {
    /**
     * Looks the frame behind an address up, at whatever level it is mapped. On success the page-table lock is held until
     * {@link FollowPfnmap.follow_pfnmap_end}, and the answers may be read that long. Faults nothing in; does not look
     * at the VMA's rights.
     *
     * @returns 0, or -EINVAL: outside the VMA, no PFN mapping, or not present. A PUD without access (PROT_NONE) counts as
     * not present on x86_64, a PMD does not. Until the fix of 2026 any leaf was answered for, also one that was gone by
     * the time its lock was had.
     * @throws KernelBug with LOCKDEP for a VMA without a file, before that was fixed.
     * @context mmap_lock or the mapping's i_mmap_rwsem held; nothing may sleep before the end.
     * @fidelity exact
     * @patch 09/19
     */
    follow_pfnmap_start(args) {
      const { vma, address } = args;
      if (gates.lockdepNeedsFile && vma.vm_file === null) {
        throw new KernelBug('the VMA has no file', 'pfnmap_lockdep_assert');
      }
      if (address < vma.vm_start || address >= vma.vm_end) return -EINVAL;
      if ((vma.vm_flags & (VM_IO | VM_PFNMAP)) === 0) return -EINVAL;
      for (;;) {
        const result = attempt(args);
        if (result !== 'retry') return result;
      }
    },
    /**
     * Ends a successful lookup: the page-table lock is given up, and the answers are void.
     *
     * @fidelity exact
     * @patch 09/19
     */
    follow_pfnmap_end(args) {
      const name = args.end();
      if (name !== undefined) unlock(events, args.vma.vm_mm, name);
    },
  };
}
