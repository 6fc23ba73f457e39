import type { Kernel } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PUD } from '@pfnmap/pgtable-core';
import { gfn_to_hva_memslot } from '../gfn-to-pfn.ts';
import type { Kvm } from '../kvm.ts';
import type { Gfn, MemorySlot } from '../memory-slot.ts';
import type { LpageInfo } from './lpage-info.ts';
import { PG_LEVEL_1G, PG_LEVEL_2M, PG_LEVEL_4K, type PgLevel } from './pg-level.ts';

/** The largest entry that may map a guest frame. */
export type MaxMappingLevel = (kvm: Kvm, slot: MemorySlot, gfn: Gfn, max: PgLevel) => PgLevel;

/** Makes the choice of the level for a kernel. */
export function createMaxMappingLevel(kernel: Kernel): MaxMappingLevel {
  const { pt, arch } = kernel;
  const { pageSize } = arch.geometry;

  /**
   * The size of the leaf that the host has at a guest frame. Special leaves count as any: that is how huge PFN mappings
   * reach stage 2.
   *
   * @returns PG_LEVEL_*; PG_LEVEL_4K also where nothing is mapped.
   * @context mmu_lock held, after the retry test; interrupts off; no lock of the mm.
   * @fidelity exact
   * @patch none
   */
  const host_pfn_mapping_level = (kvm: Kvm, gfn: Gfn, slot: MemorySlot): PgLevel => {
    const entry = pt.walk(kvm.mm, gfn_to_hva_memslot(slot, gfn, pageSize));
    switch (pt.walked.level) {
      case PGTABLE_LEVEL_PUD: {
        const pud = pt.pudp_get(entry);
        return arch.pud_present(pud) && arch.pud_leaf(pud) ? PG_LEVEL_1G : PG_LEVEL_4K;
      }
      case PGTABLE_LEVEL_PMD: {
        const pmd = pt.pmdp_get(entry);
        return arch.pmd_present(pmd) && arch.pmd_leaf(pmd) ? PG_LEVEL_2M : PG_LEVEL_4K;
      }
      default:
        return PG_LEVEL_4K;
    }
  };

  /**
   * The largest level for a guest frame: what the slot's alignment allows, and no more than the host has.
   *
   * @context mmu_lock held.
   * @fidelity exact
   * @patch none
   */
  return function kvm_mmu_max_mapping_level(kvm, slot, gfn, max) {
    const info = slot.arch as LpageInfo;
    let level = max;
    while (level > PG_LEVEL_4K && info.disallow_lpage(gfn, level)) level--;
    if (level === PG_LEVEL_4K) return level;
    return Math.min(level, host_pfn_mapping_level(kvm, gfn, slot));
  };
}
