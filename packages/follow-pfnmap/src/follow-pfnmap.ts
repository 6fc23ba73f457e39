import {
  EINVAL,
  type Kernel,
  lock,
  pageTableLock,
  unlock,
  VM_IO,
  VM_PFNMAP,
} from '@pfnmap/mm-core';
import {
  KernelBug,
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
  type Prot,
  type Slot,
} from '@pfnmap/pgtable-core';
import type { FollowPfnmapArgs } from './follow-pfnmap-args.ts';

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

/** The helpers of one level. */
interface LevelHelpers {
  readonly present: (prot: Prot) => boolean;
  readonly leaf: (prot: Prot) => boolean;
  readonly write: (prot: Prot) => boolean;
  readonly special: (prot: Prot) => boolean;
  readonly pgprot: (prot: Prot) => Prot;
  readonly get: (slot: Slot) => Prot;
}

function helpersByLevel({ arch, pt }: Kernel): Readonly<Record<number, LevelHelpers>> {
  return {
    [PGTABLE_LEVEL_PUD]: {
      present: arch.pud_present,
      leaf: arch.pud_leaf,
      write: arch.pud_write,
      special: arch.pud_special,
      pgprot: arch.pud_pgprot,
      get: pt.pudp_get,
    },
    [PGTABLE_LEVEL_PMD]: {
      present: arch.pmd_present,
      leaf: arch.pmd_leaf,
      write: arch.pmd_write,
      special: arch.pmd_special,
      pgprot: arch.pmd_pgprot,
      get: pt.pmdp_get,
    },
    [PGTABLE_LEVEL_PTE]: {
      present: arch.pte_present,
      leaf: () => true,
      write: arch.pte_write,
      special: arch.pte_special,
      pgprot: arch.pte_pgprot,
      get: pt.ptep_get,
    },
  };
}

/** Makes the lookup for a kernel. */
export function createFollowPfnmap(kernel: Kernel, gates: FollowPfnmapGates): FollowPfnmap {
  const { pt, events } = kernel;
  const { levels, pageSize } = kernel.arch.geometry;
  const helpers = helpersByLevel(kernel);

  /** Whether an entry can be answered for, as it reads at this moment. */
  const isMapped = (level: PgtableLevel, of: LevelHelpers, slot: Slot): boolean => {
    if (level === PGTABLE_LEVEL_PTE ? pt.pte_none(slot) : pt.pmd_none(slot)) return false;
    const entry = of.get(slot);
    const asksPresent = gates.readsUnderLock || level === PGTABLE_LEVEL_PTE;
    return of.leaf(entry) && (!asksPresent || of.present(entry));
  };

  /** One attempt: 0, -EINVAL, or `retry` when a table took the leaf's place before its lock was had. */
  const attempt = (args: FollowPfnmapArgs): number | 'retry' => {
    const { vma, address } = args;
    const slot = pt.walk(vma.vm_mm, address);
    const { level } = pt.walked;
    const of = helpers[level];
    if (of === undefined || !isMapped(level, of, slot)) return -EINVAL;
    let entry = of.get(slot);
    let base: Pfn = pt.pfnAt(level, slot);
    const name = pageTableLock(level);
    lock(events, vma.vm_mm, name);
    if (gates.readsUnderLock || level === PGTABLE_LEVEL_PTE) {
      const isTable = level !== PGTABLE_LEVEL_PTE && pt.isTable(slot);
      if (isTable || !isMapped(level, of, slot)) {
        unlock(events, vma.vm_mm, name);
        return isTable ? 'retry' : -EINVAL;
      }
      entry = of.get(slot);
      base = pt.pfnAt(level, slot);
    }
    const { size } = levels[level];
    const pages = size / pageSize;
    const found = {
      pfn: Math.floor(base / pages) * pages + Math.floor((address % size) / pageSize),
      pgprot: of.pgprot(entry),
      writable: of.write(entry),
      special: of.special(entry),
      addr_mask: size,
    };
    args.start(found, name);
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
