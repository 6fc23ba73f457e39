import { EAGAIN, is_cow_mapping, type Kernel, type VmAreaStruct } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PUD, type Prot, type Slot } from '@pfnmap/pgtable-core';

/** The gates of the huge copies, read once. */
export interface CopyHugeGates {
  /** Patch 07: special PMDs are copied, and a shared PUD keeps its write permission. */
  readonly acceptsPfnmaps: boolean;
  /** A PMD must be present to count as special (fix of patch 07). */
  readonly specialNeedsPresent: boolean;
  /** A PMD is read again under its lock; in no kernel, there what was read before counts. */
  readonly readsUnderLock: boolean;
}

/** Copies of leaves from parent to child; 0, or -EAGAIN when the source is no leaf. */
export interface HugeCopier {
  copy_huge_pmd(childPmd: Slot, parentPmd: Slot, child: VmAreaStruct, parent: VmAreaStruct): number;
  /** {@link copy_huge_pmd} for neighbours with one protection word. */
  copy_huge_pmds(
    childPmd: Slot,
    parentPmd: Slot,
    count: number,
    child: VmAreaStruct,
    parent: VmAreaStruct,
  ): void;
  copy_huge_pud(childPud: Slot, parentPud: Slot, child: VmAreaStruct, parent: VmAreaStruct): number;
}

/** Makes the copies for a kernel. */
export function createHugeCopier(kernel: Kernel, gates: CopyHugeGates): HugeCopier {
  const { arch, pt, events } = kernel;
  /** True for a leaf that the child gets a copy of. */
  const isCopied = (pmd: Prot): boolean =>
    gates.acceptsPfnmaps &&
    arch.pmd_special(pmd) &&
    (!gates.specialNeedsPresent || arch.pmd_present(pmd));
  const warnOfWritableCow = (): void =>
    events.record({
      kind: 'warn',
      where: 'copy_huge_pmd',
      what: 'a writable special PMD in a copy-on-write mapping',
    });
  /** One leaf, with somebody who may run between the look at it and its copy. */
  const copyInRace = (to: Slot, from: Slot, parent: VmAreaStruct): void => {
    let pmd = pt.pmdp_get(from);
    let pfn = pt.pfnAt(PGTABLE_LEVEL_PMD, from);
    if (!isCopied(pmd)) return;
    events.race?.('copy_huge_pmd');
    if (gates.readsUnderLock) {
      pmd = pt.pmdp_get(from);
      pfn = pt.pfnAt(PGTABLE_LEVEL_PMD, from);
      if (pt.isTable(from) || !isCopied(pmd)) return;
    }
    if (is_cow_mapping(parent.vm_flags) && arch.pmd_write(pmd)) warnOfWritableCow();
    pt.set(PGTABLE_LEVEL_PMD, to, pfn, arch.pmd_mkold(pmd));
  };
  const copy_huge_pmds: HugeCopier['copy_huge_pmds'] = (to, from, count, _child, parent) => {
    if (events.race !== undefined) {
      for (let leaf = 0; leaf < count; leaf++) copyInRace(to + leaf * 2, from + leaf * 2, parent);
      return;
    }
    const pmd = pt.pmdp_get(from);
    if (!isCopied(pmd)) return;
    if (is_cow_mapping(parent.vm_flags) && arch.pmd_write(pmd)) {
      for (let leaf = 0; leaf < count; leaf++) warnOfWritableCow();
    }
    pt.copyRun(PGTABLE_LEVEL_PMD, from, to, count, arch.pmd_mkold);
  };
  return {
    /**
     * Copies a special PMD leaf: the same frame, not accessed; dirty and writable as it was. Any other leaf of a file is
     * left for the child to fault in.
     *
     * @context both mmap_locks held for writing; takes the child's PMD lock, then the parent's.
     * @fidelity exact for PFN mappings; leaves of anonymous memory go another way
     * @patch 07/19
     */
    copy_huge_pmd(childPmd, parentPmd, child, parent) {
      copy_huge_pmds(childPmd, parentPmd, 1, child, parent);
      return 0;
    },
    copy_huge_pmds,
    /**
     * Copies a PUD leaf. Before patch 7 both sides lost their write permission, whatever the mapping.
     *
     * @returns 0, or -EAGAIN when the source is no leaf.
     * @context both mmap_locks held for writing; takes both page_table_locks.
     * @fidelity exact
     * @patch 07/19
     */
    copy_huge_pud(childPud, parentPud, _child, parent) {
      let pud = pt.pudp_get(parentPud);
      if (!arch.pud_trans_huge(pud)) return -EAGAIN;
      const protects = gates.acceptsPfnmaps
        ? is_cow_mapping(parent.vm_flags) && arch.pud_write(pud)
        : true;
      if (protects) {
        pud = arch.pud_wrprotect(pud);
        pt.setProt(PGTABLE_LEVEL_PUD, parentPud, pud);
      }
      const pfn = pt.pfnAt(PGTABLE_LEVEL_PUD, parentPud);
      pt.set(PGTABLE_LEVEL_PUD, childPud, pfn, arch.pud_mkold(pud));
      return 0;
    },
  };
}
