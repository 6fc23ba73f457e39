import type { VmAreaStruct } from '@pfnmap/mm-core';
import type { Pfn, Prot } from '@pfnmap/pgtable-core';

/** What follow_pfnmap_start() reports of an entry at any level; `pgprot` is that of the level. */
export interface FollowedPfn {
  /** The frame of the address itself, also inside a larger leaf. */
  readonly pfn: Pfn;
  readonly pgprot: Prot;
  readonly special: boolean;
}

/** What follow_pte() and vm_normal_folio() report together. */
export interface FollowedPte {
  readonly pfn: Pfn;
  readonly pgprot: Prot;
  /** A page with a struct page is behind the entry: vm_normal_folio() finds a folio. */
  readonly normal: boolean;
}

/** How x86 reads the page tables of a tracked VMA. */
export interface Lookups {
  /** follow_pfnmap_start() and follow_pfnmap_end(): null where it fails. Used from patch 12 on. */
  follow(vma: VmAreaStruct, address: number): FollowedPfn | null;
  /** follow_pte(), which knows only PTEs: null where it fails. Used before patch 12. */
  followPte(vma: VmAreaStruct, address: number): FollowedPte | null;
}

/**
 * The physical start and the protection of a tracked VMA, from its first entry; null when there is none or when a
 * private page has taken its place.
 */
export type FollowPhys = (vma: VmAreaStruct) => { pfn: Pfn; pgprot: Prot } | null;

/**
 * follow_phys() after patch 12: any leaf will do, and it must be special.
 *
 * @fidelity exact
 * @patch 12/19
 */
export function followPhysByPfnmap({ follow }: Pick<Lookups, 'follow'>): FollowPhys {
  return (vma) => {
    const found = follow(vma, vma.vm_start);
    return found?.special ? found : null;
  };
}

/**
 * follow_phys() before patch 12: only a PTE will do, and any that has no normal page behind it.
 *
 * @fidelity exact
 * @patch none
 */
export function followPhysByPte({ followPte }: Pick<Lookups, 'followPte'>): FollowPhys {
  return (vma) => {
    const found = followPte(vma, vma.vm_start);
    return found === null || found.normal ? null : found;
  };
}
