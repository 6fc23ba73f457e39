import {
  EFAULT,
  EINVAL,
  EIO,
  type Kernel,
  type MmStruct,
  VM_IO,
  VM_PFNMAP,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { MigratePages } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import type { MmPagewalk } from '@pfnmap/mm-pagewalk';
import { alignUp, isAligned, KernelBug } from '@pfnmap/pgtable-core';
import type { MergeVma } from './merge-vma.ts';
import type { MisplacedPages } from './misplaced-pages.ts';
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
  misplacedPages: MisplacedPages,
  migratePages: MigratePages,
): (mm: MmStruct, request: MbindRequest) => number {
  const { arch, pt, anon } = kernel;
  const { pageSize } = arch.geometry;

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
   * @returns 0; -EIO with MPOL_MF_STRICT where a page lies elsewhere and does not move; -EINVAL for a misaligned start; -EFAULT
   * for a range of which nothing is mapped, or with a hole unless the policy is the default.
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
    const looks = !hasNodes && (strict || request.move);
    const misplaced = looks ? misplacedPages(mm, address, end) : [];
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
