import {
  EFAULT,
  EINVAL,
  EIO,
  type Kernel,
  type MmStruct,
  VM_IO,
  VM_PFNMAP,
  VM_SHARED,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import type { MigratePages, MovingPage } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import type { MmPagewalk } from '@pfnmap/mm-pagewalk';
import {
  alignDown,
  alignUp,
  isAligned,
  KernelBug,
  type Pfn,
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
} from '@pfnmap/pgtable-core';
import type { MergeVma } from './merge-vma.ts';
import type { SplitVma } from './split-vma.ts';

/** A call of mbind() with one node or none. */
export interface MbindRequest {
  readonly address: number;
  readonly length: number;
  /** MPOL_DEFAULT takes the policy away. */
  readonly policy: 'default' | 'preferred' | 'bind' | 'interleave' | 'local';
  /** MPOL_MF_STRICT: pages that lie elsewhere are an error. */
  readonly strict: boolean;
  /** MPOL_MF_MOVE: pages that lie elsewhere, and only this process maps, are moved. */
  readonly move: boolean;
}

/** Policies as /proc/PID/numa_maps prints them, on node 0. */
const PRINTED = {
  default: 'default',
  preferred: 'prefer:0',
  bind: 'bind:0',
  interleave: 'interleave:0',
  local: 'local',
} as const;

/** The gates of mbind, read once. */
export interface MbindGates {
  /** The walk asks vm_normal_folio_pmd() before it takes a folio from a PMD leaf (7.x). */
  readonly asksForPage: boolean;
}

/** Makes mbind() for a kernel. */
export function createMbind(
  kernel: Kernel,
  gates: MbindGates,
  memory: MmMemory,
  walker: MmPagewalk,
  splitVma: SplitVma,
  mergeVma: MergeVma,
  migratePages: MigratePages,
): (mm: MmStruct, request: MbindRequest) => number {
  const { arch, pt, anon } = kernel;
  const { pageSize } = arch.geometry;
  const pmdSize = arch.geometry.levels[PGTABLE_LEVEL_PMD].size;

  /** queue_pages_range(): looks where the pages are. It walks PFN mappings too, if it must be strict. */
  const lookForPages = (mm: MmStruct, start: number, end: number): number =>
    walker.walk_page_range(mm, start, end, {
      test_walk: () => 0,
      pmd_entry: (pmdp, address, _next, vma) => {
        const pmd = pt.pmdp_get(pmdp);
        if (!arch.pmd_trans_huge(pmd)) return 0;
        if (gates.asksForPage) return 0;
        const pfn = pt.pfnAt(1, pmdp);
        if (memory.vm_normal_page_pmd(vma, address, pmd, pfn) >= 0) return 0;
        throw new KernelBug(
          'a folio is taken from a PMD leaf of device memory',
          'queue_folios_pte_range',
          { pfn: `0x${pfn.toString(16)}` },
        );
      },
    });

  /** The pages of a range that lie where a policy without nodes does not want them: all of them. */
  const misplacedPages = (mm: MmStruct, start: number, end: number): MovingPage[] => {
    const found: MovingPage[] = [];
    const add = (vma: VmAreaStruct, address: number, pfn: Pfn): void => {
      found.push({ vma, address, pfn });
    };
    walker.walk_page_range(mm, start, end, {
      pmd_entry(pmdp, from, next, vma) {
        if (!vma_is_anonymous(vma) || (vma.vm_flags & VM_SHARED) !== 0) return 0;
        if (arch.pmd_trans_huge(pt.pmdp_get(pmdp))) {
          const head = pt.pfnAt(PGTABLE_LEVEL_PMD, pmdp);
          if (!anon.large.isHugeZero(head)) add(vma, alignDown(from, pmdSize), head);
          return 0;
        }
        for (let address = from; address < next; address += pageSize) {
          const ptep = pt.pte_offset(pmdp, address);
          const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, ptep);
          const pte = pt.ptep_get(ptep);
          if (pt.pte_none(ptep) || !arch.pte_present(pte)) continue;
          if (memory.vm_normal_page(vma, address, pte, pfn) >= 0) add(vma, address, pfn);
        }
        return 0;
      },
    });
    return found;
  };

  const setPolicy = (vma: VmAreaStruct, start: number, end: number, policy: string): number => {
    if (vma.vm_policy === policy) return 0;
    let middle = vma;
    if (vma.vm_start < start) {
      const error = splitVma(vma, start);
      if (error !== 0) return error;
      middle = vma.vm_mm.vma_lookup(start) as VmAreaStruct;
    }
    if (end < middle.vm_end) {
      const error = splitVma(middle, end);
      if (error !== 0) return error;
    }
    middle.vm_policy = policy;
    mergeVma(middle);
    return 0;
  };

  /**
   * mbind(): sets the memory policy of a range. With MPOL_MF_STRICT it walks the entries, which clears PUD leaves, and
   * until 7.x takes the folio of a PMD leaf, which device memory does not have.
   *
   * @returns 0; -EIO with MPOL_MF_STRICT where a page lies elsewhere and does not move; -EINVAL for a misaligned start; -EFAULT for a range of which nothing is mapped, or with a
   * hole unless the policy is the default.
   * @throws KernelBug with MPOL_MF_STRICT on a PMD leaf of a PFN mapping, until 7.x.
   * @context takes mmap_lock for writing.
   * @fidelity partial one node, so that pages move only where the policy names none
   * @patch none
   */
  return function mbind(mm, request) {
    const { address, policy } = request;
    if (!isAligned(address, pageSize)) return -EINVAL;
    const end = address + alignUp(request.length, pageSize);
    if (end === address) return 0;
    const vmas = mm.overlapping(address, end);
    if (vmas.length === 0 || (policy !== 'default' && mm.hasHole(address, end))) return -EFAULT;
    const strict = request.strict && policy !== 'default';
    const special = vmas.some((vma) => (vma.vm_flags & (VM_IO | VM_PFNMAP)) !== 0);
    if (strict && special) lookForPages(mm, address, end);
    const hasNodes = policy !== 'default' && policy !== 'local';
    const misplaced = hasNodes ? [] : misplacedPages(mm, address, end);
    if (strict && !request.move && misplaced.length > 0) return -EIO;
    const moving = misplaced.filter(({ pfn }) => request.move && anon.isAloneIn(pfn, mm.id));
    for (const vma of vmas) {
      const from = Math.max(address, vma.vm_start);
      const error = setPolicy(vma, from, Math.min(end, vma.vm_end), PRINTED[policy]);
      if (error !== 0) return error;
    }
    migratePages(
      moving.map((page) => ({ ...page, vma: mm.vma_lookup(page.address) as VmAreaStruct })),
    );
    return strict && moving.some(({ pfn }) => anon.isPinned(pfn)) ? -EIO : 0;
  };
}
